import ChatProtocol
import SQLite
import StoredValues

/// Erases texts that are due (S5). That a message was there stays known, by its place and its identifier.
extension ClientStore {
    /// Instead of the kind of a payload, of an entry whose text was erased here.
    static let erasedKind = 255
    /// So many in one transaction: others must not wait for long.
    private static let erasePage = 500

    /// How long texts are kept where nothing is configured.
    func keepDefault() throws -> KeepPolicy {
        try database.first("SELECT is_brief FROM keeping") { $0.bool(0) } == true ? .none : .forever
    }

    /// Of a profile whose device came in a file. Within the transaction that makes the profile who it is.
    func setBrief(_ isBrief: Bool) throws {
        try database.run(
            "INSERT INTO keeping(one, is_brief) VALUES (1, ?) ON CONFLICT(one) DO UPDATE SET is_brief = excluded.is_brief",
            isBrief)
    }

    func keepingPast() throws -> Keeping.Past {
        try database.first("SELECT looked, erased, emptied FROM keeping") {
            Keeping.Past(looked: $0.timestamp(0), erased: $0.timestamp(1), emptied: $0.timestamp(2))
        } ?? Keeping.Past()
    }

    /// Erases what is due.
    ///
    /// - Returns: whether readers have something new: a gap that they are told.
    func eraseTexts(_ keeping: Keeping, now: Timestamp) throws -> Bool {
        var hasNews = false
        while try write({
            let resumed = try furthestBehind()
            guard let due = keeping.due(end: try lastPosition(), resumed: resumed, now: now) else { return false }
            let rows = try dueRows(due)
            for row in rows { try erase(row) }
            // A reader that has not come so far is told that something was there.
            for (conversation, missed) in Self.missed(rows, by: resumed) {
                try insertGap(conversation: conversation, reason: .retention, missed: missed, now: now)
                hasNews = true
            }
            guard rows.isEmpty else {
                try note { $0.erased = now }
                return true
            }
            try eraseOwnWords(due)
            try note { $0.looked = now }
            return false
        }) {}
        return hasNews
    }

    /// Empties the store's log where nobody reads or writes just now; else somebody else does it later.
    func emptyLog(now: Timestamp) throws {
        let before = try keepingPast().emptied
        try write { try note { $0.emptied = now } }
        _ = try? database.checkpoint(.truncate, patience: .zero)
        guard database.logFileSize > 0 else { return }
        try write { try note { $0.emptied = before } }
    }

    // MARK: Steps

    /// Of the resume points.
    private func furthestBehind() throws -> StorePosition? {
        try database.first("SELECT min(position) FROM resume_points") { $0.optionalPosition(0) } ?? nil
    }

    private struct DueRow {
        var number: Int64
        var conversation: ConversationNumber
        var position: StorePosition?
        var isOwn: Bool
    }

    private func dueRows(_ due: Keeping.Due) throws -> [DueRow] {
        // What this device has sent may wait for its position as long as it reads nothing.
        try database.all(
            """
            SELECT e.number, e.conversation, e.position, e.sender = i.account FROM entries e, identity i
            WHERE e.payload_kind <> ?1 AND e.time < max(?2, ?3) AND (e.time < ?2 OR (
                (e.position <= ?4 OR e.position IS NULL AND e.sender = i.account AND ?4 > 0)
                AND NOT EXISTS (SELECT 1 FROM answers a WHERE a.conversation = e.conversation AND a.seq = e.seq)))
            ORDER BY e.time LIMIT ?5
            """, Self.erasedKind, due.before, due.passedBefore, due.passed, Self.erasePage
        ) { row in
            DueRow(
                number: row.integer(0), conversation: row.conversationNumber(1), position: row.optionalPosition(2),
                isOwn: row.bool(3))
        }
    }

    private func erase(_ row: DueRow) throws {
        try database.run(
            "UPDATE entries SET body = NULL, payload = NULL, shown = 1, payload_kind = ? WHERE number = ?",
            Self.erasedKind, row.number)
        try changesBlock(of: row.number)
    }

    private static func missed(
        _ rows: [DueRow], by resumed: StorePosition?
    ) -> [(ConversationNumber, UInt64)] {
        guard let resumed else { return [] }
        let missed = rows.filter { row in !row.isOwn && row.position.map { $0 > resumed } ?? false }
        return Dictionary(grouping: missed, by: \.conversation).map { ($0.key, UInt64($0.value.count)) }
            .sorted { $0.0 < $1.0 }
    }

    /// What this device has said otherwise: ciphertexts' texts whose answer never came, and the choices of what it has asked.
    private func eraseOwnWords(_ due: Keeping.Due) throws {
        let open = try database.all("SELECT number, content FROM outgoing WHERE content IS NOT NULL") { row in
            (number: row.integer(0), sent: (try? Content(wireBytes: row.bytes(1)))?.sent ?? 0)
        }
        for row in open where row.sent < due.before {
            try database.run("DELETE FROM outgoing WHERE number = ?", row.number)
        }
        try database.run(
            "UPDATE questions SET choices = '' WHERE state <> 0 AND choices <> '' AND deadline < ?",
            max(due.before, due.passedBefore))
    }

    private func note(_ change: (inout Keeping.Past) -> Void) throws {
        var past = try keepingPast()
        change(&past)
        try database.run(
            """
            INSERT INTO keeping(one, looked, erased, emptied) VALUES (1, ?, ?, ?)
            ON CONFLICT(one) DO UPDATE SET looked = excluded.looked, erased = excluded.erased,
                emptied = excluded.emptied
            """, past.looked, past.erased, past.emptied)
    }
}
