import CLISupport
import ChatProtocol

/// Who this profile is.
package struct WhoAmI: Equatable, Sendable {
    package var profile: UserName
    package var user: UserName
    package var displayName: String
    package var server: ServerAddress
    package var device: DeviceID
    package var deviceName: String
    /// `SHA256:…` of this device's login key; nil where it has none any more.
    package var deviceFingerprint: String?
    /// `acct1:…`; nil while nothing is known of the account's chain.
    package var accountKey: String?
    /// `dev1:…`; nil of a device that has no key for its account's chain yet.
    package var deviceKey: String?
    /// It waits to be added to the account's chain.
    package var isPending: Bool
    /// How the server is known: `SHA256:…`, `ca`, or nil where it is not (any more).
    package var serverTrust: String?

    package init(
        profile: UserName, user: UserName, displayName: String, server: ServerAddress, device: DeviceID,
        deviceName: String, deviceFingerprint: String?, accountKey: String? = nil, deviceKey: String? = nil,
        isPending: Bool = false, serverTrust: String?
    ) {
        self.profile = profile
        self.user = user
        self.displayName = displayName
        self.server = server
        self.device = device
        self.deviceName = deviceName
        self.deviceFingerprint = deviceFingerprint
        self.accountKey = accountKey
        self.deviceKey = deviceKey
        self.isPending = isPending
        self.serverTrust = serverTrust
    }
}

package struct ProfileSummary: Sendable {
    package var profile: UserName
    /// Nil: not logged in.
    package var user: UserName?
    package var server: ServerAddress?
    /// Why it cannot be used.
    package var problem: Problem?

    package init(profile: UserName, user: UserName? = nil, server: ServerAddress? = nil, problem: Problem? = nil) {
        self.profile = profile
        self.user = user
        self.server = server
        self.problem = problem
    }
}

/// What of the store `history` shows.
package struct HistoryQuery: Equatable, Sendable {
    /// Nil: all conversations.
    package var conversation: ConversationName?
    /// The newest so many, told oldest first.
    package var limit: Int
    /// Server's time, inclusive.
    package var since: Timestamp?
    /// Server's time, inclusive.
    package var until: Timestamp?
    /// A part of the text, as `TextSearch` finds it.
    package var search: String?

    package init(
        conversation: ConversationName? = nil, limit: Int = 50, since: Timestamp? = nil, until: Timestamp? = nil,
        search: String? = nil
    ) {
        self.conversation = conversation
        self.limit = limit
        self.since = since
        self.until = until
        self.search = search
    }
}

/// One message, and how far it has come with each recipient that is known of.
package struct MessageDetail: Equatable, Sendable {
    package struct Recipient: Equatable, Sendable {
        package var user: UserName
        package var acknowledgement: Acknowledgement

        package init(user: UserName, acknowledgement: Acknowledgement) {
            self.user = user
            self.acknowledgement = acknowledgement
        }
    }
    package var message: ReceivedMessage
    package var recipients: [Recipient]

    package init(message: ReceivedMessage, recipients: [Recipient]) {
        self.message = message
        self.recipients = recipients
    }
}

package struct UnreadCount: Equatable, Sendable {
    package var conversation: ConversationName
    package var count: Int
    /// When the server took the first of them; nil where there is none.
    package var oldest: Timestamp?

    package init(conversation: ConversationName, count: Int, oldest: Timestamp?) {
        self.conversation = conversation
        self.count = count
        self.oldest = oldest
    }
}

/// A message that waits to be sent, or was refused.
package struct OutboxItem: Equatable, Sendable {
    package enum State: String, Sendable, CaseIterable {
        case queued
        /// It waits until whoever it is for may be written to.
        case held
        case failed
    }
    package var id: MessageID
    package var conversation: ConversationName
    package var body: String
    package var state: State
    /// When it was queued.
    package var queued: Timestamp
    /// When it is dropped; nil: never.
    package var expires: Timestamp?
    package var attempts: Int
    /// The code of the last failure.
    package var code: String?

    package init(
        id: MessageID, conversation: ConversationName, body: String, state: State, queued: Timestamp,
        expires: Timestamp?,
        attempts: Int, code: String?
    ) {
        self.id = id
        self.conversation = conversation
        self.body = body
        self.state = state
        self.queued = queued
        self.expires = expires
        self.attempts = attempts
        self.code = code
    }
}

package struct ResumePoint: Equatable, Sendable {
    package var name: UserName
    package var cursor: Cursor
    /// When it last moved.
    package var moved: Timestamp
    /// Received messages behind it.
    package var waiting: Int
    /// The process that uses it now.
    package var holder: Int32?

    package init(name: UserName, cursor: Cursor, moved: Timestamp, waiting: Int, holder: Int32?) {
        self.name = name
        self.cursor = cursor
        self.moved = moved
        self.waiting = waiting
        self.holder = holder
    }
}

/// One thing that `doctor` looked at.
package struct DoctorCheck: Sendable {
    package enum Status: String, Sendable, CaseIterable { case ok, warning, failed, skipped }
    package var name: String
    package var status: Status
    package var text: String
    /// What to do, and the exit status, where it failed.
    package var problem: Problem?
    /// Where more can be seen, or what brings it up to date.
    package var see: Advice?

    package init(name: String, status: Status, text: String, problem: Problem? = nil, see: Advice? = nil) {
        self.name = name
        self.status = status
        self.text = text
        self.problem = problem
        self.see = see
    }
}
