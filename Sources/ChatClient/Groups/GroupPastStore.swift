import ChatProtocol
import GroupRules
import MLS
import SQLite
import StoredValues

/// What is remembered of groups, so that nobody is believed about their past.
extension ClientStore {
    /// Which epochs of a group this device was in (S4). Within a transaction.
    func keepTranscript(of group: GroupName, _ context: GroupContext) throws {
        try database.run(
            "INSERT OR REPLACE INTO group_transcripts(name, epoch, hash) VALUES (?, ?, ?)", group.groupId,
            context.epoch, context.confirmedTranscriptHash)
    }

    /// The epoch from which this device joined: its own commit goes on from that, so behind a restore to before it came that is where the group
    /// goes on. What it knew of that epoch before counts more. Within a transaction.
    func keepTranscriptOfJoined(_ group: GroupName, _ context: GroupContext) throws {
        try database.run(
            "INSERT OR IGNORE INTO group_transcripts(name, epoch, hash) VALUES (?, ?, ?)", group.groupId,
            context.epoch, context.confirmedTranscriptHash)
    }

    /// From where the incarnation goes on that this device has entered: behind a restore to before it others go on from there, whether this
    /// device was in that group or not. Within a transaction.
    func keepPrevious(of policy: GroupPolicy) throws {
        guard let previous = policy.previous else { return }
        let name = GroupName(conversation: policy.group.conversation, incarnation: previous.incarnation)
        try database.run(
            "INSERT OR IGNORE INTO group_transcripts(name, epoch, hash) VALUES (?, ?, ?)", name.groupId,
            previous.epoch, previous.confirmedTranscriptHash)
    }

    /// The confirmed transcript hash of an epoch; nil of one in which this device never was.
    func transcript(of group: GroupName, epoch: Epoch) throws -> [UInt8]? {
        try database.first(
            "SELECT hash FROM group_transcripts WHERE name = ? AND epoch = ?", group.groupId, epoch
        ) { $0.bytes(0) }
    }

    /// All of a group that are remembered.
    func transcripts(of group: GroupName) throws -> [Epoch: [UInt8]] {
        let rows = try database.all(
            "SELECT epoch, hash FROM group_transcripts WHERE name = ?", group.groupId
        ) { ($0.epoch(0), $0.bytes(1)) }
        return Dictionary(rows, uniquingKeysWith: { first, _ in first })
    }

    /// The last state of a conversation's groups in which this device was, whether it holds that still or not.
    func lastKnown(of conversation: ConversationID) throws -> GroupPolicy.Previous? {
        try database.first(
            """
            SELECT name, epoch, hash FROM group_transcripts WHERE name BETWEEN ? AND ? ORDER BY name DESC, epoch DESC
            LIMIT 1
            """, GroupName(conversation: conversation, incarnation: 0).groupId,
            GroupName(conversation: conversation, incarnation: .max).groupId
        ) { row in
            GroupName(groupId: row.bytes(0)).map {
                GroupPolicy.Previous(
                    incarnation: $0.incarnation, epoch: row.epoch(1), confirmedTranscriptHash: row.bytes(2))
            }
        } ?? nil
    }

    /// What a restore of the server has brought back into a group. Within a transaction.
    func noteRestored(_ devices: Set<DeviceID>, in conversation: ConversationID) throws {
        for device in devices {
            try database.run(
                "INSERT OR IGNORE INTO restored_leaves(conversation, device) VALUES (?, ?)", conversation, device)
        }
    }

    /// A later incarnation begins with those whom its founder has let in: a restore has brought none of them back. Within a transaction.
    func dropRestored(in conversation: ConversationID) throws {
        try database.run("DELETE FROM restored_leaves WHERE conversation = ?", conversation)
    }

    /// Those that the group does not have any more may be added again. Within a transaction.
    func dropRestored(in conversation: ConversationID, besides group: Group) throws {
        let restored = try restoredLeaves(in: conversation)
        guard !restored.isEmpty else { return }
        let present = Set(group.members.credentials.map(\.device))
        for device in restored.subtracting(present) {
            try database.run(
                "DELETE FROM restored_leaves WHERE conversation = ? AND device = ?", conversation, device)
        }
    }

    func restoredLeaves(in conversation: ConversationID) throws -> Set<DeviceID> {
        Set(
            try database.all("SELECT device FROM restored_leaves WHERE conversation = ?", conversation) {
                try $0.identifier(0) as DeviceID
            })
    }

    /// This device comes back to a group over its own leaf (S3). Within a transaction.
    func noteResync(in conversation: ConversationID, now: Timestamp) throws {
        try database.run("INSERT OR REPLACE INTO group_resyncs(conversation, time) VALUES (?, ?)", conversation, now)
    }

    /// It has not come back: the server did not take its commit. Within a transaction.
    func forgetResync(in conversation: ConversationID) throws {
        try database.run("DELETE FROM group_resyncs WHERE conversation = ?", conversation)
    }

    func resynced(in conversation: ConversationID) throws -> Timestamp? {
        try database.first("SELECT time FROM group_resyncs WHERE conversation = ?", conversation) { $0.timestamp(0) }
    }
}
