import ChatProtocol

/// What never changes about a conversation.
package struct ConversationInfo: Sendable, Hashable {
    package enum Audience: Sendable, Hashable {
        /// Two accounts in their order, or the same one twice.
        case direct(AccountID, AccountID)
        /// The accounts that are its members at the time.
        case room
        case everyone
    }

    package var id: ConversationID
    package var audience: Audience

    package init(id: ConversationID, audience: Audience) {
        self.id = id
        self.audience = audience
    }

    package var isDirect: Bool {
        if case .direct = audience { true } else { false }
    }

    /// With whom an account speaks here directly; nil: with nobody, or itself.
    package func partner(of account: AccountID) -> AccountID? {
        guard case .direct(let low, let high) = audience, low != high else { return nil }
        return low == account ? high : low
    }

    /// Whether an account may read and write it; nil where only its members now say so.
    package func includes(_ account: AccountID) -> Bool? {
        switch audience {
        case .everyone: true
        case .room: nil
        case .direct(let low, let high): account == low || account == high
        }
    }
}

/// A direct conversation, or why there is none.
package enum DirectConversation: Sendable {
    case found(ConversationRecord)
    /// There is no conversation with this account yet.
    case missing(AccountRecord)
    case noSuchUser
}

/// What an account has of a conversation.
package struct Membership: Sendable, Equatable {
    package var conversation: ConversationInfo
    /// The last number before the membership.
    package var start: SequenceNumber
    /// Up to where its user has read.
    package var read: SequenceNumber

    package init(conversation: ConversationInfo, start: SequenceNumber, read: SequenceNumber) {
        self.conversation = conversation
        self.start = start
        self.read = read
    }
}

/// What others may know of an account.
package struct Profile: Sendable, Equatable {
    package var record: AccountRecord
    /// `zero`: never.
    package var lastSeen: Timestamp

    package init(record: AccountRecord, lastSeen: Timestamp) {
        self.record = record
        self.lastSeen = lastSeen
    }
}
