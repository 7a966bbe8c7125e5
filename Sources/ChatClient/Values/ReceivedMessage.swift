import ChatProtocol
import GroupRules

/// A message as it stands in the local store: received, or sent by a device of this account.
package struct ReceivedMessage: Equatable, Sendable {
    package var conversation: ConversationName
    /// Strictly increases within a conversation; holes are possible.
    package var seq: SequenceNumber
    package var id: MessageID
    /// Behind this message; nil while messages before it have not arrived (an own one, in `history` only).
    package var cursor: Cursor?
    /// When the server took it.
    package var time: Timestamp
    /// When its sender says it was sent.
    package var sent: Timestamp
    package var from: UserName
    /// Text for people, from the network: never stands in for the name.
    package var fromDisplayName: String
    package var fromDevice: DeviceID
    /// Sent by this account.
    package var own: Bool
    /// Whom it was sent to, in a direct conversation.
    package var to: UserName?
    package var body: String
    package var replyTo: MessageID?
    /// Sent by a program that answers by itself.
    package var auto: Bool
    /// Whether a person was shown it on this device.
    package var shown: Bool
    /// How the sender's key stands now; nil: nothing is known of it.
    package var trust: KeyTrust?

    package init(
        conversation: ConversationName, seq: SequenceNumber, id: MessageID, cursor: Cursor?, time: Timestamp,
        sent: Timestamp,
        from: UserName, fromDisplayName: String, fromDevice: DeviceID, own: Bool, to: UserName?, body: String,
        replyTo: MessageID?, auto: Bool, shown: Bool, trust: KeyTrust? = nil
    ) {
        self.conversation = conversation
        self.seq = seq
        self.id = id
        self.cursor = cursor
        self.time = time
        self.sent = sent
        self.from = from
        self.fromDisplayName = fromDisplayName
        self.fromDevice = fromDevice
        self.own = own
        self.to = to
        self.body = body
        self.replyTo = replyTo
        self.auto = auto
        self.shown = shown
        self.trust = trust
    }
}

/// Messages that this device will not get, or cannot read.
package struct GapNotice: Equatable, Sendable {
    package enum Reason: String, Sendable, CaseIterable {
        case retention
        case restored
        case beforeJoin = "before_join"
        case erased
        case undecryptable
        /// This device has come back to a conversation whose state it had lost.
        case resync
        /// An entry is not what the server says of it.
        case mismatch
    }

    package var conversation: ConversationName
    package var reason: Reason
    /// When this device learned of it.
    package var time: Timestamp
    /// How many numbers are missed, where that is known.
    package var missed: UInt64?
    /// Behind this notice.
    package var cursor: Cursor?

    package init(
        conversation: ConversationName, reason: Reason, time: Timestamp, missed: UInt64?, cursor: Cursor? = nil
    ) {
        self.conversation = conversation
        self.reason = reason
        self.time = time
        self.missed = missed
        self.cursor = cursor
    }
}

/// What the local store holds for people, in one order.
package enum StoredItem: Equatable, Sendable {
    case message(ReceivedMessage)
    case gap(GapNotice)

    package var cursor: Cursor? {
        switch self {
        case .message(let message): message.cursor
        case .gap(let gap): gap.cursor
        }
    }
}
