import ChatProtocol
import ChatServer

extension MemoryStore {
    func changeBlocks(_ change: ChangeBlocks, of account: AccountID) async throws(StoreFailure) -> [AccountRecord] {
        guard !change.blocked.contains(account) else { throw .refused(Failure(.invalidTarget)) }
        let known = change.blocked.filter { people[$0] != nil }
        let next = (blocked[account] ?? []).subtracting(change.unblocked).union(known)
        guard next.count <= Limits.blockedUsers else { throw .refused(.tooManyBlocked) }
        blocked[account] = next
        return next.compactMap { people[$0]?.record }.sorted { $0.name < $1.name }
    }

    func isBlocked(_ other: AccountID, by account: AccountID) async throws(StoreFailure) -> Bool {
        blocked[account]?.contains(other) ?? false
    }

    /// Whether somebody whom a bundle approaches has blocked its sender.
    func isBlocked(_ bundle: Bundle, in conversation: ConversationInfo) -> Bool {
        bundle.approached(conversation.other(than: bundle.sender))
            .contains { blocked[$0]?.contains(bundle.sender) ?? false }
    }
}
