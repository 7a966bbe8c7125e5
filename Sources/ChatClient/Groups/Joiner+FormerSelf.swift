import CLISupport
import ChatProtocol
import GroupRules
import MLS

/// Who has begun the account anew, and comes to an open group in which its former devices are: somebody who is there removes them (J2, J7).
extension Joiner {
    /// So many accounts are looked at; of more one is there.
    private static let mostOthers = 64

    /// Where nobody is there who could, nobody waits for it.
    ///
    /// - Throws: `waiting`; `forbidden` (77) of a room, with what opens it.
    func wait(
        for waiting: Problem, _ group: PublicGroup, in conversation: ConversationID, as target: GroupTarget
    ) async throws(Problem) -> GroupCourse.Event {
        switch target {
        case .direct, .unknown: throw waiting
        case .room(let name, _):
            // By the server's word, which would be asked to let it in, too.
            let members = try await RoomBook(store: store).members(of: conversation, on: wire)
            guard !members.contains(where: \.mayCommit) else { throw waiting }
            throw Problem(
                .forbidden, "nobody is in #\(name) who could remove the devices that this account had before",
                advice: .openRoomToFormer(name.text), conversation: "#\(name)", sent: .no)
        case .everyone:
            guard let previous = try await desertionAsRead(of: group) else { throw waiting }
            return .deserted(previous)
        }
    }

    /// As `desertion`, by the chains of all who have a leaf there, and by the server's word on who is disabled.
    private func desertionAsRead(of group: PublicGroup) async throws(Problem) -> GroupPolicy.Previous? {
        let claimed = group.members.compactMap { try? ClaimedLeaf($0.leaf) }
        let names = Dictionary(claimed.map { ($0.party.account, $0.name) }, uniquingKeysWith: { first, _ in first })
        guard names.count <= Self.mostOthers else { return nil }
        let found: Accounts = try await wire.ask(LookUpAccounts(ids: names.keys.sorted()))
        let away = Set(found.accounts.filter { !$0.mayComeBy }.map(\.id))
        for (account, name) in names where !away.contains(account) { try await refresh(account, name) }
        return try await desertion(of: group, without: away)
    }

    /// The next incarnation is founded where nobody of a party would read this one, this account among them.
    ///
    /// - Parameter away: accounts that are disabled, or deleted.
    func desertion(
        of group: PublicGroup, without away: Set<AccountID> = []
    ) async throws(Problem) -> GroupPolicy.Previous? {
        guard let policy = try? GroupPolicy(group.context) else { return nil }
        let leaves = group.members.map(\.leaf).filter { leaf in
            away.isEmpty || (try? DeviceCredential(leaf.credential)).map { !away.contains($0.party.account) } ?? true
        }
        let isDeserted = try await store.withStore { try $0.isDeserted(policy, leaves) }
        return isDeserted ? group.context.asPrevious(of: policy.group) : nil
    }
}

extension RoomMember {
    /// Whether it has a device in the group that could commit there.
    fileprivate var mayCommit: Bool { !devices.isEmpty && account.mayComeBy }
}

extension AccountRecord {
    /// Whether its devices are let in by the server.
    fileprivate var mayComeBy: Bool { flags.isDisjoint(with: [.disabled, .deleted]) }
}
