import ChatProtocol
import SQLite
import StoredValues

/// Ends what is older than the server keeps, in small steps, so that no batch waits long for one.
package struct RetentionSweep: Sendable {
    /// Rows that one step looks at.
    package static let stepRows = 500

    /// How much longer than entries their identifiers are kept, milliseconds: a sender that was away as long as a
    /// message lived still gets the first answer.
    package static let identifiersLonger: UInt64 = 7 * 24 * 3_600_000

    /// What one step has ended.
    package struct Ended: Sendable {
        /// Bytes that were freed, as quotas count them, by who had appended them.
        package var freed: [AccountID: UInt64] = [:]
        /// The lowest number that is left, of the conversations that have lost something.
        package var firsts: [ConversationID: SequenceNumber] = [:]
    }

    private enum Phase {
        /// Behind which number of a conversation.
        case entries(after: UInt64)
        case identifiers(after: RetentionStore.IdentifierKey?)
        case done
    }

    private let cutoff: UInt64
    private var phase = Phase.entries(after: 0)

    /// - Parameters:
    ///   - now: Unix milliseconds.
    ///   - retention: how long entries are kept, milliseconds.
    package init(now: UInt64, retention: UInt64) {
        cutoff = now > retention ? now - retention : 0
    }

    package var isDone: Bool {
        if case .done = phase { true } else { false }
    }

    /// Does the next step, in a transaction of its own.
    package mutating func step(in database: Database) throws -> Ended {
        switch phase {
        case .entries(let after):
            let step = try RetentionStore.expireEntries(
                after: after, before: cutoff, rows: Self.stepRows, in: database)
            phase = step.next.map { .entries(after: $0) } ?? .identifiers(after: nil)
            return step.ended
        case .identifiers(let after):
            let before = cutoff > Self.identifiersLonger ? cutoff - Self.identifiersLonger : 0
            let next = try RetentionStore.expireIdentifiers(
                after: after, before: before, rows: Self.stepRows, in: database)
            phase = next.map { .identifiers(after: $0) } ?? .done
        case .done: break
        }
        return Ended()
    }
}

/// The tables that retention shortens.
enum RetentionStore {
    /// A conversation's log, and the lowest number that it keeps.
    private struct Log {
        var number: UInt64
        var first: SequenceNumber
        var id: ConversationID
    }

    struct IdentifierKey: Sendable {
        var sender: AccountID
        /// The conversation's number.
        var conversation: UInt64
        var id: MessageID
    }

    /// Looks at some conversations behind the number `after`, or at one that has much to end.
    ///
    /// - Returns: behind which number to go on, nil at the end.
    static func expireEntries(
        after: UInt64, before cutoff: UInt64, rows: Int, in database: Database
    ) throws -> (next: UInt64?, ended: RetentionSweep.Ended) {
        try database.transaction {
            var ended = RetentionSweep.Ended()
            var position = after
            var left = rows
            while left > 0 {
                let row = try database.first(
                    "SELECT number, first, id FROM conversations WHERE number > ? ORDER BY number LIMIT 1", position
                ) { Log(number: $0.unsigned(0), first: $0.sequenceNumber(1), id: try $0.identifier(2)) }
                guard let row else { return (nil, ended) }
                let count = try expire(row, before: cutoff, rows: left, &ended, in: database)
                left -= max(1, count)
                // One with more to end is looked at again in the next step.
                if left > 0 { position = row.number }
            }
            return (position, ended)
        }
    }

    /// Ends the oldest entries of a conversation, up to the first that is young. One behind it that bears an earlier
    /// time, because the clock was set back, waits for those before it: a log ends in the order of its numbers.
    ///
    /// - Returns: how many ended.
    private static func expire(
        _ log: Log, before cutoff: UInt64, rows: Int, _ ended: inout RetentionSweep.Ended, in database: Database
    ) throws -> Int {
        let begin = EntryKey.of(log.first, in: log.number)
        let old = try oldEntries(from: begin, in: log.number, before: cutoff, rows: rows, database)
        guard let last = old.last else { return 0 }
        for row in old { ended.freed[row.sender, default: 0] += UInt64(StoreQuota.bytes(ofPayload: row.bytes)) }
        let first = EntryKey.seq(of: last.key).next ?? .largest
        try database.run("DELETE FROM entries WHERE key >= ? AND key <= ?", begin, last.key)
        try database.run("UPDATE conversations SET first = ? WHERE number = ?", first, log.number)
        ended.firsts[log.id] = first
        return old.count
    }

    private static func oldEntries(
        from begin: UInt64, in number: UInt64, before cutoff: UInt64, rows: Int, _ database: Database
    ) throws -> [(key: UInt64, sender: AccountID, bytes: Int)] {
        let statement = try database.statement(
            """
            SELECT key, sender, length(payload), time FROM entries WHERE key >= ? AND key <= ? ORDER BY key LIMIT ?
            """)
        defer { statement.reset() }
        try statement.bind(all: begin, EntryKey.last(in: number), rows)
        var old: [(key: UInt64, sender: AccountID, bytes: Int)] = []
        while try statement.step(), statement.unsigned(3) < cutoff {
            old.append((statement.unsigned(0), try statement.identifier(1), statement.int(2)))
        }
        return old
    }

    /// Forgets old identifiers, but none whose entry is still there.
    ///
    /// - Returns: behind which identifier to go on, nil at the end.
    static func expireIdentifiers(
        after: IdentifierKey?, before cutoff: UInt64, rows: Int, in database: Database
    ) throws -> IdentifierKey? {
        try database.transaction {
            let (sender, conversation, id) = (after?.sender.bytes, after?.conversation, after?.id.bytes)
            let keys: [(key: IdentifierKey, time: UInt64)] = try database.all(
                """
                SELECT sender, conversation, id, time FROM message_ids WHERE (sender, conversation, id) > (?, ?, ?)
                ORDER BY sender, conversation, id LIMIT ?
                """, sender ?? [], conversation ?? 0, id ?? [], rows
            ) { row in
                (
                    IdentifierKey(
                        sender: try row.identifier(0), conversation: row.unsigned(1), id: try row.identifier(2)),
                    row.unsigned(3)
                )
            }
            for (key, time) in keys where time < cutoff {
                try database.run(
                    """
                    DELETE FROM message_ids WHERE sender = ? AND conversation = ? AND id = ?
                    AND seq < (SELECT first FROM conversations WHERE number = conversation)
                    """, key.sender, key.conversation, key.id)
            }
            return keys.count < rows ? nil : keys.last?.key
        }
    }
}
