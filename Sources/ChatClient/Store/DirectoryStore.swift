import ChatProtocol
import GroupRules
import SQLite
import StoredValues

/// A conversation as the store knows it.
struct StoredConversation: Equatable, Sendable {
    /// Its row.
    var number: ConversationNumber
    var id: ConversationID
    var name: ConversationName
}

extension ClientStore {
    /// Keeps what the server has told of accounts; how one is called it says of those alone whose own chain has not. Within a transaction.
    func remember(_ accounts: [AccountRecord], now: Timestamp) throws {
        for account in accounts {
            try database.run(
                """
                INSERT INTO accounts(id, name, display_name, flags, told) VALUES (?, ?, ?, ?, ?)
                ON CONFLICT(id) DO UPDATE SET name = iif(is_proven, name, excluded.name),
                    display_name = excluded.display_name, flags = excluded.flags, told = excluded.told
                """,
                account.id, account.name.text, account.displayName, Int(account.flags.rawValue), now)
        }
    }

    /// C4: the name that is shown is the chain's, whatever the server calls the account. Within a transaction.
    func setName(of account: AccountID, _ name: UserName) throws {
        try database.run(
            """
            INSERT INTO accounts(id, name, display_name, flags, told, is_proven) VALUES (?, ?, '', 0, 0, 1)
            ON CONFLICT(id) DO UPDATE SET name = excluded.name, is_proven = 1
                WHERE name <> excluded.name OR is_proven = 0
            """, account, name.text)
    }

    /// Keeps conversations and their members, where they are what the server says that they are: whose a direct one is follows from its
    /// identifier, or what is written to one user would go to another. Within a transaction.
    func remember(_ conversations: [ConversationRecord], own: AccountID, now: Timestamp) throws {
        guard let identity = try identity() else { return }
        for conversation in conversations {
            try remember(conversation.members, now: now)
            let peer = conversation.members.first { $0.id != own }?.id ?? own
            switch conversation.type {
            case .direct where conversation.id == .direct(own, peer, on: identity.server):
                try remember(conversation.id, type: .direct, peer: peer)
            case .everyone where conversation.id == identity.everyone:
                try remember(conversation.id, type: .everyone, peer: nil)
            case .direct, .everyone: continue
            }
        }
    }

    func remember(_ id: ConversationID, type: ConversationType, peer: AccountID?) throws {
        try database.run(
            "INSERT OR IGNORE INTO conversations(id, type, peer) VALUES (?, ?, ?)", id, Int(type.rawValue),
            peer)
    }

    /// Which of these are not known here.
    func unknown(accounts: Set<AccountID>) throws -> [AccountID] {
        try accounts.filter { account in
            try database.first("SELECT 1 FROM accounts WHERE id = ?", account) { _ in true } == nil
        }
    }

    /// Which of these are not known here.
    func unknown(conversations: Set<ConversationID>) throws -> [ConversationID] {
        try conversations.filter { conversation in
            try database.first("SELECT 1 FROM conversations WHERE id = ?", conversation) { _ in true } == nil
        }
    }

    /// The direct conversation with a user, where it is known.
    func conversation(with user: UserName) throws -> ConversationID? {
        try database.first(
            """
            SELECT c.id FROM accounts a JOIN conversations c ON c.peer = a.id AND c.type = 1
            WHERE a.name = ? ORDER BY a.told DESC, c.number DESC LIMIT 1
            """, user.text
        ) { try $0.identifier(0) }
    }

    func account(named user: UserName) throws -> AccountID? {
        try database.first("SELECT id FROM accounts WHERE name = ? ORDER BY told DESC LIMIT 1", user.text) {
            try $0.identifier(0)
        }
    }

    func name(of account: AccountID) throws -> UserName {
        try database.first("SELECT name FROM accounts WHERE id = ?", account) { try $0.userName(0) }
            ?? (try Self.stranger(account))
    }

    /// The name for people; nil where nobody has told it here.
    func displayName(of account: AccountID) throws -> String? {
        try database.first("SELECT display_name FROM accounts WHERE id = ?", account) { $0.text(0) }
    }

    /// A name that fits the grammar for an account of which the server says nothing.
    static func stranger(_ account: AccountID) throws -> UserName {
        guard let name = UserName("unknown-" + account.hex.prefix(24)) else {
            throw SQLiteError(kind: .other, message: "no name fits", operation: "stranger", path: "")
        }
        return name
    }

    func conversation(_ id: ConversationID) throws -> StoredConversation? {
        try database.first(
            """
            SELECT c.number, c.type, c.peer, a.name FROM conversations c LEFT JOIN accounts a ON a.id = c.peer
            WHERE c.id = ?
            """, id
        ) { row in
            StoredConversation(
                number: row.conversationNumber(0), id: id,
                name: try Self.conversationName(row, type: 1, peer: 2, name: 3))
        }
    }

    /// The name of a conversation from a row's columns. Of a room `peer` is its name.
    static func conversationName(_ row: Statement, type: Int32, peer: Int32, name: Int32) throws -> ConversationName {
        switch UInt8(exactly: row.int(type)).flatMap(ConversationType.init(rawValue:)) {
        case .direct: break
        case .everyone: return .everyone
        case nil where row.int(type) == roomType: return .room(try row.userName(peer))
        case nil: return .room(try stranger(AccountID(high: 0, low: UInt64(bitPattern: row.integer(type)))))
        }
        if !row.isNull(name) { return .user(try row.userName(name)) }
        return .user(try stranger(try row.optionalIdentifier(peer) ?? AccountID(high: 0, low: 0)))
    }

    /// Users for completion, in the order of their names.
    func knownUsers(limit: Int) throws -> [UserName] {
        try database.all(
            "SELECT DISTINCT name FROM accounts WHERE flags & ? = 0 ORDER BY name LIMIT ?",
            Int(AccountRecord.Flags.deleted.rawValue), limit
        ) { try $0.userName(0) }
    }

    /// The other party of a direct conversation.
    func peer(of conversation: ConversationID) throws -> AccountID? {
        try database.first("SELECT peer FROM conversations WHERE id = ? AND type = 1", conversation) {
            try $0.optionalIdentifier(0)
        } ?? nil
    }

    /// The conversation's row.
    func number(of conversation: ConversationID) throws -> ConversationNumber? {
        try database.first("SELECT number FROM conversations WHERE id = ?", conversation) { $0.conversationNumber(0) }
    }
}

extension ClientStore {
    /// Which of these have no group.
    func plainConversations(among conversations: Set<ConversationID>) throws -> Set<ConversationID> {
        try conversations.filter { conversation in
            try database.first("SELECT 1 FROM conversations WHERE id = ? AND type = 2", conversation) { _ in true }
                ?? false
        }
    }

    /// Which of these are direct.
    func directConversations(among conversations: Set<ConversationID>) throws -> Set<ConversationID> {
        try conversations.filter { conversation in
            try database.first("SELECT 1 FROM conversations WHERE id = ? AND type = 1", conversation) { _ in true
            }
                ?? false
        }
    }
}

extension ClientSchema {
    static let version24: StaticString = """
        -- The account's own chain says its name.
        ALTER TABLE accounts ADD COLUMN is_proven INTEGER NOT NULL DEFAULT 0;
        UPDATE accounts SET is_proven = 1, name = (SELECT name FROM pins WHERE account = id)
            WHERE id IN (SELECT account FROM pins);
        """
}
