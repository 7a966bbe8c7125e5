import CLISupport
import ChatProtocol
import SQLite
import StoredValues

/// A message of the outbox as it is sent.
struct QueuedMessage: Equatable, Sendable {
    var number: Int64
    var conversation: ConversationName
    var id: MessageID
    var content: Content
    var attempts: Int
    /// It goes only to whom somebody has verified, whoever sends it.
    var isForVerified: Bool
}

/// The outbox: rows of intent, in the order in which they were queued.
extension ClientStore {
    /// The code of those whose time was up before they could be sent.
    static let expired = LocalCode.expired.rawValue

    /// Queues a message; one that is there already stays as it is, but is tried again where it had failed. Within a
    /// transaction.
    ///
    /// - Parameter isForVerified: it goes only to whom somebody has verified, whoever sends it. What has asked for that once stays so.
    func queue(
        _ conversation: ConversationName, id: MessageID, content: Content, now: Timestamp, expires: Expiry?,
        isForVerified: Bool = false
    ) throws {
        try database.run(
            """
            INSERT INTO outbox(target, id, content, queued, expires, due, boot, failed, attempts, keys)
            VALUES (?, ?, ?, ?, ?, ?, ?, 0, 0, ?)
            ON CONFLICT(target, id) DO UPDATE SET failed = 0, code = NULL, expires = excluded.expires,
                due = excluded.due, boot = excluded.boot, keys = max(keys, excluded.keys)
            """, conversation.text, id, content.wireBytes, now, expires?.time, expires?.due.milliseconds,
            expires?.due.boot, isForVerified)
    }

    /// Marks those whose time is up as failed. Within a transaction.
    ///
    /// - Returns: where they were to go.
    func expireQueued(now: Timestamp, boot: BootTime) throws -> [ConversationName] {
        let limited = try database.all(
            "SELECT target, expires, due, boot, number FROM outbox WHERE expires IS NOT NULL AND code IS NOT ?",
            Self.expired
        ) { row in (target: row.text(0), expiry: Self.expiry(row, at: 1), number: row.integer(4)) }
        let over = limited.filter { $0.expiry?.isOver(now: now, boot: boot) ?? false }
        for row in over {
            try database.run("UPDATE outbox SET failed = 1, code = ? WHERE number = ?", Self.expired, row.number)
        }
        return over.compactMap { ConversationName($0.target) }
    }

    /// From `expires, due, boot`.
    private static func expiry(_ row: Statement, at column: Int32) -> Expiry? {
        row.optionalTimestamp(column).map { time in
            Expiry(
                time: time,
                due: BootTime(
                    boot: row.optionalText(column + 2) ?? "",
                    milliseconds: row.optionalUnsigned(column + 1) ?? 0))
        }
    }

    /// What is queued under this identifier, and since when.
    func queuedContent(
        _ conversation: ConversationName, id: MessageID
    ) throws -> (content: Content, queued: Timestamp)? {
        try database.first(
            "SELECT content, queued FROM outbox WHERE target = ? AND id = ?", conversation.text, id
        ) { row in (content: try stored(row.bytes(0)), queued: row.timestamp(1)) }
    }

    private var damaged: SQLiteError { damage("outbox") }

    /// Those that wait behind `last`, oldest first; with `failed` the refused ones too, but no expired ones.
    func queuedMessages(after last: Int64 = 0, includingFailed: Bool, limit: Int) throws -> [QueuedMessage] {
        try database.all(
            """
            SELECT number, target, id, content, attempts, keys FROM outbox
            WHERE (failed = 0 OR (? AND code IS NOT ?)) AND number > ? ORDER BY number LIMIT ?
            """, includingFailed, Self.expired, last, limit
        ) { row in
            guard let conversation = ConversationName(row.text(1)) else { throw damaged }
            return QueuedMessage(
                number: row.integer(0), conversation: conversation, id: try row.identifier(2),
                content: try stored(row.bytes(3)), attempts: row.int(4), isForVerified: row.bool(5))
        }
    }

    /// Whether a message to this conversation waits.
    ///
    /// - Parameter onlyForVerified: one that goes only to whom somebody has verified.
    func hasQueued(for conversation: ConversationName, onlyForVerified: Bool = false) throws -> Bool {
        try database.first(
            "SELECT 1 FROM outbox WHERE failed = 0 AND target = ? AND keys >= ? LIMIT 1", conversation.text,
            onlyForVerified
        ) { _ in true } ?? false
    }

    /// How many to this conversation wait until its people may be written to.
    func heldCount(for conversation: ConversationName) throws -> Int {
        try database.all("SELECT code FROM outbox WHERE failed = 0 AND target = ?", conversation.text) { row in
            Self.state(isFailed: false, code: row.optionalText(0))
        }.count { $0 == .held }
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
        try database.run("DELETE FROM outbox WHERE id = ?", id)
        return database.changes > 0
    }

    /// All of them; those whose time is up are failed, whether or not that was noted.
    func outboxItems(now: Timestamp, boot: BootTime) throws -> [OutboxItem] {
        let read = { (row: Statement) in try self.outboxItem(row, now: now, boot: boot) }
        // A store that cannot be written may be of an older version.
        guard try database.schemaVersion(for: ClientSchema.schema) >= ClientSchema.bootTimes else {
            return try database.all(
                """
                SELECT target, id, content, queued, failed, attempts, code, expires, NULL, NULL FROM outbox
                ORDER BY number
                """, read: read)
        }
        return try database.all(
            """
            SELECT target, id, content, queued, failed, attempts, code, expires, due, boot FROM outbox ORDER BY number
            """, read: read)
    }

    private static func state(isFailed: Bool, code: String?) -> OutboxItem.State {
        if isFailed { return .failed }
        return code.flatMap(LocalCode.init)?.exitStatus == .untrusted ? .held : .queued
    }

    private func outboxItem(_ row: Statement, now: Timestamp, boot: BootTime) throws -> OutboxItem {
        guard let conversation = ConversationName(row.text(0)) else { throw damaged }
        let expiry = Self.expiry(row, at: 7)
        let isOver = expiry?.isOver(now: now, boot: boot) ?? false
        return OutboxItem(
            id: try row.identifier(1), conversation: conversation, body: (try stored(row.bytes(2)) as Content).body,
            state: Self.state(isFailed: row.bool(4) || isOver, code: row.optionalText(6)), queued: row.timestamp(3),
            expires: expiry?.time,
            attempts: row.int(5), code: isOver ? Self.expired : row.optionalText(6))
    }
}
