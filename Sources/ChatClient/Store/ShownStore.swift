import ChatProtocol
import SQLite
import StoredValues

/// What a person was shown.
extension ClientStore {
    /// Marks messages as shown. Within a transaction.
    func markShown(_ messages: [ReceivedMessage]) throws {
        for message in messages {
            guard let cursor = message.cursor else { continue }
            try database.run("UPDATE entries SET shown = 1 WHERE position = ? AND shown = 0", cursor.position)
            guard !message.own else { continue }
            try database.run(
                """
                UPDATE conversations SET shown = max(shown, ?)
                WHERE number = (SELECT conversation FROM entries WHERE position = ?)
                """, message.seq, cursor.position)
        }
    }

    /// Marks notices of gaps as shown. Within a transaction.
    func markGapsShown(upTo position: StorePosition) throws {
        try database.run("UPDATE gaps SET shown = 1 WHERE shown = 0 AND position <= ?", position)
    }

    /// Direct conversations of which the server does not know yet how far a person has come.
    func untoldReadMarks(limit: Int = Limits.page) throws -> [MarkRead] {
        try database.all(
            "SELECT id, shown FROM conversations WHERE shown > told_shown AND type = 1 LIMIT ?", limit
        ) { MarkRead(conversation: try $0.identifier(0), seq: $0.sequenceNumber(1)) }
    }

    func noteTold(_ marks: [MarkRead]) throws {
        for mark in marks {
            try database.run(
                "UPDATE conversations SET told_shown = max(told_shown, ?) WHERE id = ?", mark.seq,
                mark.conversation)
        }
    }

    /// Conversations with messages that were not shown.
    func unread() throws -> [UnreadCount] {
        try database.all(
            """
            SELECT count(*), c.type, c.peer, p.name, min(e.time)
            FROM entries e JOIN conversations c ON c.number = e.conversation LEFT JOIN accounts p ON p.id = c.peer
            WHERE e.shown = 0 AND e.position > 0 AND e.body IS NOT NULL
            GROUP BY c.type, c.peer ORDER BY min(e.position)
            """
        ) { row in
            UnreadCount(
                conversation: try Self.conversationName(row, type: 1, peer: 2, name: 3), count: row.int(0),
                oldest: row.timestamp(4))
        }
    }
}

/// How far others have come.
extension ClientStore {
    /// Keeps receipts; they only go up. Within a transaction.
    func storeReceipts(_ states: [ReceiptState], of conversation: ConversationID) throws {
        guard let number = try number(of: conversation) else { return }
        for state in states {
            try database.run(
                """
                INSERT INTO receipts(conversation, account, delivered, read) VALUES (?, ?, ?, ?)
                ON CONFLICT DO UPDATE SET delivered = max(delivered, excluded.delivered),
                    read = max(read, excluded.read)
                """, number, state.account, state.delivered, state.read)
        }
    }

    /// The receipts of a conversation, with names.
    func receipts(of conversation: ConversationID) throws -> [(user: UserName, state: ReceiptState)] {
        try database.all(
            """
            SELECT r.account, a.name, r.delivered, r.read FROM receipts r
                JOIN conversations c ON c.number = r.conversation LEFT JOIN accounts a ON a.id = r.account
            WHERE c.id = ? ORDER BY a.name
            """, conversation
        ) { row in
            let account: AccountID = try row.identifier(0)
            let name = row.isNull(1) ? try Self.stranger(account) : try row.userName(1)
            return (name, ReceiptState(account: account, delivered: row.sequenceNumber(2), read: row.sequenceNumber(3)))
        }
    }
}
