import ChatProtocol
import SQLite
import StoredValues
import Transport

/// Commits that members cannot process. Every function that changes something is part of the caller's transaction.
enum CommitReportStore {
    /// Until when a device's commits are refused; nil where they never were.
    static func blocked(_ device: DeviceID, in number: ConversationNumber, _ database: Database) throws -> Timestamp? {
        try database.first("SELECT until FROM commit_blocks WHERE conversation = ? AND device = ?", number, device) {
            $0.timestamp(0)
        }
    }

    /// The device whose commit it is; nil where there is no such one.
    static func author(of report: CommitReport, in number: ConversationNumber, _ database: Database) throws -> DeviceID?
    {
        let commit = try database.first(
            "SELECT device, kind, payload FROM entries WHERE key = ?", EntryKey.of(report.seq, in: number)
        ) { row in
            (
                device: try row.identifier(0) as DeviceID, kind: row.int(1),
                digest: SHA256.hash(row.bytes(2))
            )
        }
        guard let commit, commit.kind == Int(PayloadKind.commit.rawValue), commit.digest == report.digest,
            commit.device != report.reporter.device
        else { return nil }
        return commit.device
    }

    static func note(
        _ report: CommitReport, of device: DeviceID, byAdmin: Bool, in number: ConversationNumber, time: Timestamp,
        _ database: Database
    ) throws {
        try database.run(
            """
            INSERT INTO commit_reports(conversation, device, account, seq, time) VALUES(?, ?, ?, ?, ?)
            ON CONFLICT(conversation, device, account) DO UPDATE SET seq = excluded.seq, time = excluded.time
            WHERE seq < excluded.seq
            """, number, device, report.reporter.account, report.seq, time)
        guard database.changes > 0 else { return }
        let accounts = try database.first(
            "SELECT count(*) FROM commit_reports WHERE conversation = ? AND device = ? AND time > ?", number, device,
            time - CommitReport.period
        ) { $0.int(0) }
        guard byAdmin || accounts ?? 0 >= Limits.reports else { return }
        try database.run(
            "INSERT OR REPLACE INTO commit_blocks(conversation, device, until) VALUES(?, ?, ?)", number, device,
            time + CommitReport.period)
    }

    /// Some that have reports of commits that are not kept any more, or blocks that are over.
    static func conversations(before cutoff: Timestamp, limit: Int, in database: Database) throws -> [ConversationID] {
        try database.all(
            """
            SELECT c.id FROM commit_reports r JOIN conversations c ON c.number = r.conversation WHERE r.time < ?1
            UNION SELECT c.id FROM commit_blocks b JOIN conversations c ON c.number = b.conversation WHERE b.until < ?1
            LIMIT ?2
            """, cutoff, limit
        ) { try $0.identifier(0) }
    }

    static func expire(before cutoff: Timestamp, in number: ConversationNumber, _ database: Database) throws {
        try database.run("DELETE FROM commit_reports WHERE conversation = ? AND time < ?", number, cutoff)
        try database.run("DELETE FROM commit_blocks WHERE conversation = ? AND until < ?", number, cutoff)
    }
}

extension BatchWriteStore {
    mutating func report(_ report: CommitReport) throws -> OperationOutcome {
        guard let group = try conversation(report.conversation) else {
            return .refused(Failure(.noSuchConversation))
        }
        guard !group.isRemoved else { return .refused(Failure(.noSuchRoom)) }
        guard try mayWrite(report.reporter.account, to: group) else { return .refused(Failure(.notAMember)) }
        guard let device = try CommitReportStore.author(of: report, in: group.number, database) else {
            return .refused(CommitReport.mistaken)
        }
        let span = try LeafStore.span(of: report.reporter.device, in: group.number, database)
        guard span?.contains(report.seq) == true else { return .refused(Failure(.notInGroup)) }
        let byAdmin = try RoomStore.isAdmin(report.reporter.account, of: report.conversation, in: database)
        try CommitReportStore.note(
            report, of: device, byAdmin: byAdmin, in: group.number, time: time, database)
        return .done
    }
}
