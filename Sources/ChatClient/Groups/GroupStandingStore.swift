import ChatProtocol
import GroupRules
import MLS
import SQLite
import StoredValues

/// Where this device stands in the log of a conversation that has a group.
struct GroupStanding: Equatable, Sendable {
    var group: GroupName
    /// The life of the server's store that it belongs to.
    var generation: StoreGeneration
    /// The last entry of the log that was processed.
    var seq: SequenceNumber
    /// The log up to there (M3); nil where it is not known, behind a hole or a join.
    var hash: LogHash?
    /// The last that was there: what the server says is missing lies behind it.
    var lastEntry: SequenceNumber
    /// The first of the proposals that wait in the present epoch; nil where none does, or it is not known.
    var firstProposal: SequenceNumber?

    /// - Parameter lastEntry: nil: it is the last that was processed.
    init(
        group: GroupName, generation: StoreGeneration, seq: SequenceNumber, hash: LogHash?,
        lastEntry: SequenceNumber? = nil, firstProposal: SequenceNumber? = nil
    ) {
        self.group = group
        self.generation = generation
        self.seq = seq
        self.hash = hash
        self.lastEntry = lastEntry ?? seq
        self.firstProposal = firstProposal
    }

    var conversation: ConversationID { group.conversation }

    var log: LogChain? { hash.map { LogChain(claimed: $0, at: seq) } }

    /// A position of that group.
    func position(epoch: Epoch) -> ConversationPosition {
        ConversationPosition(generation: generation, incarnation: group.incarnation, epoch: epoch)
    }
}

extension ClientStore {
    /// Nil of a conversation whose group this device has never been in.
    func groupStanding(of conversation: ConversationID) throws -> GroupStanding? {
        try database.first(
            """
            SELECT incarnation, generation, seq, hash, last_entry, first_proposal FROM group_standings
            WHERE conversation = ?
            """, conversation
        ) { row in
            GroupStanding(
                group: GroupName(conversation: conversation, incarnation: row.incarnation(0)),
                generation: try row.identifier(1),
                seq: row.sequenceNumber(2), hash: try row.optionalDigest(3), lastEntry: row.optionalSequenceNumber(4),
                firstProposal: row.optionalSequenceNumber(5))
        }
    }

    /// The groups that this device is in, and the last entry of each that it has processed.
    func groupPlaces() throws -> [ConversationID: SequenceNumber] {
        let rows = groupRows
        let groups: [(GroupName, SequenceNumber)] = try database.all(
            "SELECT conversation, incarnation, seq FROM group_standings"
        ) { (GroupName(conversation: try $0.identifier(0), incarnation: $0.incarnation(1)), $0.sequenceNumber(2)) }
        let active = try groups.filter { group, _ in
            try rows.telling { try StoredGroup.summary(of: group.groupId, from: rows) }?.status == .active
        }
        return Dictionary(active.map { ($0.conversation, $1) }, uniquingKeysWith: max)
    }

    /// What is held of a conversation's group, and what of it is under way.
    ///
    /// - Parameter generation: the life of the server's store that counts: a return over the own leaf that a restore has lost is not the one
    ///   of the hour (S3); nil: whichever.
    func heldGroup(
        of conversation: ConversationID, in generation: StoreGeneration? = nil
    ) throws -> GroupCourse.Held {
        var held = GroupCourse.Held(waiting: try waitingCommit(of: conversation)?.kind)
        guard let standing = try groupStanding(of: conversation) else { return held }
        let rows = groupRows
        let summary = try rows.telling { try StoredGroup.summary(of: standing.group.groupId, from: rows) }
        guard let summary else { return held }
        held.mark = GroupMark(incarnation: standing.group.incarnation, epoch: Epoch(summary.epoch))
        held.isRemoved = summary.status == .removed
        if generation ?? standing.generation == standing.generation {
            held.resynced = try resynced(in: conversation)
        }
        return held
    }

    /// Conversations whose groups this device is in by a former life of the server's store: their logs were not read since.
    func conversationsOfFormerLife() throws -> [ConversationID] {
        let rows = groupRows
        let groups: [GroupName] = try database.all(
            """
            SELECT conversation, incarnation FROM group_standings
            WHERE generation <> (SELECT generation FROM identity) ORDER BY conversation
            """
        ) { GroupName(conversation: try $0.identifier(0), incarnation: $0.incarnation(1)) }
        return try groups.filter { group in
            try rows.telling { try StoredGroup.summary(of: group.groupId, from: rows) }?.status == .active
        }.map(\.conversation)
    }

    /// Conversations in whose log this device has come in the middle, or crossed a hole, and does not know its hash.
    func conversationsWithoutHash(limit: Int) throws -> [ConversationID] {
        try database.all(
            "SELECT conversation FROM group_standings WHERE hash IS NULL ORDER BY conversation LIMIT ?", limit
        ) { try $0.identifier(0) }
    }

    /// Within the transaction that changes what it says.
    func setGroupStanding(_ standing: GroupStanding) throws {
        try database.run(
            """
            INSERT OR REPLACE INTO group_standings(conversation, incarnation, generation, seq, hash, last_entry,
                first_proposal) VALUES (?, ?, ?, ?, ?, ?, ?)
            """, standing.conversation, Int(standing.group.incarnation), standing.generation, standing.seq,
            standing.hash, standing.lastEntry, standing.firstProposal)
    }

    /// Nothing is left of a group that goes on as a later incarnation but a tombstone. Within a transaction.
    func leave(_ standing: GroupStanding, epoch: Epoch) throws {
        try bury(standing, epoch: epoch)
        try dropGroup(standing.group.groupId)
        // What was found of its leaves says nothing of another group's, which may have come to the same version.
        try database.run("DELETE FROM group_trusts WHERE conversation = ?", standing.conversation)
    }

    /// The last epoch in which this device was in a group that it has left; nil where it has left none of this name.
    func tombstone(of group: GroupName) throws -> Epoch? {
        try database.first("SELECT epoch FROM group_tombstones WHERE name = ?", group.groupId) { $0.epoch(0) }
    }

    /// The last incarnation of a conversation's group that this device has left.
    func lastBuried(of conversation: ConversationID) throws -> UInt32? {
        try database.first(
            "SELECT name FROM group_tombstones WHERE name BETWEEN ? AND ? ORDER BY name DESC LIMIT 1",
            GroupName(conversation: conversation, incarnation: 0).groupId,
            GroupName(conversation: conversation, incarnation: .max).groupId
        ) { GroupName(groupId: $0.bytes(0))?.incarnation } ?? nil
    }

    /// The last one in this life of the server's store: what a restore has taken back binds nobody who comes in by a commit of their own.
    func tombstone(of group: GroupName, in generation: StoreGeneration) throws -> Epoch? {
        try database.first(
            "SELECT epoch_there FROM group_tombstones WHERE name = ?1 AND (generation IS NULL OR generation = ?2)",
            group.groupId, generation
        ) { $0.epoch(0) }
    }

    /// Keeps in mind that this device has left a group: coming back needs a higher epoch. Within a transaction.
    func bury(_ standing: GroupStanding, epoch: Epoch) throws {
        try database.run(
            """
            INSERT INTO group_tombstones(name, epoch, generation, epoch_there) VALUES (?1, ?2, ?3, ?2)
            ON CONFLICT(name) DO UPDATE SET epoch = max(epoch, excluded.epoch), generation = excluded.generation,
                epoch_there = CASE generation WHEN excluded.generation THEN max(epoch_there, excluded.epoch_there)
                    ELSE excluded.epoch_there END
            """, standing.group.groupId, epoch, standing.generation)
    }
}
