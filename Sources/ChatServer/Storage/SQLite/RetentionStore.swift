import ChatProtocol
import SQLite
import StoredValues

/// The tables that retention shortens. Every function is part of the caller's transaction.
enum RetentionStore {
    /// A conversation's log, and the lowest number that it keeps.
    private struct Log {
        var number: UInt64
        var first: SequenceNumber
        var id: ConversationID
    }

    static func step(of sweep: RetentionSweep, in database: Database) throws -> RetentionStep {
        var step = RetentionStep(sweep: sweep)
        switch sweep.phase {
        case .entries(let after): step.sweep.phase = try expireEntries(after: after, &step, in: database)
        case .identifiers(let after):
            try WelcomeStore.expire(
                before: sweep.identifiersBefore, limit: RetentionSweep.stepRows, in: database)
            step.sweep.phase = try expireIdentifiers(after: after, before: sweep.identifiersBefore, in: database)
        case .done: break
        }
        return step
    }

    // MARK: Entries

    /// Looks at some conversations, or at one that has much to end.
    private static func expireEntries(
        after position: [UInt8], _ step: inout RetentionStep, in database: Database
    ) throws -> RetentionSweep.Phase {
        var number = Self.number(position[...])
        var left = RetentionSweep.stepRows
        while left > 0 {
            let row = try database.first(
                "SELECT number, first, id FROM conversations WHERE number > ? ORDER BY number LIMIT 1", number
            ) { Log(number: $0.unsigned(0), first: $0.sequenceNumber(1), id: try $0.identifier(2)) }
            guard let row else { return .identifiers(after: []) }
            let count = try expire(row, rows: left, &step, in: database)
            left -= max(1, count)
            // One with more to end is looked at again in the next step.
            if left > 0 { number = row.number }
        }
        return .entries(after: bytes(number))
    }

    /// Ends the oldest entries of a conversation, up to the first that is young. One behind it that bears an earlier
    /// time waits for those before it: a log ends in the order of its numbers.
    ///
    /// - Returns: how many ended.
    private static func expire(
        _ log: Log, rows: Int, _ step: inout RetentionStep, in database: Database
    ) throws -> Int {
        let begin = EntryKey.of(log.first, in: log.number)
        let old = try oldEntries(from: begin, in: log.number, before: step.sweep.entriesBefore, rows: rows, database)
        guard let last = old.last else { return 0 }
        for row in old { step.freed[row.sender, default: 0] += UInt64(StoreQuota.bytes(ofPayload: row.bytes)) }
        let first = EntryKey.seq(of: last.key).advanced(by: 1)
        try database.run("DELETE FROM entries WHERE key >= ? AND key <= ?", begin, last.key)
        try database.run("UPDATE conversations SET first = ? WHERE number = ?", first, log.number)
        step.firsts[log.id] = first
        step.entries += old.count
        return old.count
    }

    private static func oldEntries(
        from begin: UInt64, in number: UInt64, before cutoff: Timestamp, rows: Int, _ database: Database
    ) throws -> [(key: UInt64, sender: AccountID, bytes: Int)] {
        let statement = try database.statement(
            """
            SELECT key, sender, length(payload), time FROM entries WHERE key >= ? AND key <= ? ORDER BY key LIMIT ?
            """)
        defer { statement.reset() }
        try statement.bind(all: begin, EntryKey.last(in: number), rows)
        var old: [(key: UInt64, sender: AccountID, bytes: Int)] = []
        while try statement.step(), statement.timestamp(3) < cutoff {
            old.append((statement.unsigned(0), try statement.identifier(1), statement.int(2)))
        }
        return old
    }

    // MARK: Identifiers

    /// What makes an entry idempotent: its sender, the number of its conversation, its identifier.
    private struct IdentifierKey {
        var sender: [UInt8]
        var conversation: UInt64
        var id: [UInt8]
    }

    /// Forgets old identifiers, but none whose entry is still there.
    private static func expireIdentifiers(
        after position: [UInt8], before cutoff: Timestamp, in database: Database
    ) throws -> RetentionSweep.Phase {
        let keys: [(key: IdentifierKey, time: Timestamp)] = try database.all(
            """
            SELECT sender, conversation, id, time FROM message_ids WHERE (sender, conversation, id) > (?, ?, ?)
            ORDER BY sender, conversation, id LIMIT ?
            """, Array(position.prefix(16)), number(position.dropFirst(16).prefix(8)), Array(position.dropFirst(24)),
            RetentionSweep.stepRows
        ) { row in
            (IdentifierKey(sender: row.bytes(0), conversation: row.unsigned(1), id: row.bytes(2)), row.timestamp(3))
        }
        for (key, time) in keys where time < cutoff {
            try database.run(
                """
                DELETE FROM message_ids WHERE sender = ? AND conversation = ? AND id = ?
                AND seq < (SELECT first FROM conversations WHERE number = conversation)
                """, key.sender, key.conversation, key.id)
        }
        guard keys.count == RetentionSweep.stepRows, let last = keys.last?.key else { return .done }
        return .identifiers(after: last.sender + bytes(last.conversation) + last.id)
    }

    // MARK: Positions

    private static func number(_ bytes: ArraySlice<UInt8>) -> UInt64 { bytes.reduce(0) { $0 << 8 | UInt64($1) } }

    private static func bytes(_ number: UInt64) -> [UInt8] {
        stride(from: 56, through: 0, by: -8).map { UInt8(truncatingIfNeeded: number >> UInt64($0)) }
    }
}
