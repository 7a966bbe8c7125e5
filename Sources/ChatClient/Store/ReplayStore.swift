import ChatProtocol
import SQLite

/// What a device missed, put in the order of time.
///
/// Entries of a replay wait without a position; `received` says how far each conversation is there. Whoever comes to its
/// end, or begins to read, gives them their positions: so nothing is lost when the process that fetched them dies.
extension ClientStore {
    /// Entries that get their positions in one transaction: others must not wait for long.
    private static let settlePage = 2_000

    func storeReplayed(_ entry: IncomingEntry, own: AccountID, now: UInt64) throws {
        let conversation = try database.first(
            "SELECT number, max(head, received) FROM conversations WHERE id = ?", entry.conversation.bytes
        ) { (number: $0.integer(0), settled: $0.unsigned(1)) }
        guard let (number, settled) = conversation, entry.seq > settled else { return }
        let isKnown = try database.first(
            "SELECT 1 FROM entries WHERE conversation = ? AND seq = ?", number, entry.seq
        ) { _ in true }
        if entry.seq > settled + 1 {
            let here =
                try database.first(
                    "SELECT count(*) FROM entries WHERE conversation = ? AND seq > ? AND seq < ?", number, settled,
                    entry.seq
                ) { $0.unsigned(0) } ?? 0
            try noteLost(number, known: settled, here: here, next: entry.seq, now: now)
        }
        if isKnown == nil { try insert(entry, conversation: number, position: nil, own: own, now: now) }
        try database.run("UPDATE conversations SET received = ? WHERE number = ?", entry.seq, number)
    }

    /// Gives what was replayed its positions, oldest first; in each conversation in the order of its numbers.
    ///
    /// - Returns: whether readers have something new.
    func settleReplay() throws -> Bool {
        // Most often there is nothing: this must not cost a write.
        guard try hasReplayed() else { return false }
        let order = try replayed()
        for page in order.pages(of: Self.settlePage) {
            try write {
                for row in page { try settle(row) }
            }
        }
        return true
    }

    private func hasReplayed() throws -> Bool {
        try database.first("SELECT 1 FROM conversations WHERE received > head LIMIT 1") { _ in true } ?? false
    }

    private struct Replayed {
        var number: Int64
        var seq: UInt64
        var time: UInt64
    }

    private func replayed() throws -> [Replayed] {
        var rows = try database.all(
            """
            SELECT e.conversation, e.seq, e.time FROM entries e JOIN conversations c ON c.number = e.conversation
            WHERE e.position IS NULL AND e.seq <= c.received ORDER BY e.conversation, e.seq
            """
        ) { Replayed(number: $0.integer(0), seq: $0.unsigned(1), time: $0.unsigned(2)) }
        // A clock that was set back must not change the order within a conversation.
        for index in rows.indices.dropFirst() where rows[index].number == rows[index - 1].number {
            rows[index].time = max(rows[index].time, rows[index - 1].time)
        }
        return rows.sorted { ($0.time, $0.number, $0.seq) < ($1.time, $1.number, $1.seq) }
    }

    /// Another process may have been first.
    private func settle(_ row: Replayed) throws {
        let position = try lastPosition() + 1
        try database.run(
            "UPDATE entries SET position = ? WHERE conversation = ? AND seq = ? AND position IS NULL", position,
            row.number, row.seq)
        if database.changes > 0 { _ = try nextPosition() }
        try database.run("UPDATE conversations SET head = max(head, ?) WHERE number = ?", row.seq, row.number)
    }
}
