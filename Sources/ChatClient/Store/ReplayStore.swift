import ChatProtocol
import SQLite
import StoredValues

/// What a device missed, put in the order of time.
///
/// Entries of a replay wait without a position; `received` says how far each conversation is there. Whoever comes to its
/// end, or begins to read, gives them their positions: so nothing is lost when the process that fetched them dies.
extension ClientStore {
    /// Entries that get their positions in one transaction: others must not wait for long.
    private static let settlePage = 2_000

    func storeReplayed(
        _ place: EntryPlace, _ opening: EntryOpening, _ number: ConversationNumber, settled: SequenceNumber,
        own: AccountID,
        now: Timestamp
    ) throws {
        let isKnown = try isHere(number, place.seq)
        if place.seq.previous > settled {
            let here =
                try database.first(
                    "SELECT count(*) FROM entries WHERE conversation = ? AND seq > ? AND seq < ?", number, settled,
                    place.seq
                ) { $0.unsigned(0) } ?? 0
            try noteLost(number, known: settled, here: here, until: place.seq, now: now)
        }
        if !isKnown { try insert(place, opening, conversation: number, position: nil, own: own, now: now) }
        try database.run("UPDATE conversations SET received = ? WHERE number = ?", place.seq, number)
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
        try write { try settleHeads() }
        return !order.isEmpty
    }

    private func hasReplayed() throws -> Bool {
        try database.first("SELECT 1 FROM conversations WHERE received > head LIMIT 1") { _ in true } ?? false
    }

    /// A conversation may end with entries that are not for people, and have no row.
    private func settleHeads() throws {
        try database.run(
            """
            UPDATE conversations SET head = received WHERE received > head AND NOT EXISTS (SELECT 1 FROM entries e
                WHERE e.conversation = conversations.number AND e.position IS NULL AND e.seq <= conversations.received)
            """)
    }

    private struct Replayed {
        var number: ConversationNumber
        var seq: SequenceNumber
        var time: Timestamp
    }

    private func replayed() throws -> [Replayed] {
        var rows = try database.all(
            """
            SELECT e.conversation, e.seq, e.time FROM entries e JOIN conversations c ON c.number = e.conversation
            WHERE e.position IS NULL AND e.seq <= c.received ORDER BY e.conversation, e.seq
            """
        ) { Replayed(number: $0.conversationNumber(0), seq: $0.sequenceNumber(1), time: $0.timestamp(2)) }
        // A clock that was set back must not change the order within a conversation.
        for index in rows.indices.dropFirst() where rows[index].number == rows[index - 1].number {
            rows[index].time = max(rows[index].time, rows[index - 1].time)
        }
        return rows.sorted { ($0.time, $0.number, $0.seq) < ($1.time, $1.number, $1.seq) }
    }

    /// Another process may have been first.
    private func settle(_ row: Replayed) throws {
        let position = try lastPosition().next
        try database.run(
            "UPDATE entries SET position = ? WHERE conversation = ? AND seq = ? AND position IS NULL", position,
            row.number, row.seq)
        if database.changes > 0 { _ = try nextPosition() }
        try database.run("UPDATE conversations SET head = max(head, ?) WHERE number = ?", row.seq, row.number)
    }
}
