import ChatProtocol
import SQLite
import StoredValues

/// Takes payloads out of entries, but not out of commits and proposals: those say nothing, and whoever follows the group needs them.
/// Every function is part of the caller's transaction.
enum ErasureStore {
    private struct Acknowledged {
        var id: [UInt8]
        var seq: SequenceNumber
        var digest: [UInt8]
    }

    /// Erases the next entries of an account in a conversation.
    ///
    /// - Returns: whether nothing is left.
    static func step(of account: AccountID, in number: ConversationNumber, _ database: Database) throws -> Bool {
        let known = try database.first(
            "SELECT id FROM erasures WHERE account = ? AND conversation = ?", account, number
        ) { $0.isNull(0) ? nil : $0.bytes(0) }
        if let known, known == nil { return true }
        // By the identifiers, of which the account's own stand together.
        let next: [Acknowledged] = try database.all(
            """
            SELECT id, seq, digest FROM message_ids WHERE sender = ? AND conversation = ? AND id > ?
            ORDER BY id LIMIT ?
            """, account, number, (known ?? nil) ?? [], ErasedEntry.most
        ) { Acknowledged(id: $0.bytes(0), seq: $0.sequenceNumber(1), digest: $0.bytes(2)) }
        try database.overwritingWhatGoes {
            for entry in next {
                try database.run(
                    """
                    UPDATE entries SET erased = 1, payload = ? WHERE key = ? AND erased = 0 AND kind NOT IN (3, 4)
                    """, entry.digest, EntryKey.of(entry.seq, in: number))
            }
        }
        let last = next.count == ErasedEntry.most ? next.last?.id : nil
        try database.run(
            """
            INSERT INTO erasures(account, conversation, id) VALUES(?, ?, ?)
            ON CONFLICT(account, conversation) DO UPDATE SET id = excluded.id
            """, account, number, last)
        return last == nil
    }

    /// What is still to be erased.
    static func operations(limit: Int, in database: Database) throws -> [StoreOperation] {
        try database.all(
            """
            WITH RECURSIVE written(account, number) AS (
                SELECT a.id, (SELECT min(m.conversation) FROM message_ids m WHERE m.sender = a.id)
                FROM accounts a WHERE a.erased = 1
                UNION ALL
                SELECT w.account, (SELECT min(m.conversation) FROM message_ids m
                    WHERE m.sender = w.account AND m.conversation > w.number)
                FROM written w WHERE w.number IS NOT NULL)
            SELECT c.id, w.account FROM written w JOIN conversations c ON c.number = w.number
            LEFT JOIN erasures e ON e.account = w.account AND e.conversation = w.number
            WHERE e.account IS NULL OR e.id IS NOT NULL LIMIT ?
            """, limit
        ) { .erase(try $0.identifier(0), of: try $0.identifier(1)) }
    }
}
