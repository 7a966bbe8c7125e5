import ChatProtocol
import GroupRules
import SQLite
import StoredValues

/// The log's hash as it was at each of the last entries (M3), and who has said that it was another one.
extension ClientStore {
    /// Messages look back no further than what their senders had read.
    private static let keptMarks: UInt64 = 1_024

    /// Keeps what the hash was where a group stands. Within a transaction.
    func keepLogMark(of standing: GroupStanding) throws {
        guard let mark = standing.hash?.mark else { return }
        try database.run(
            "INSERT OR REPLACE INTO log_marks(conversation, incarnation, seq, mark) VALUES (?, ?, ?, ?)",
            standing.conversation, Int(standing.group.incarnation), standing.seq, mark)
    }

    /// Within a transaction.
    func dropLogMarks(before standing: GroupStanding) throws {
        let (conversation, incarnation) = (standing.conversation, Int(standing.group.incarnation))
        try database.run("DELETE FROM log_marks WHERE conversation = ? AND incarnation < ?", conversation, incarnation)
        guard standing.seq.value > Self.keptMarks else { return }
        try database.run(
            "DELETE FROM log_marks WHERE conversation = ? AND incarnation = ? AND seq < ?", conversation, incarnation,
            SequenceNumber(standing.seq.value - Self.keptMarks))
    }

    func logMark(of group: GroupName, _ seq: SequenceNumber) throws -> [UInt8]? {
        try database.first(
            "SELECT mark FROM log_marks WHERE conversation = ? AND incarnation = ? AND seq = ?", group.conversation,
            Int(group.incarnation), seq
        ) { $0.bytes(0) }
    }

    /// Somebody has another log. Within a transaction.
    ///
    /// - Parameter stops: nothing is sent there until somebody has accepted it.
    /// - Returns: whether it is the first time that this account says so.
    func noteDoubt(of place: EntryPlace, stops: Bool, now: Timestamp) throws -> Bool {
        try database.run(
            """
            INSERT OR IGNORE INTO history_doubts(conversation, account, device, seq, stops, time)
            VALUES (?, ?, ?, ?, ?, ?)
            """, place.conversation, place.sender, place.device, place.seq, stops, now)
        return database.changes > 0
    }

    /// The entry whose writer has another log, where nothing is sent for that.
    func doubt(in conversation: ConversationID) throws -> (seq: SequenceNumber, account: AccountID)? {
        try database.first(
            "SELECT seq, account FROM history_doubts WHERE conversation = ? AND stops = 1 ORDER BY time LIMIT 1",
            conversation
        ) { ($0.sequenceNumber(0), try $0.identifier(1)) }
    }

    /// Goes on with a user although there are two logs: which one is right is not looked at again until both have read on. Within a
    /// transaction.
    ///
    /// - Returns: whether there was any doubt.
    func acceptHistory(with user: UserName) throws -> Bool {
        let conversations: [ConversationID] = try database.all(
            """
            SELECT c.id FROM conversations c JOIN accounts a ON a.id = c.peer
            WHERE a.name = ? AND EXISTS (SELECT 1 FROM history_doubts d WHERE d.conversation = c.id)
            """, user.text
        ) { try $0.identifier(0) }
        for conversation in conversations {
            try database.run("DELETE FROM history_doubts WHERE conversation = ?", conversation)
            try database.run("DELETE FROM log_marks WHERE conversation = ?", conversation)
            try database.run("UPDATE group_standings SET hash = NULL WHERE conversation = ?", conversation)
        }
        return !conversations.isEmpty
    }

    /// How what somebody says of an account's chain stands to what is held of it (G2).
    func relation(of mark: ChainMark, to account: AccountID) throws -> ChainMark.Relation {
        let pin = try ownChainMark(account)
        if let pin, pin.number == mark.number { return pin.mark == mark.mark ? .known : .forked }
        let link = try database.first(
            "SELECT link FROM chain_links WHERE account = ? AND number = ?", account, Int(mark.number)
        ) { $0.bytes(0) }
        guard let link else { return .ahead }
        return try ChainLink(wireBytes: link).hash.mark == mark.mark ? .known : .forked
    }
}
