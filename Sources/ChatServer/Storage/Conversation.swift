import ChatProtocol
import Transport

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

    /// Whether an account may read and write it; nil where only its members now say so.
    package func includes(_ account: AccountID) -> Bool? {
        switch audience {
        case .everyone: true
        case .room: nil
        case .direct(let low, let high): account == low || account == high
        }
    }
}

extension ConversationID {
    /// The identifier of the direct conversation of two accounts: the same to whoever makes it, on any server that
    /// shares the store, and after a restore.
    package static func direct(_ one: AccountID, _ other: AccountID, on server: ServerID) -> ConversationID {
        let digest = SHA256.hash(
            Array("dm".utf8) + server.bytes + min(one, other).bytes + max(one, other).bytes)
        let word: (ArraySlice<UInt8>) -> UInt64 = { $0.reduce(0) { $0 << 8 | UInt64($1) } }
        return ConversationID(high: word(digest.prefix(8)), low: word(digest.dropFirst(8).prefix(8)))
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
