import ChatProtocol
import GroupRules

/// Who has come into the group of a conversation and who has gone, by one commit.
package struct MemberNotice: Equatable, Sendable {
    package enum How: String, CaseIterable, Sendable {
        /// A member has added them.
        case add
        /// They have come by themselves.
        case join
        /// A member has removed them.
        case remove
        /// They have gone by themselves.
        case leave
        /// The server has had a device removed that is not its user's any more, or may not be used.
        case server
    }

    package struct Device: Equatable, Sendable {
        package var user: UserName
        package var device: DeviceID
        /// The user's key, as it is known here, has this device.
        package var isKnown: Bool
        /// How the user's key stands; nil: nothing is known of it here.
        package var trust: KeyTrust?
        /// The user was there with another device before, or still is.
        package var hasOthers: Bool

        package init(user: UserName, device: DeviceID, isKnown: Bool, trust: KeyTrust? = nil, hasOthers: Bool = false) {
            self.user = user
            self.device = device
            self.isKnown = isKnown
            self.trust = trust
            self.hasOthers = hasOthers
        }
    }

    package var conversation: ConversationName
    /// When the server took it.
    package var time: Timestamp
    package var added: [Device]
    package var removed: [Device]
    /// Whose doing it was; nil: the server's.
    package var by: UserName?
    package var how: How

    package init(
        conversation: ConversationName, time: Timestamp, added: [Device] = [], removed: [Device] = [], by: UserName?,
        how: How
    ) {
        self.conversation = conversation
        self.time = time
        self.added = added
        self.removed = removed
        self.by = by
        self.how = how
    }
}
