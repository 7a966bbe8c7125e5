import CLISupport
import ChatProtocol
import GroupRules

/// A conversation that messages may be appended to.
struct OpenedConversation: Equatable, Sendable {
    var id: ConversationID
    /// Whose receipts count; nil for everyone.
    var recipient: AccountID?
}

/// Finds conversations: in the store, or by asking the server.
struct ConversationBook: Sendable {
    let store: any StoreDoor

    /// The conversation, where it is known here.
    func recall(_ name: ConversationName) async throws(Problem) -> OpenedConversation? {
        try await store.withStore { try $0.openedConversation(name) }
    }

    /// Asks the server for the conversation, and keeps it.
    func open(_ name: ConversationName, on link: Link) async throws(Problem) -> OpenedConversation {
        switch name {
        case .user(let user): try await open(with: user, on: link)
        case .everyone: OpenedConversation(id: try await link.welcome().everyone, recipient: nil)
        case .room(let room):
            OpenedConversation(
                id: try await RoomBook(store: store).open(RoomName(room), on: link), recipient: nil)
        }
    }

    private func open(with user: UserName, on link: Link) async throws(Problem) -> OpenedConversation {
        let found: Conversations
        do throws(Problem) { found = try await link.request(OpenConversation(with: user)) } catch {
            guard error.code == ErrorCode.noSuchUser.name else { throw error }
            throw .noSuchUser(user, sent: .no)
        }
        guard let conversation = found.conversations.first,
            let member = conversation.members.first(where: { $0.name == user })
        else { throw Problem(.protocolFault, "\(link.address) opened another conversation than the one with \(user)") }
        let (isTheirs, name) = try await store.withStore { store in
            guard let own = try store.identity()?.account else { return (false, user) }
            try store.writeWithReserve { try store.remember([conversation], own: own, now: WallClock.now) }
            return (try store.peer(of: conversation.id) == member.id, try store.name(of: member.id))
        }
        guard name == user else {
            var problem = Problem(
                .chainForked, "\(link.address) calls \(user) whom it called \(name), as that account does itself",
                advice: .doubtServer(user: user.text), sent: .no)
            problem.user = user.text
            throw problem
        }
        guard isTheirs else {
            throw Problem(
                .protocolFault,
                "\(link.address) calls the conversation with \(user) otherwise than it follows from who you are",
                sent: .no)
        }
        return OpenedConversation(id: conversation.id, recipient: member.id)
    }
}

extension ClientStore {
    /// The conversation, where it is known here.
    func openedConversation(_ name: ConversationName) throws -> OpenedConversation? {
        switch name {
        case .everyone:
            try identity().map { OpenedConversation(id: $0.everyone, recipient: nil) }
        case .room(let room):
            try pinnedRoom(RoomName(room)).map { OpenedConversation(id: $0, recipient: nil) }
        case .user(let user):
            try conversation(with: user).map { OpenedConversation(id: $0, recipient: try account(named: user)) }
        }
    }
}
