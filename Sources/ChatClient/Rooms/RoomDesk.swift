import CLISupport
import ChatProtocol
import GroupRules
import MLS

/// A room that this device is in, as somebody begins to change it.
struct RoomDesk: Sendable {
    let name: RoomName
    let conversation: ConversationID
    let joiner: Joiner
    let view: RoomView
    /// Who was in it before a commit was finished that this device had under way.
    let formerNames: Set<UserName>

    var target: GroupTarget { .room(name) }

    private var room: GroupPolicy.Room? { if case .room(let room) = view.policy.kind { room } else { nil } }

    func commit(_ wish: CommitWish) async throws(Problem) {
        try await joiner.commit(wish, to: conversation, as: target)
    }

    /// Somebody is to be added who has left, and whose devices are in the group still: an admin removes them by the same commit. Of a closed
    /// room the server waits for that anyway; of an open one it gathers for a while who has left.
    ///
    /// - Throws: `busy` (75) where this device cannot remove them, and nobody has yet.
    func prepareReturn(of user: UserName) async throws(Problem) {
        guard !view.policy.hasAdmin(joiner.place.party) else { return }
        guard room?.access == .open else {
            _ = try await joiner.enter(conversation, as: target, after: .removalPending)
            return
        }
        var problem = Problem(
            .busy, "\(user) has left #\(name) a short while ago",
            advice: .letJoin(room: name.text, user: user.text), conversation: "#\(name)", sent: .no)
        problem.user = user.text
        throw problem
    }

    func change(_ change: @escaping @Sendable (GroupPolicy.Room) -> GroupPolicy.Room) async throws(Problem) {
        try await commit(.changing(groupKey: joiner.place.groupKey, change))
    }

    // MARK: Who may

    /// - Throws: `forbidden` (77), which names whom to ask.
    func requireAdder() throws(Problem) {
        if room?.adders == .admins { try requireAdmin() }
    }

    func requireAdmin() throws(Problem) {
        guard !view.policy.hasAdmin(joiner.place.party) else { return }
        let admins = (room?.admins ?? []).compactMap { party in
            view.leaves.first { $0.party == party }?.name.text
        }
        throw Problem(
            .forbidden, "only admins of #\(name) may do that",
            hint: admins.isEmpty ? nil : "ask \(admins.joined(separator: " or "))", conversation: "#\(name)", sent: .no)
    }

    // MARK: Who is in it

    /// Who somebody is by the group: the server's word is not needed for it.
    ///
    /// - Throws: `not_a_member` (77).
    func party(of user: UserName) throws(Problem) -> Party {
        guard let leaf = view.leaves.first(where: { $0.name == user }) else {
            throw Problem(
                .notAMember, "\(user) is not in #\(name)", conversation: "#\(name)", user: user, sent: .no)
        }
        return leaf.party
    }

    /// Whether somebody is in it no more since a removal was finished whose answer was lost, or could not be stored.
    func hasRemoved(_ user: UserName) -> Bool {
        formerNames.contains(user) && !view.leaves.contains { $0.name == user }
    }

    /// The leaves of an account, by their keys.
    func leaves(of account: AccountID) -> Set<HPKEPublicKey> {
        Set(view.leafKeys.lazy.filter { $0.key.party.account == account }.map(\.value))
    }

    /// Whether all active devices of an account have a leaf.
    func hasAll(of chain: AccountChain?) -> Bool {
        guard let chain else { return false }
        let present = Set(view.leaves.filter { $0.party.account == chain.place.account }.map(\.credential.device))
        return chain.devices.allSatisfy { !$0.value.isActive || present.contains($0.key) }
    }
}

extension Problem {
    init(
        _ code: ErrorCode, _ text: String, hint: String? = nil, conversation: String, user: UserName, sent: Sent
    ) {
        self.init(code, text, hint: hint, conversation: conversation, sent: sent)
        self.user = user.text
    }
}

extension Client {
    /// Goes on by the room's log first.
    ///
    /// - Throws: `no_such_room` (67), `not_a_member` (77), `room_changed` (79).
    func desk(of name: RoomName) async throws(Problem) -> RoomDesk {
        let (link, _) = try await loggedInLink()
        let room = try await roomBook.open(name, on: link)
        let joiner = try await roomJoiner()
        let judge = joiner.place.judge
        let formerNames = try store { store in
            try store.read { () -> Set<UserName> in
                guard try store.waitingCommit(of: room)?.kind == .commit else { return [] }
                return Set(try store.roomView(of: room, judge: judge)?.leaves.map(\.name) ?? [])
            }
        }
        // In it, and then to its head: what somebody else has changed is known then.
        _ = try await joiner.enter(room, as: .room(name))
        _ = try await joiner.enter(room, as: .room(name), after: .preconditionFailed)
        tellHistoryDoubts()
        guard let view = try store({ store in try store.read { try store.roomView(of: room, judge: judge) } }) else {
            throw Problem(.notInGroup, conversation: "#\(name)", sent: .no)
        }
        return RoomDesk(name: name, conversation: room, joiner: joiner, view: view, formerNames: formerNames)
    }
}
