import ChatProtocol
import SQLite
import StoredValues

/// Reads logs.
enum LogPageStore {
    static func page(
        of conversation: ConversationID, after seq: SequenceNumber, entries: Int, bytes: Int, in database: Database
    ) throws -> StoredPage {
        // One snapshot: what retention deletes meanwhile is still there.
        try database.transaction(.deferred) {
            let bounds = try database.first(
                "SELECT head, first, number FROM conversations WHERE id = ?", conversation
            ) { (head: $0.sequenceNumber(0), first: $0.sequenceNumber(1), number: $0.conversationNumber(2)) }
            guard let bounds else { return StoredPage(rows: [], through: seq, isLast: true) }
            var page = PageBuilder(position: seq, head: bounds.head, entries: entries, bytes: bytes)
            page.leaps = try leaps(of: conversation, after: seq, in: database)
            page.skip(through: bounds.first.previous)
            try fill(&page, conversation, bounds.number, database)
            return page.finish()
        }
    }

    /// The numbers that restores left out: those between `after` and `next`, ascending.
    static func leaps(
        of conversation: ConversationID, after seq: SequenceNumber, in database: Database
    ) throws -> [(after: SequenceNumber, next: SequenceNumber)] {
        try database.all(
            "SELECT after_seq, next_seq FROM leaps WHERE conversation = ? AND next_seq > ? ORDER BY next_seq",
            conversation, seq
        ) { ($0.sequenceNumber(0), $0.sequenceNumber(1)) }
    }

    /// Whether nobody has committed behind the last restore. The first message behind it comes behind a commit, so that few entries are
    /// looked at.
    static func isRestored(_ conversation: ConversationID, in database: Database) throws -> Bool {
        try database.transaction(.deferred) {
            let leap = try database.first(
                """
                SELECT c.number, max(l.next_seq) FROM conversations c JOIN leaps l ON l.conversation = c.id
                WHERE c.id = ? GROUP BY c.number
                """, conversation
            ) { (number: $0.conversationNumber(0), next: $0.sequenceNumber(1)) }
            guard let leap else { return false }
            return try database.first(
                "SELECT 1 FROM entries WHERE key >= ? AND key <= ? AND kind = ? LIMIT 1",
                EntryKey.of(leap.next, in: leap.number), EntryKey.last(in: leap.number),
                Int(PayloadKind.commit.rawValue)
            ) { _ in true } == nil
        }
    }

    private static func fill(
        _ page: inout PageBuilder, _ conversation: ConversationID, _ number: ConversationNumber, _ database: Database
    ) throws {
        let statement = try database.statement(
            """
            SELECT key, id, sender, device, kind, time, payload, erased FROM entries
            WHERE key > ? AND key <= ? ORDER BY key LIMIT ?
            """)
        defer { statement.reset() }
        try statement.bind(all: EntryKey.of(page.position, in: number), EntryKey.last(in: number), page.room)
        while page.hasRoom, try statement.step() {
            let entry = Entry(
                conversation: conversation, seq: EntryKey.seq(of: statement.unsigned(0)),
                id: try statement.identifier(1),
                sender: try statement.identifier(2), device: try statement.identifier(3),
                payloadKind: UInt8(truncatingIfNeeded: statement.integer(4)), time: statement.timestamp(5),
                payload: statement.bytes(6))
            guard page.take(entry, isErased: statement.bool(7)) else { return }
        }
    }
}
