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
            guard members.allSatisfy(\.devices.isEmpty) else { throw waiting }
            throw Problem(
                .forbidden, "nobody is in #\(name) who could remove the devices that this account had before",
                advice: .openRoomToFormer(name.text), conversation: "#\(name)", sent: .no)
        case .everyone:
            guard let previous = try await desertionAsRead(of: group) else { throw waiting }
            return .deserted(previous)
        }
    }

    /// As `desertion`, by the chains of all who have a leaf there.
    private func desertionAsRead(of group: PublicGroup) async throws(Problem) -> GroupPolicy.Previous? {
        let claimed = group.members.compactMap { try? ClaimedLeaf($0.leaf) }
        let names = Dictionary(claimed.map { ($0.party.account, $0.name) }, uniquingKeysWith: { first, _ in first })
        guard names.count <= Self.mostOthers else { return nil }
        for (account, name) in names { try await refresh(account, name) }
        return try await desertion(of: group)
    }

    /// The next incarnation is founded where nobody of a party would read this one, this account among them.
    func desertion(of group: PublicGroup) async throws(Problem) -> GroupPolicy.Previous? {
        guard let policy = try? GroupPolicy(group.context) else { return nil }
        let leaves = group.members.map(\.leaf)
        let isDeserted = try await store.withStore { try $0.isDeserted(policy, leaves) }
        return isDeserted ? group.context.asPrevious(of: policy.group) : nil
    }
}
