import CLISupport
import ChatProtocol
import Transport

/// A message as it is handed to a sender.
struct SendSubmission: Sendable {
    enum Source: Sendable {
        case message(OutgoingMessage)
        /// It waits in the outbox.
        case queued(QueuedMessage)
    }

    var tag: UInt64
    var source: Source
    /// From when its time counts.
    var since: ContinuousClock.Instant

    var conversation: ConversationName {
        switch source {
        case .message(let message): message.conversation
        case .queued(let message): message.conversation
        }
    }

    /// With its identifier and its content.
    func tracked(account: AccountID?, wait: WaitLevel, now: Timestamp) throws(Problem) -> TrackedMessage {
        switch source {
        case .queued(let queued):
            return TrackedMessage(
                conversation: queued.conversation, id: queued.id, content: queued.content, row: queued.number)
        case .message(let message):
            guard wait.isPossible(for: message.conversation) else {
                throw Problem(.usage, "only a direct message can be \(wait.rawValue); one to many is accepted")
            }
            guard let account else { throw Problem(.internalFault, "nobody sends") }
            return TrackedMessage(
                conversation: message.conversation,
                id: try MessageIdentity.id(
                    key: message.key, account: account, conversation: message.conversation, now: now),
                content: Content(body: message.body, replyTo: message.replyTo, sent: now, auto: message.auto))
        }
    }
}

/// A message that a sender has taken on.
struct TrackedMessage: Sendable {
    let conversation: ConversationName
    let id: MessageID
    let content: Content
    /// The row of the outbox in which it waits.
    var row: Int64?
    /// What travels.
    var sealed: SealedAppend?
    /// The server keeps what was sent before under this identifier.
    var isFromBefore = false

    init(conversation: ConversationName, id: MessageID, content: Content, row: Int64? = nil) {
        self.conversation = conversation
        self.id = id
        self.content = content
        self.row = row
    }
}

/// What travels of a message, and by what its acknowledgement is known.
struct SealedAppend: Sendable {
    let append: Append
    /// SHA-256 of its payload.
    let digest: [UInt8]

    init(_ append: Append) {
        self.append = append
        digest = SHA256.hash(append.payload)
    }
}

extension Acknowledgement {
    /// Of a message that was never handed over, or not taken on.
    package static func unsent(_ conversation: ConversationName, _ problem: Problem, now: Timestamp) -> Acknowledgement
    {
        var problem = problem
        problem.conversation = conversation.text
        problem.sent = .no
        return Acknowledgement(id: nil, conversation: conversation, time: now, status: .failed, problem: problem)
    }
}
