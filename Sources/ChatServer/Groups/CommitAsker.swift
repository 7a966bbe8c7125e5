import ChatProtocol
import NIOCore

/// Asks members who are connected to commit the removals that wait in their groups. Confined to the hub's event loop.
final class CommitAsker {
    private let context: HubContext
    private let connections: ConnectionRegistry
    private var book = RemovalBook()
    private var isAsking = false
    /// Where the groups of the book stand.
    private var positions: [ConversationID: ConversationPosition] = [:]

    init(context: HubContext, connections: ConnectionRegistry) {
        self.context = context
        self.connections = connections
    }

    /// Whether a commit of a group is asked for.
    func waits(in conversation: ConversationID) -> Bool { book.conversations.contains(conversation) }

    /// Removals wait in a group.
    func began(in conversation: ConversationID, _ follower: GroupFollower, _ generation: StoreGeneration) {
        positions[conversation] = ConversationPosition(generation: generation, follower.mark)
        book.began(conversation, candidates: follower.remaining)
        ask()
    }

    /// They were committed, or there is no such group any more.
    func ended(_ conversation: ConversationID) {
        book.ended(conversation)
        positions[conversation] = nil
    }

    /// Asks whoever is next, as long as something waits.
    private func ask() {
        for conversation in book.conversations {
            let reader = book.next(conversation, at: context.clock.now()) { reader in
                self.connections.sessions(of: reader).contains { $0.subscription != nil }
            }
            if let reader { tell(reader, conversation) }
        }
        guard !isAsking, book.isAsking else { return }
        isAsking = true
        context.schedule(in: RemovalBook.patience) { [weak self] in
            self?.isAsking = false
            self?.ask()
        }
    }

    /// A device has subscribed.
    func came(_ device: DeviceID) {
        if book.came(device) { ask() }
    }

    /// Somebody writes who does not stay: where nobody stays it is asked before it has its answer, and commits behind its message.
    func passes(_ session: Session, in conversation: ConversationID) {
        guard session.subscription == nil, let device = session.identity?.device,
            let position = positions[conversation],
            book.passes(device, in: conversation, at: context.clock.now())
        else { return }
        session.send(CommitWanted(conversation: conversation, position: position))
    }

    private func tell(_ reader: DeviceReader, _ conversation: ConversationID) {
        context.bridge.perform { [store = context.store] () throws(StoreFailure) in
            try await store.standing(of: conversation, for: reader)
        } then: { result in
            guard case .success(let standing) = result else { return }
            let wanted = CommitWanted(conversation: conversation, position: standing.standing.position)
            self.connections.sessions(of: reader).first { $0.subscription != nil }?.send(wanted)
        }
    }
}
