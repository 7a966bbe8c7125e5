import WireCodec

/// What others may know of an account.
package struct AccountRecord: WireCodable, Equatable, Sendable {
    package struct Flags: OptionSet, Sendable, Hashable {
        package let rawValue: UInt8
        package init(rawValue: UInt8) { self.rawValue = rawValue }
        package static let administrator = Flags(rawValue: 1)
        package static let disabled = Flags(rawValue: 2)
        /// The name stays taken for ever.
        package static let deleted = Flags(rawValue: 4)
    }

    package var id: AccountID
    package var name: UserName
    /// Text for people; never stands in for the name.
    package var displayName: String
    package var flags: Flags

    package init(id: AccountID, name: UserName, displayName: String, flags: Flags = []) {
        self.id = id
        self.name = name
        self.displayName = displayName
        self.flags = flags
    }

    package func encode(into writer: inout WireWriter) {
        writer.write(id)
        writer.write(name)
        writer.write(text: displayName)
        writer.write(flags.rawValue)
    }

    package init(from reader: inout WireReader) throws(WireError) {
        id = try reader.read()
        name = try reader.read()
        displayName = try reader.readText(limit: Limits.displayName, field: "display name")
        flags = Flags(rawValue: try reader.read())
    }
}

/// Asks for accounts by identifier. Answered by `Accounts`, without those that do not exist.
package struct LookUpAccounts: FrameBody {
    package static let kind = FrameKind.lookUpAccounts
    package var ids: [AccountID]
    package init(ids: [AccountID]) { self.ids = ids }
    package func encode(into writer: inout WireWriter) { writer.write(vectorOf: ids) }
    package init(from reader: inout WireReader) throws(WireError) {
        ids = try reader.readVector(count: Limits.page, field: "accounts")
    }
}

package struct Accounts: FrameBody {
    package static let kind = FrameKind.accounts
    package var accounts: [AccountRecord]
    package init(accounts: [AccountRecord]) { self.accounts = accounts }
    package func encode(into writer: inout WireWriter) { writer.write(vectorOf: accounts) }
    package init(from reader: inout WireReader) throws(WireError) {
        accounts = try reader.readVector(count: Limits.page, field: "accounts")
    }
}

/// Asks for a page of the accounts in the order of their names. Answered by `AccountPage`.
package struct ListAccounts: FrameBody {
    package static let kind = FrameKind.listAccounts
    /// The last name of the page before; nil for the first page.
    package var after: UserName?
    package var onlineOnly: Bool

    package init(after: UserName? = nil, onlineOnly: Bool = false) {
        self.after = after
        self.onlineOnly = onlineOnly
    }

    package func encode(into writer: inout WireWriter) {
        writer.write(optional: after)
        writer.write(flag: onlineOnly)
    }

    package init(from reader: inout WireReader) throws(WireError) {
        after = try reader.readOptional()
        onlineOnly = try reader.readFlag(field: "online only")
    }
}

package struct AccountStatus: WireCodable, Equatable, Sendable {
    package var account: AccountRecord
    /// At least one subscribed connection that did not ask to stay unseen.
    package var online: Bool
    /// When the last such connection ended; `zero`: never.
    package var lastSeen: Timestamp

    package init(account: AccountRecord, online: Bool, lastSeen: Timestamp) {
        self.account = account
        self.online = online
        self.lastSeen = lastSeen
    }

    package func encode(into writer: inout WireWriter) {
        writer.write(account)
        writer.write(flag: online)
        writer.write(lastSeen)
    }

    package init(from reader: inout WireReader) throws(WireError) {
        account = try reader.read()
        online = try reader.readFlag(field: "online")
        lastSeen = try reader.read()
    }
}

package struct AccountPage: FrameBody {
    package static let kind = FrameKind.accountPage
    package var accounts: [AccountStatus]
    package var more: Bool

    package init(accounts: [AccountStatus], more: Bool) {
        self.accounts = accounts
        self.more = more
    }

    package func encode(into writer: inout WireWriter) {
        writer.write(vectorOf: accounts)
        writer.write(flag: more)
    }

    package init(from reader: inout WireReader) throws(WireError) {
        accounts = try reader.readVector(count: Limits.page, field: "accounts")
        more = try reader.readFlag(field: "more")
    }
}

package enum ConversationType: UInt8, Sendable {
    /// Two accounts, or one with itself; unique by the unordered pair.
    case direct = 1
    /// The one conversation of all accounts.
    case everyone = 2
}

package struct ConversationRecord: WireCodable, Equatable, Sendable {
    package var id: ConversationID
    package var type: ConversationType
    /// The members of a direct conversation, one where it is with oneself; empty for `everyone`.
    package var members: [AccountRecord]
    /// The newest entry; `beforeFirst` where there is none.
    package var head: SequenceNumber
    package var epoch: Epoch
    /// When the newest entry was taken; 0 where there is none.
    package var lastTime: Timestamp

    package init(
        id: ConversationID, type: ConversationType, members: [AccountRecord], head: SequenceNumber, epoch: Epoch = 0,
        lastTime: Timestamp = 0
    ) {
        self.id = id
        self.type = type
        self.members = members
        self.head = head
        self.epoch = epoch
        self.lastTime = lastTime
    }

    package func encode(into writer: inout WireWriter) {
        writer.write(id)
        writer.write(type.rawValue)
        writer.write(vectorOf: members)
        writer.write(head)
        writer.write(epoch)
        writer.write(lastTime)
    }

    package init(from reader: inout WireReader) throws(WireError) {
        id = try reader.read()
        type = try reader.readCase(field: "conversation type")
        members = try reader.readVector(count: Limits.page, field: "members")
        head = try reader.read()
        epoch = try reader.read()
        lastTime = try reader.read()
    }
}

/// Asks for the direct conversation with a user, which begins to exist by this. Answered by `Conversations`.
package struct OpenConversation: FrameBody {
    package static let kind = FrameKind.openConversation
    package var with: UserName
    package init(with: UserName) { self.with = with }
    package func encode(into writer: inout WireWriter) { writer.write(with) }
    package init(from reader: inout WireReader) throws(WireError) { with = try reader.read() }
}

/// Asks for conversations by identifier. Answered by `Conversations`, without those this account is no member of, and
/// without rooms (`ListRooms`).
package struct LookUpConversations: FrameBody {
    package static let kind = FrameKind.lookUpConversations
    package var ids: [ConversationID]
    package init(ids: [ConversationID]) { self.ids = ids }
    package func encode(into writer: inout WireWriter) { writer.write(vectorOf: ids) }
    package init(from reader: inout WireReader) throws(WireError) {
        ids = try reader.readVector(count: Limits.page, field: "conversations")
    }
}

package struct Conversations: FrameBody {
    package static let kind = FrameKind.conversations
    package var conversations: [ConversationRecord]
    package init(conversations: [ConversationRecord]) { self.conversations = conversations }
    package func encode(into writer: inout WireWriter) { writer.write(vectorOf: conversations) }
    package init(from reader: inout WireReader) throws(WireError) {
        conversations = try reader.readVector(count: Limits.page, field: "conversations")
    }
}
