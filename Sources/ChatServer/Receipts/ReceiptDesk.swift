import ChatProtocol

/// An account in a conversation.
struct ReadKey: Hashable {
    var account: AccountID
    var conversation: ConversationID
}

/// Tells those who watch a conversation of two how far the other has come. Confined to the hub's event loop.
final class ReceiptDesk {
    private let context: HubContext
    private let connections: ConnectionRegistry
    private let marks: MarkWriter
    private var board = ReceiptBoard()
    private var watchers: [ConversationID: [Session]] = [:]
    /// Whose reading is told when the marks that wait are written.
    private var waitingReads: Set<ReadKey> = []

    init(context: HubContext, connections: ConnectionRegistry, marks: MarkWriter) {
        self.context = context
        self.connections = connections
        self.marks = marks
        marks.willWrite = { [unowned self] in waitingReads.removeAll(keepingCapacity: true) }
    }

    /// The session hears of this conversation's receipts from now on.
    func watch(_ session: Session, _ conversation: ConversationID) {
        guard !session.isClosing, session.watched.insert(conversation).inserted else { return }
        watchers[conversation, default: []].append(session)
    }

    func unwatch(_ session: Session) {
        for conversation in session.watched {
            watchers[conversation]?.removeAll { $0 === session }
            if watchers[conversation]?.isEmpty == true { watchers[conversation] = nil }
        }
        session.watched = []
    }

    /// A device of the account has stored everything up to `seq`.
    func delivered(_ conversation: ConversationInfo, _ account: AccountID, through seq: SequenceNumber) {
        guard conversation.isDirect, isWatched(conversation, account) else { return }
        switch board.delivered(conversation.id, account, through: seq) {
        case .nothing: break
        case .publish(let state): publish(state, of: conversation)
        case .load: load(conversation.id, for: account) { _ in }
        }
    }

    /// The account was shown more of a conversation; how far is what the store makes of the mark.
    func read(_ conversation: ConversationID, by account: AccountID) {
        // Of several marks that are written together the query sees the last.
        guard waitingReads.insert(ReadKey(account: account, conversation: conversation)).inserted else { return }
        load(conversation, for: account) { _ in }
    }

    /// Asks the store, and tells those who watch what is new.
    func load(
        _ conversation: ConversationID, for account: AccountID,
        completion: @escaping (Result<[ReceiptState], Failure>) -> Void
    ) {
        // The answer has to know of what has moved.
        marks.write { self.read(conversation, for: account, completion: completion) }
    }

    private func read(
        _ conversation: ConversationID, for account: AccountID,
        completion: @escaping (Result<[ReceiptState], Failure>) -> Void
    ) {
        context.bridge.perform { [store = context.store] () throws(StoreFailure) in
            try await store.receipts(of: conversation, for: account)
        } then: { result in
            switch result {
            case .success(let stored):
                let (all, news) = self.board.loaded(conversation, stored)
                let accounts = stored.map(\.account)
                if let low = accounts.min(), let high = accounts.max() {
                    let info = ConversationInfo(id: conversation, audience: .direct(low, high))
                    for state in news { self.publish(state, of: info) }
                }
                completion(.success(all))
            case .failure(let failure): completion(.failure(self.context.failure(failure)))
            }
        }
    }

    /// Tells one session how far the others are.
    func tell(of conversation: ConversationInfo, for session: Session) {
        guard let me = session.identity?.account.id else { return }
        load(conversation.id, for: me) { result in
            guard case .success(let states) = result else { return }
            for state in states where self.concerns(state.account, session, conversation) {
                session.send(Receipt(conversation: conversation.id, state: state))
            }
        }
    }

    private func publish(_ state: ReceiptState, of conversation: ConversationInfo) {
        let frame = FrameEncoder.buffer(Receipt(conversation: conversation.id, state: state))
        for session in audience(of: state.account, in: conversation) { session.tell(frame) }
    }

    private func isWatched(_ conversation: ConversationInfo, _ account: AccountID) -> Bool {
        !audience(of: account, in: conversation).isEmpty
    }

    /// Those who want to hear how far `account` is: who asked for this conversation, and who asked for all.
    private func audience(of account: AccountID, in conversation: ConversationInfo) -> [Session] {
        guard case .direct(let low, let high) = conversation.audience else { return [] }
        let other = account == low ? high : low
        let asked = (watchers[conversation.id] ?? []).filter { concerns(account, $0, conversation) }
        let all = connections.subscribers(of: other).filter {
            $0.subscription?.contains(.receipts) == true && !$0.watched.contains(conversation.id)
        }
        return asked + all
    }

    /// How far somebody is matters to the other one, or to oneself in a note to oneself.
    private func concerns(_ account: AccountID, _ session: Session, _ conversation: ConversationInfo) -> Bool {
        guard case .direct(let low, let high) = conversation.audience else { return false }
        return low == high || session.identity?.account.id != account
    }
}
