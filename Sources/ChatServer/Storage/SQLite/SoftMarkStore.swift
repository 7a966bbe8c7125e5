import ChatProtocol
import SQLite
import StoredValues

/// Writes how far devices and accounts have come. Part of the caller's transaction.
enum SoftMarkStore {
    static func note(_ marks: SoftMarks, time: Timestamp, in database: Database) throws {
        for move in marks.cursors { try note(move, in: database) }
        for mark in marks.readMarks { try note(mark, in: database) }
        for mark in marks.seen { try note(mark, time: time, in: database) }
    }

    private static func note(_ move: CursorMove, in database: Database) throws {
        let known = try database.first("SELECT head, number FROM conversations WHERE id = ?", move.conversation) {
            (head: $0.sequenceNumber(0), number: $0.conversationNumber(1))
        }
        guard let known else { return }
        let (acked, delivered) = (min(move.acked, known.head), min(move.delivered, known.head))
        try database.run(
            """
            UPDATE cursors SET acked = max(acked, ?), delivered = max(delivered, ?), told_start = max(told_start, ?)
            WHERE device = ? AND conversation = ?
            """, acked, delivered, move.toldStart, move.device, move.conversation)
        if database.changes == 0 {
            guard try begin(move, acked, delivered, number: known.number, in: database) else { return }
        }
        guard acked > 0 || delivered > 0 else { return }
        try database.run(
            """
            UPDATE members SET acked = max(acked, ?1), delivered = max(delivered, ?2)
            WHERE conversation = ?3 AND account = ?4 AND (acked < ?1 OR delivered < ?2)
            """, acked, delivered, move.conversation, move.account)
    }

    /// Makes the cursor of a device that has none yet.
    ///
    /// - Returns: false where there is no such member or device.
    private static func begin(
        _ move: CursorMove, _ acked: SequenceNumber, _ delivered: SequenceNumber, number: ConversationNumber,
        in database: Database
    ) throws -> Bool {
        let member = try database.first(
            """
            SELECT m.start_seq, m.acked FROM members m JOIN devices d ON d.id = ? AND d.account = m.account
            WHERE m.conversation = ? AND m.account = ?
            """, move.device, move.conversation, move.account
        ) { (start: $0.sequenceNumber(0), acked: $0.sequenceNumber(1)) }
        guard let member else { return false }
        let start = try MembershipStore.start(
            of: move.device, number: number, start: member.start, acked: member.acked, in: database)
        try database.run(
            """
            INSERT INTO cursors(device, conversation, start, acked, delivered, told_start) VALUES(?, ?, ?, ?, ?, ?)
            """, move.device, move.conversation, start, max(start, acked), delivered, move.toldStart)
        return true
    }

    private static func note(_ mark: ReadMark, in database: Database) throws {
        try database.run(
            """
            UPDATE members SET read_seq = max(read_seq,
                min(?1, (SELECT head FROM conversations WHERE id = members.conversation)))
            WHERE conversation = ?2 AND account = ?3 AND read_seq < ?1
            """, mark.seq, mark.conversation, mark.account)
    }

    private static func note(_ mark: SeenMark, time: Timestamp, in database: Database) throws {
        try database.run("UPDATE devices SET last_seen = max(last_seen, ?) WHERE id = ?", time, mark.device)
        guard mark.online else { return }
        try database.run("UPDATE accounts SET last_seen = max(last_seen, ?) WHERE id = ?", time, mark.account)
    }
}
