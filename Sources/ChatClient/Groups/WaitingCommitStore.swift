import ChatProtocol
import SQLite
import StoredValues

/// A commit of this device that is under way, as it was made: whoever finds it sends the same bytes again.
struct WaitingCommit: Equatable, Sendable {
    enum Kind: Int, Sendable {
        /// Of a group that waits in its staging rows, in the epoch that the commit begins.
        case founding = 1
        /// Of the group that is used; its rows hold the secrets.
        case commit = 2
        /// Of a group that waits in its staging rows, in the epoch that the commit begins.
        case externalJoin = 3

        /// Whether a whole group waits for its entry.
        var isStaged: Bool { self != .commit }
    }

    var conversation: ConversationID
    var kind: Kind
    var id: MessageID
    /// The epoch that it ends, of the incarnation that it is for: a founding ends epoch 0 of its own.
    var position: ConversationPosition
    var handshake: [UInt8]
    var groupInfo: [UInt8]
    /// Empty where nobody is added.
    var welcome: [UInt8] = []
    /// The GroupInfo of epoch 0; empty but for a founding.
    var founding: [UInt8] = []
}

extension ClientStore {
    func waitingCommit(of conversation: ConversationID) throws -> WaitingCommit? {
        try database.first(
            """
            SELECT kind, id, generation, incarnation, epoch, handshake, group_info, welcome, founding
            FROM waiting_commits WHERE conversation = ?
            """, conversation
        ) { row in
            guard let kind = WaitingCommit.Kind(rawValue: row.int(0)) else {
                throw SQLiteError(
                    kind: .corrupt, message: "a waiting commit of kind \(row.int(0))", operation: "waiting commit",
                    path: directory.storeFile)
            }
            return WaitingCommit(
                conversation: conversation, kind: kind, id: try row.identifier(1),
                position: ConversationPosition(
                    generation: try row.identifier(2), incarnation: row.incarnation(3), epoch: row.epoch(4)),
                handshake: row.bytes(5), groupInfo: row.bytes(6), welcome: row.bytes(7), founding: row.bytes(8))
        }
    }

    /// Whether a founding or a join of this device waits for its place in the log.
    func isOnItsWay(into conversation: ConversationID) throws -> Bool {
        try waitingCommit(of: conversation)?.kind.isStaged ?? false
    }

    /// Keeps a commit until the log says what became of it. One that waits already is never overwritten: it is finished first,
    /// whoever has made it. Within the transaction that stores the group's rows.
    ///
    /// - Returns: whether it is this one that waits now.
    func keepWaiting(_ commit: WaitingCommit) throws -> Bool {
        try database.run(
            """
            INSERT OR IGNORE INTO waiting_commits(conversation, kind, id, generation, incarnation, epoch, handshake,
                group_info, welcome, founding) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)
            """, commit.conversation, commit.kind.rawValue, commit.id, commit.position.generation,
            Int(commit.position.incarnation), commit.position.epoch, commit.handshake, commit.groupInfo,
            commit.welcome, commit.founding)
        return database.changes > 0
    }

    /// The log has it, or another commit in its place. Within a transaction.
    func dropWaitingCommit(of conversation: ConversationID) throws {
        try database.run("DELETE FROM waiting_commits WHERE conversation = ?", conversation)
    }
    /// The log has another commit in its place: what waited for it, with the group that it would have begun, is nothing. Within a
    /// transaction.
    func drop(_ waiting: WaitingCommit) throws {
        try dropWaitingCommit(of: waiting.conversation)
        if waiting.kind.isStaged { try dropStagedGroup(waiting.group.groupId) }
    }
}
