import ChatProtocol
import GroupRules
import SQLite
import StoredValues

/// What contradicts a conversation's history as this device knows it.
struct HistoryEvidence: Equatable, Sendable {
    enum Kind: Equatable, Sendable {
        /// Who wrote an entry has read another log (M3); nothing is sent where that stops it.
        case read(by: UserName, DeviceID, in: SequenceNumber, LogClaim?, stops: Bool)
        /// The server's group is not the one that this device was in.
        case group(String)
    }

    /// Of the entry `seen`, the first bytes of the log's hash by both.
    struct LogClaim: Equatable, Sendable {
        var seen: SequenceNumber
        var theirs: [UInt8]
        /// Nil: of an entry that had not come when it was written.
        var ours: [UInt8]?
    }

    /// As it is called here; nil of one that is not known.
    var conversation: ConversationName?
    var kind: Kind
    var time: Timestamp
}

/// The evidence is kept until somebody goes on in spite of it.
extension ClientStore {
    /// The version with which differences are kept with what both say.
    private static let evidence = ClientSchema.toldDoubts

    /// Somebody has another log. Within a transaction.
    ///
    /// - Parameters:
    ///   - own: what the hash is here; nil where they speak of what had not come yet.
    ///   - stops: nothing is sent there until somebody has accepted it.
    /// - Returns: whether it is the first time that this account says so.
    func noteDoubt(
        of place: EntryPlace, _ seen: LogMark, own: [UInt8]?, stops: Bool, now: Timestamp
    ) throws -> Bool {
        try database.run(
            """
            INSERT OR IGNORE INTO history_doubts(conversation, account, device, seq, stops, time, seen, theirs, ours)
            VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)
            """, place.conversation, place.sender, place.device, place.seq, stops, now, seen.seq, seen.mark, own)
        return database.changes > 0
    }

    /// The entry whose writer has another log, where nothing is sent for that.
    func doubt(in conversation: ConversationID) throws -> (seq: SequenceNumber, account: AccountID)? {
        try database.first(
            "SELECT seq, account FROM history_doubts WHERE conversation = ? AND stops = 1 ORDER BY time LIMIT 1",
            conversation
        ) { ($0.sequenceNumber(0), try $0.identifier(1)) }
    }

    /// The server's group is another one than was known; the first time counts. Within a transaction.
    func noteFork(of conversation: ConversationID, _ detail: String, now: Timestamp) throws {
        try database.run(
            "INSERT OR IGNORE INTO history_forks(conversation, detail, time) VALUES (?, ?, ?)", conversation, detail,
            now)
    }

    /// Of who has read another log, those that nobody has been told of yet. Within a transaction.
    func takeUntoldDoubts() throws -> [HistoryEvidence] {
        let doubts = try readDoubts(told: false)
        if !doubts.isEmpty { try database.run("UPDATE history_doubts SET told = 1 WHERE told = 0") }
        return doubts
    }

    func hasUntoldDoubts() throws -> Bool {
        try database.first("SELECT 1 FROM history_doubts WHERE told = 0 LIMIT 1") { _ in true } ?? false
    }

    /// - Parameter told: also those that somebody has been told of.
    private func readDoubts(told: Bool) throws -> [HistoryEvidence] {
        return try database.all(
            "SELECT conversation, account, device, seq, stops, time, seen, theirs, ours FROM history_doubts WHERE told <= ?",
            told
        ) { row in
            let claim = row.optionalSequenceNumber(6).map {
                HistoryEvidence.LogClaim(seen: $0, theirs: row.bytes(7), ours: row.optionalBytes(8))
            }
            return HistoryEvidence(
                conversation: try conversation(try row.identifier(0))?.name,
                kind: .read(
                    by: try name(of: try row.identifier(1)), try row.identifier(2), in: row.sequenceNumber(3), claim,
                    stops: row.bool(4)), time: row.timestamp(5))
        }
    }

    /// All of it, oldest first.
    func historyEvidence() throws -> [HistoryEvidence] {
        // A store that cannot be written may be of an older version.
        guard try database.schemaVersion(for: ClientSchema.schema) >= Self.evidence else { return [] }
        let read = try readDoubts(told: true)
        let forks = try database.all("SELECT conversation, detail, time FROM history_forks") { row in
            HistoryEvidence(
                conversation: try conversation(try row.identifier(0))?.name, kind: .group(row.text(1)),
                time: row.timestamp(2))
        }
        return (read + forks).sorted { $0.time < $1.time }
    }

    /// Goes on in a conversation although there are two logs of it: which one is right is not looked at again until both have read on.
    /// Where the group is another one, what was held of it is forgotten, and it is entered as if for the first time. Within a transaction,
    /// which is synced.
    ///
    /// - Returns: whether there was any doubt.
    func acceptHistory(of name: ConversationName) throws -> Bool {
        let doubted = try database.all(
            "SELECT conversation FROM history_doubts UNION SELECT conversation FROM history_forks"
        ) { try $0.identifier(0) as ConversationID }.filter { try conversation($0)?.name == name }
        for conversation in doubted {
            let isOther = try database.first("SELECT 1 FROM history_forks WHERE conversation = ?", conversation) { _ in
                true
            }
            if isOther != nil { try forgetGroup(of: conversation) }
            try database.run("DELETE FROM history_doubts WHERE conversation = ?", conversation)
            try database.run("DELETE FROM history_forks WHERE conversation = ?", conversation)
            try database.run("DELETE FROM log_marks WHERE conversation = ?", conversation)
            try database.run("UPDATE group_standings SET hash = NULL WHERE conversation = ?", conversation)
        }
        return !doubted.isEmpty
    }

    /// Also that it was left in some epoch, and in which epochs this device was there.
    private func forgetGroup(of conversation: ConversationID) throws {
        try leaveGroup(of: conversation)
        try database.run("DELETE FROM outgoing WHERE conversation = ?", conversation)
        try database.run("DELETE FROM group_resyncs WHERE conversation = ?", conversation)
        let first = GroupName(conversation: conversation, incarnation: 0).groupId
        let last = GroupName(conversation: conversation, incarnation: .max).groupId
        try database.run("DELETE FROM group_tombstones WHERE name BETWEEN ? AND ?", first, last)
        try database.run("DELETE FROM group_transcripts WHERE name BETWEEN ? AND ?", first, last)
    }
}

extension ClientSchema {
    /// The version with which a store knows of which doubts somebody was told.
    static let toldDoubts = 21

    static let version21: StaticString = """
        -- Whether a person was told of it.
        ALTER TABLE history_doubts ADD COLUMN told INTEGER NOT NULL DEFAULT 0;
        """
}
