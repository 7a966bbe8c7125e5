import CLISupport
import ChatProtocol

/// What a listener tells.
package enum ListenEvent: Sendable {
    case message(ReceivedMessage)
    case gap(GapNotice)
    /// This connection is logged in (again).
    case login(LoginNotice)
    /// What was missed has been told; what follows is new. By the server's clock.
    case live(time: Timestamp)
    case presence(PresenceChange)
    case receipt(ReceiptNotice)
    /// Somebody has come into a conversation, or has gone.
    case member(MemberNotice)
    /// A further device of this account asks to be approved.
    case deviceWaits(WaitingNotice)
    /// The connection was lost, or another attempt failed; the next follows after `retryIn`.
    case offline(Problem, retryIn: Duration)

    /// Where in the store it stands; nil for what is not stored.
    package var cursor: Cursor? {
        switch self {
        case .message(let message): message.cursor
        case .gap(let gap): gap.cursor
        default: nil
        }
    }
}

/// Who this connection speaks for.
package struct LoginNotice: Equatable, Sendable {
    /// The server's clock.
    package var time: Timestamp
    package var user: UserName
    package var displayName: String
    package var server: ServerAddress
    package var device: DeviceID
    package var deviceName: String
    /// How many devices of the account wait to be approved.
    package var waiting: Int

    package init(
        time: Timestamp, user: UserName, displayName: String, server: ServerAddress, device: DeviceID,
        deviceName: String, waiting: Int = 0
    ) {
        self.waiting = waiting
        self.time = time
        self.user = user
        self.displayName = displayName
        self.server = server
        self.device = device
        self.deviceName = deviceName
    }
}

/// Who is online: the full list once after each login, then what changes.
package struct PresenceChange: Equatable, Sendable {
    package enum Change: Sendable { case full, online, offline }
    package var change: Change
    /// When this device learned of it.
    package var time: Timestamp
    package var users: [UserName]

    package init(change: Change, time: Timestamp, users: [UserName]) {
        self.change = change
        self.time = time
        self.users = users
    }
}

/// A device of this account that waits to be approved. What its fingerprint is stands on its own screen and is not told here.
package struct WaitingNotice: Equatable, Sendable {
    package var device: DeviceID
    package var name: String
    /// Since when, by the server's clock.
    package var time: Timestamp

    package init(device: DeviceID, name: String, time: Timestamp) {
        self.device = device
        self.name = name
        self.time = time
    }
}

/// How far a user has come in a direct conversation; it covers all messages up to `seq`.
package struct ReceiptNotice: Equatable, Sendable {
    package var conversation: ConversationName
    package var user: UserName
    /// When this device learned of it.
    package var time: Timestamp
    /// The highest number stored by a device of the user.
    package var delivered: SequenceNumber
    /// The highest number that the user was shown.
    package var read: SequenceNumber

    package init(
        conversation: ConversationName, user: UserName, time: Timestamp, delivered: SequenceNumber, read: SequenceNumber
    ) {
        self.conversation = conversation
        self.user = user
        self.time = time
        self.delivered = delivered
        self.read = read
    }
}

/// What `MessageListener.next` gives.
package enum ListenOutcome: Sendable {
    case event(ListenEvent)
    /// The moment asked for has come first.
    case timedOut
    /// Nothing follows: it was stopped, or did not follow and has told everything.
    case ended
}
