import ChatProtocol
import SQLite
import StoredValues

/// Logs in SQLite: the reading half, on a connection and a thread of its own.
package final class SQLiteLogReader: LogReader {
    let database: Database

    package init(database: Database) {
        self.database = database
    }

    package func inbox(
        of device: DeviceID, account: AccountID, after: ConversationID?, limit: Int
    ) throws(StoreFailure) -> [InboxRow] {
        do {
            return try database.all(
                """
                SELECT c.id, c.type, c.account_low, c.account_high, c.head, coalesce(k.start, m.start_seq),
                    coalesce(k.acked, m.start_seq), coalesce(k.told_start, 0)
                FROM members m JOIN conversations c ON c.id = m.conversation
                LEFT JOIN cursors k ON k.device = ? AND k.conversation = m.conversation
                WHERE m.account = ? AND m.conversation > ? AND (c.head > coalesce(k.acked, m.start_seq)
                    OR (coalesce(k.start, m.start_seq) > 0 AND coalesce(k.told_start, 0) = 0))
                ORDER BY m.conversation LIMIT ?
                """, device, account, after?.bytes ?? [], limit
            ) { row in
                InboxRow(
                    conversation: try ConversationInfo(row), head: row.sequenceNumber(4), start: row.sequenceNumber(5),
                    acked: row.sequenceNumber(6), toldStart: row.bool(7))
            }
        } catch { throw StoreFailure(error) }
    }

    package func page(
        of conversation: ConversationID, after seq: SequenceNumber, entries: Int, bytes: Int
    ) throws(StoreFailure) -> LogPage {
        do {
            // One snapshot: what retention deletes meanwhile is still there.
            return try database.transaction(.deferred) {
                let bounds = try database.first(
                    "SELECT head, first, number FROM conversations WHERE id = ?", conversation
                ) { (head: $0.sequenceNumber(0), first: $0.sequenceNumber(1), number: $0.unsigned(2)) }
                guard let bounds else { return LogPage(rows: [], through: seq, isLast: true) }
                var page = PageBuilder(position: seq, head: bounds.head, entries: entries, bytes: bytes)
                page.leaps = try leaps(of: conversation, after: seq)
                page.skip(through: bounds.first.previous)
                try fill(&page, conversation, bounds.number)
                return page.finish()
            }
        } catch { throw StoreFailure(error) }
    }

    private func leaps(of conversation: ConversationID, after seq: SequenceNumber) throws -> [(
        after: SequenceNumber, next: SequenceNumber
    )] {
        try database.all(
            "SELECT after_seq, next_seq FROM leaps WHERE conversation = ? AND next_seq > ? ORDER BY next_seq",
            conversation, seq
        ) { ($0.sequenceNumber(0), $0.sequenceNumber(1)) }
    }

    private func fill(_ page: inout PageBuilder, _ conversation: ConversationID, _ number: UInt64) throws {
        let statement = try database.statement(
            """
            SELECT key, id, sender, device, kind, time, payload FROM entries
            WHERE key > ? AND key <= ? ORDER BY key LIMIT ?
            """)
        defer { statement.reset() }
        try statement.bind(all: EntryKey.of(page.position, in: number), EntryKey.last(in: number), page.room)
        while page.hasRoom, try statement.step() {
            let entry = Entry(
                conversation: conversation, seq: EntryKey.seq(of: statement.unsigned(0)),
                id: try statement.identifier(1),
                sender: try statement.identifier(2), device: try statement.identifier(3),
                payloadKind: UInt8(truncatingIfNeeded: statement.integer(4)), time: statement.unsigned(5),
                payload: statement.bytes(6))
            guard page.take(entry) else { return }
        }
    }
}

/// Puts a page together: entries, and holes in their places.
private struct PageBuilder {
    private(set) var position: SequenceNumber
    private let head: SequenceNumber
    private(set) var room: Int
    private var bytes: Int
    private var rows: [LogPage.Row] = []
    /// Numbers that were skipped at a restore, ascending.
    var leaps: [(after: SequenceNumber, next: SequenceNumber)] = []

    init(position: SequenceNumber, head: SequenceNumber, entries: Int, bytes: Int) {
        self.position = position
        self.head = head
        self.bytes = bytes
        room = max(1, entries)
    }

    var hasRoom: Bool { room > 0 && bytes > 0 && position < head }

    /// Goes on behind `last`; everything up to it is missing for `reason`.
    private mutating func skip(through last: SequenceNumber, _ reason: GapReason) {
        guard last > position, let first = position.next else { return }
        rows.append(.hole(reason, first: first, last: last))
        position = last
    }

    /// Goes on behind `last`; what is missing up to it was left out at a restore, or died.
    mutating func skip(through last: SequenceNumber) {
        skipLeaps(through: last)
        skip(through: last, .retention)
    }

    /// False when there is no room for it.
    mutating func take(_ entry: Entry) -> Bool {
        guard rows.isEmpty || entry.payload.count <= bytes else {
            bytes = 0
            return false
        }
        skip(through: entry.seq.previous)
        rows.append(.entry(entry))
        position = entry.seq
        room -= 1
        bytes -= entry.payload.count
        return true
    }

    private mutating func skipLeaps(through last: SequenceNumber) {
        for leap in leaps where leap.next.previous <= last && leap.next.previous > position {
            skip(through: leap.after, .retention)
            skip(through: leap.next.previous, .restored)
        }
    }

    mutating func finish() -> LogPage {
        // The page ended because nothing was left, not because it was full: what remains up to the head was left out at
        // a restore, or is missing in a damaged store.
        if hasRoom { skip(through: head) }
        return LogPage(rows: rows, through: position, isLast: position >= head)
    }
}

extension ConversationInfo {
    /// Reads the columns id, type, account_low, account_high.
    init(_ row: Statement, from column: Int32 = 0) throws {
        let low: AccountID? = try row.optionalIdentifier(column + 2)
        let high: AccountID? = try row.optionalIdentifier(column + 3)
        if let low, let high {
            self.init(id: try row.identifier(column), audience: .direct(low, high))
        } else {
            self.init(id: try row.identifier(column), audience: .everyone)
        }
    }
}

extension StoreFailure {
    package init(_ error: any Error) {
        if let already = error as? StoreFailure {
            self = already
        } else if let sqlite = error as? SQLiteError {
            self.init(sqlite.kind == .full ? .full : .failed, sqlite.description)
        } else {
            self.init(.failed, "\(error)")
        }
    }
}
