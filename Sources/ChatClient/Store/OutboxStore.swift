import ChatProtocol
import SQLite

/// A message of the outbox as it is sent.
struct QueuedMessage: Equatable, Sendable {
    var number: Int64
    var conversation: ConversationName
    var id: MessageID
    var content: Content
    var attempts: Int
}

/// The outbox: rows of intent, in the order in which they were queued.
extension ClientStore {
    /// Queues a message; one that is there already stays as it is, but is tried again where it had failed. Within a
    /// transaction.
    func queue(_ conversation: ConversationName, id: MessageID, content: Content, now: UInt64, expires: UInt64?) throws
    {
        try database.run(
            """
            INSERT INTO outbox(target, id, content, queued, expires, failed, attempts)
            VALUES (?, ?, ?, ?, ?, 0, 0)
            ON CONFLICT(target, id) DO UPDATE SET failed = 0, expires = excluded.expires
            """, conversation.text, id.bytes, content.wireBytes, now, expires)
    }

    /// Those that wait behind `last`, oldest first; with `failed` the refused ones too. Expired ones are dropped. Within a
    /// transaction.
    func takeQueued(after last: Int64 = 0, includingFailed: Bool, now: UInt64, limit: Int) throws -> [QueuedMessage] {
        try database.run("DELETE FROM outbox WHERE expires IS NOT NULL AND expires <= ?", now)
        return try database.all(
            """
            SELECT number, target, id, content, attempts FROM outbox
            WHERE (failed = 0 OR ?) AND number > ? ORDER BY number LIMIT ?
            """, includingFailed, last, limit
        ) { row in
            guard let conversation = ConversationName(row.text(1)),
                let content = try? Content(wireBytes: row.bytes(3))
            else {
                throw SQLiteError(kind: .corrupt, message: "outbox", operation: "outbox", path: directory.storeFile)
            }
            return QueuedMessage(
                number: row.integer(0), conversation: conversation, id: try row.identifier(2), content: content,
                attempts: row.int(4))
        }
    }

    /// Whether a message to this conversation waits.
    func hasQueued(for conversation: ConversationName) throws -> Bool {
        try database.first("SELECT 1 FROM outbox WHERE failed = 0 AND target = ? LIMIT 1", conversation.text) { _ in
            true
        } ?? false
    }

    /// It was sent. Within a transaction.
    func removeFromOutbox(_ number: Int64) throws {
        try database.run("DELETE FROM outbox WHERE number = ?", number)
    }

    /// It was tried in vain, or refused for good. Within a transaction.
    func noteAttempt(_ number: Int64, code: String, failed: Bool) throws {
        try database.run(
            "UPDATE outbox SET attempts = attempts + 1, code = ?, failed = ? WHERE number = ?", code, failed, number)
    }

    /// Whether there was such a message.
    func dropFromOutbox(_ id: MessageID) throws -> Bool {
        try database.run("DELETE FROM outbox WHERE id = ?", id.bytes)
        return database.changes > 0
    }

    /// What has expired is not sent any more, and dropped with the next connection.
    func outboxItems(now: UInt64) throws -> [OutboxItem] {
        try database.all(
            """
            SELECT target, id, content, queued, expires, failed, attempts, code FROM outbox
            WHERE expires IS NULL OR expires > ? ORDER BY number
            """, now
        ) { row in
            guard let conversation = ConversationName(row.text(0)),
                let content = try? Content(wireBytes: row.bytes(2))
            else {
                throw SQLiteError(kind: .corrupt, message: "outbox", operation: "outbox", path: directory.storeFile)
            }
            return OutboxItem(
                id: try row.identifier(1), conversation: conversation, body: content.body,
                state: row.bool(5) ? .failed : .queued, queued: row.unsigned(3), expires: row.optionalUnsigned(4),
                attempts: row.int(6), code: row.optionalText(7))
        }
    }
}
