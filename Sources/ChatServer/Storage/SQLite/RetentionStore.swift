import ChatProtocol
import SQLite
import StoredValues

/// The tables that retention shortens. Every function is part of the caller's transaction.
enum RetentionStore {
    /// A conversation's log, the lowest number that it keeps, and the lowest one below which only handshakes are kept.
    private struct Log {
        var number: UInt64
        var first: SequenceNumber
        var messageFirst: SequenceNumber
        var id: ConversationID

        init(_ row: Statement) throws {
            number = row.unsigned(0)
            first = row.sequenceNumber(1)
            messageFirst = row.sequenceNumber(2)
            id = try row.identifier(3)
        }
    }

    static func step(of sweep: RetentionSweep, in database: Database) throws -> RetentionStep {
        var step = RetentionStep(sweep: sweep)
        switch sweep.phase {
        case .entries(let after): step.sweep.phase = try expireEntries(after: after, &step, in: database)
        case .identifiers(let after):
            if after.isEmpty {
                let devices = DeviceStateStore(database: database)
                try devices.endWaiting(of: nil, before: sweep.waitingBefore)
                try devices.forgetSurplus(limit: RetentionSweep.stepRows)
                try PackageStore(database: database).expire(at: sweep.now, limit: RetentionSweep.stepRows)
            }
            if after.isEmpty {
                step.leaves = try LeafStore.endUnseen(
                    since: sweep.unseenSince, limit: RetentionSweep.stepRows, in: database)
                try CommitReportStore.expire(sweep, in: database)
            }
            let welcomes = try WelcomeStore.expire(sweep, limit: RetentionSweep.stepRows, in: database)
            step.freed.merge(welcomes, uniquingKeysWith: +)
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
                "SELECT number, first, message_first, id FROM conversations WHERE number > ? ORDER BY number LIMIT 1",
                number, read: Log.init)
            guard let row else { return .identifiers(after: []) }
            let count = try expire(row, rows: left, &step, in: database)
            left -= max(1, count)
            // One with more to end is looked at again in the next step.
            if left > 0 { number = row.number }
        }
        return .entries(after: bytes(number))
    }

    /// Ends the oldest entries of a conversation, up to the first that is young. One behind it that bears an earlier
    /// time waits for those before it: a log ends in the order of its numbers. Handshakes end later, in their own order.
    ///
    /// - Returns: how many were looked at.
    private static func expire(
        _ log: Log, rows: Int, _ step: inout RetentionStep, in database: Database
    ) throws -> Int {
        var log = log
        let begin = EntryKey.of(log.messageFirst, in: log.number)
        let old = try oldEntries(
            from: begin, through: EntryKey.last(in: log.number), before: step.sweep.entriesBefore, rows: rows, database)
        if let last = old.last {
            step.end(old.filter { !$0.isHandshake })
            try database.run("DELETE FROM entries WHERE key >= ? AND key <= ? AND kind NOT IN (3, 4)", begin, last.key)
            log.messageFirst = EntryKey.seq(of: last.key).advanced(by: 1)
            step.firsts[log.id] = log.messageFirst
        }
        let count = try old.count + expireHandshakes(of: log, rows: rows, &step, in: database)
        guard count > 0 else { return 0 }
        let lowest = try database.first(
            "SELECT key FROM entries WHERE key >= ? AND key < ? ORDER BY key LIMIT 1",
            EntryKey.of(log.first, in: log.number),
            EntryKey.of(log.messageFirst, in: log.number)
        ) { EntryKey.seq(of: $0.unsigned(0)) }
        try database.run(
            "UPDATE conversations SET first = ?, message_first = ? WHERE number = ?", lowest ?? log.messageFirst,
            log.messageFirst, log.number)
        return count
    }

    private static func expireHandshakes(
        of log: Log, rows: Int, _ step: inout RetentionStep, in database: Database
    ) throws -> Int {
        guard log.first < log.messageFirst else { return 0 }
        let begin = EntryKey.of(log.first, in: log.number)
        let old = try oldEntries(
            from: begin, through: EntryKey.of(log.messageFirst, in: log.number) - 1,
            before: step.sweep.handshakesBefore, rows: rows, database)
        guard let last = old.last else { return 0 }
        step.end(old)
        try database.run("DELETE FROM entries WHERE key >= ? AND key <= ?", begin, last.key)
        return old.count
    }

    fileprivate struct OldEntry {
        var key: UInt64
        var sender: AccountID
        var bytes: Int
        var isHandshake: Bool
    }

    private static func oldEntries(
        from begin: UInt64, through end: UInt64, before cutoff: Timestamp, rows: Int, _ database: Database
    ) throws -> [OldEntry] {
        let statement = try database.statement(
            """
            SELECT key, sender, length(payload), kind IN (3, 4), time FROM entries WHERE key >= ? AND key <= ?
            ORDER BY key LIMIT ?
            """)
        defer { statement.reset() }
        try statement.bind(all: begin, end, rows)
        var old: [OldEntry] = []
        while try statement.step(), statement.timestamp(4) < cutoff {
            old.append(
                OldEntry(
                    key: statement.unsigned(0), sender: try statement.identifier(1), bytes: statement.int(2),
                    isHandshake: statement.bool(3)))
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
                AND seq < (SELECT message_first FROM conversations WHERE number = conversation)
                AND NOT EXISTS(SELECT 1 FROM entries WHERE key = conversation << 38 | seq)
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

extension RetentionStep {
    fileprivate mutating func end(_ old: [RetentionStore.OldEntry]) {
        for row in old { freed[row.sender, default: 0] += UInt64(StoreQuota.bytes(ofPayload: row.bytes)) }
        entries += old.count
    }
}
