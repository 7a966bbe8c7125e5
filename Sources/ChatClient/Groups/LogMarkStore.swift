import ChatProtocol
import GroupRules
import SQLite
import StoredValues

/// The log's hash as it was at each of the last entries (M3).
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

    /// M3: who has come in the middle of the log, or has crossed a hole, takes its hash from the server, as a claim: the first that somebody
    /// else has seen confirms it, or does not. Within a transaction.
    func takeClaim(_ hash: LogHash, of page: LogPage) throws {
        let position = page.standing.position
        // Others may have read on meanwhile.
        guard var standing = try groupStanding(of: page.conversation), standing.hash == nil,
            standing.seq == page.standing.head, standing.generation == position.generation,
            standing.group.incarnation == position.incarnation
        else { return }
        standing.hash = hash
        try setGroupStanding(standing)
        try keepLogMark(of: standing)
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

    /// How what somebody says of an account's chain stands to what is held of it (G2).
    func relation(of mark: ChainMark, to account: AccountID) throws -> ChainMark.Relation {
        let pin = try ownChainMark(account)
        if let pin, pin.number == mark.number { return pin.mark == mark.mark ? .known : .forked }
        guard let link = try chainLink(Int(mark.number), of: account) else { return .ahead }
        return link.hash.mark == mark.mark ? .known : .forked
    }
}
