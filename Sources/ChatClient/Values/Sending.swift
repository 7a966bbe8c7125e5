import CLISupport
import ChatProtocol

/// A message that is to be sent.
package struct OutgoingMessage: Equatable, Sendable {
    package var conversation: ConversationName
    /// UTF-8 without NUL, 1 to `Limits.text` bytes: what `MessageText` accepted.
    package var body: String
    /// The caller's idempotency key, at most `Limits.idempotencyKey` bytes; nil: a new identifier.
    package var key: String?
    package var replyTo: MessageID?
    package var auto: Bool

    package init(
        conversation: ConversationName, body: String, key: String? = nil, replyTo: MessageID? = nil, auto: Bool = false
    ) {
        self.conversation = conversation
        self.body = body
        self.key = key
        self.replyTo = replyTo
        self.auto = auto
    }

    /// With an identifier that is known before it is sent; one that has a key already stays as it is.
    package func identified() throws(Problem) -> OutgoingMessage {
        guard key == nil else { return self }
        var message = self
        message.key = try MessageIdentity.new(now: WallClock.now).uuid
        return message
    }

    /// Its identifier, where its key is one.
    package var id: MessageID? { key.flatMap { MessageID(uuid: $0) } }
}

/// What a sender waits for.
package enum WaitLevel: String, Sendable, CaseIterable, Comparable {
    /// The server has it on disk.
    case accepted
    /// A device of the recipient has stored it.
    case delivered
    /// The recipient was shown it.
    case read

    private var rank: Int {
        switch self {
        case .accepted: 0
        case .delivered: 1
        case .read: 2
        }
    }
    /// Only for a direct message is it known how far it has come.
    package func isPossible(for conversation: ConversationName) -> Bool {
        self == .accepted || conversation.user != nil
    }

    package static func < (left: WaitLevel, right: WaitLevel) -> Bool { left.rank < right.rank }
}

package struct SendOptions: Hashable, Sendable {
    package var wait: WaitLevel
    /// Covers connecting, accepting and waiting, from the moment each message is handed over; nil: for ever.
    package var timeout: Duration?
    /// Keep it in the outbox where the server cannot be reached in time.
    package var queue: Bool
    /// Of messages that are handed over together and wait for each other: a message's time counts from the last that the
    /// server took of its conversation.
    package var isRenewedByProgress = false
    /// What was sent before under the same identifier stands, whatever it says.
    package var keepsFirst = false
    /// How long a queued message stays worth sending; nil: for ever.
    package var expires: Duration?

    package init(
        wait: WaitLevel = .accepted, timeout: Duration? = .seconds(30), queue: Bool = false, expires: Duration? = nil
    ) {
        self.wait = wait
        self.timeout = timeout
        self.queue = queue
        self.expires = expires
    }
}

/// What became of a message.
package struct Acknowledgement: Equatable, Sendable {
    package enum Status: String, Sendable, CaseIterable {
        case accepted, delivered, read, queued, held, failed
    }

    package var id: MessageID?
    package var conversation: ConversationName
    /// Its number, once the server has taken it.
    package var seq: SequenceNumber?
    /// When the server took it, or, for `queued`, `held` and `failed`, when this was decided.
    package var time: Timestamp
    package var status: Status
    /// Why it failed or was queued (exit 81), or why what was waited for was not confirmed (exit 124).
    package var problem: Problem?

    package init(
        id: MessageID?, conversation: ConversationName, seq: SequenceNumber? = nil, time: Timestamp, status: Status,
        problem: Problem? = nil
    ) {
        self.id = id
        self.conversation = conversation
        self.seq = seq
        self.time = time
        self.status = status
        self.problem = problem
    }
}

/// What a `MessageSender` tells: the acknowledgement of the message that was submitted with `tag`.
package struct SendResult: Sendable {
    package var tag: UInt64
    package var acknowledgement: Acknowledgement
    /// The server has what was sent under this identifier at another time, perhaps with another body, and keeps that.
    package var isFromBefore: Bool

    package init(tag: UInt64, acknowledgement: Acknowledgement, isFromBefore: Bool = false) {
        self.tag = tag
        self.acknowledgement = acknowledgement
        self.isFromBefore = isFromBefore
    }
}
