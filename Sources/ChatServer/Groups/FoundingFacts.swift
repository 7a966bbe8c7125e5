import ChatProtocol
import GroupRules

/// What a founding is judged by beside the group before it.
package struct FoundingFacts: Sendable {
    /// The rows of the former group.
    package var rows = GroupRows()
    /// Devices that have a leaf of it and are not active any more.
    package var lost: Set<DeviceID> = []
    /// Who the accounts are, of those that have a chain.
    package var roots: [AccountID: AccountRoot] = [:]

    /// The name that the room has.
    package var roomName: RoomName?
    /// The store was restored from a backup, and nobody has committed there since: members may know a later state than `rows`.
    package var isRestored = false

    package init() {}

    /// Reads who the accounts are that a conversation is of, or that founds it, and the name of a room.
    package mutating func read(
        _ conversation: ConversationInfo, _ founder: AccountID, from store: any Store
    ) async throws(StoreFailure) {
        var accounts: Set<AccountID> = []
        switch conversation.audience {
        case .direct(let low, let high): accounts = [low, high]
        case .room:
            accounts = [founder]
            roomName = try await store.roomName(of: conversation.id)
        case .everyone: break
        }
        isRestored = try await store.isRestored(conversation.id)
        for account in accounts { roots[account] = try await Self.root(of: account, from: store) }
    }

    /// The root that begins with the last create or reset.
    private static func root(
        of account: AccountID, from store: any StoredChains
    ) async throws(StoreFailure) -> AccountRoot? {
        var root: AccountRoot?
        var next: UInt32 = 0
        while let page = try await store.chain(of: account, from: next, limit: Limits.page), !page.links.isEmpty {
            root = page.links.reversed().lazy.compactMap { (try? Link(wireBytes: $0))?.root }.first ?? root
            next += UInt32(page.links.count)
            guard next < page.head.count else { break }
        }
        return root
    }
}
