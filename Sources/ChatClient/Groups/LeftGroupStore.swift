import ChatProtocol
import GroupRules
import MLS
import SQLite
import StoredValues

/// Groups that this account has left of its own will.
extension ClientStore {
    /// Nothing is left of the group but that coming back needs a higher epoch. Within a transaction, which is synced.
    func leaveGroup(of conversation: ConversationID) throws {
        if let waiting = try waitingCommit(of: conversation) { try drop(waiting) }
        guard let standing = try groupStanding(of: conversation) else { return }
        if let summary = try StoredGroup.summary(of: standing.group.groupId, from: groupRows) {
            try bury(standing, epoch: Epoch(summary.epoch))
        }
        try dropGroup(standing.group.groupId)
        try database.run("DELETE FROM group_standings WHERE conversation = ?", conversation)
        // What was sealed for it, found of its leaves, and kept to compare its log.
        try database.run("DELETE FROM outgoing WHERE conversation = ?", conversation)
        try database.run("DELETE FROM group_trusts WHERE conversation = ?", conversation)
        try database.run("DELETE FROM group_transcripts WHERE name = ?", standing.group.groupId)
        try database.run("DELETE FROM log_marks WHERE conversation = ?", conversation)
        try database.run("DELETE FROM own_leaves WHERE conversation = ?", conversation)
        try forgetWelcomeRequest(of: conversation)
    }

    /// The room of that name that this device is founding: no answer has come yet.
    func unfinishedRoom(_ name: RoomName) throws -> ConversationID? {
        guard let room = try pinnedRoom(name), try waitingCommit(of: room)?.kind == .founding else { return nil }
        return room
    }

    // MARK: Rooms

    /// Whether this account has left a room in an earlier life of the server's store than this one, and came in by nothing since: a restore
    /// may have brought it back there.
    func hasLeft(_ room: ConversationID, before generation: StoreGeneration) throws -> Bool {
        try database.first(
            "SELECT 1 FROM left_rooms WHERE conversation = ? AND generation <> ?", room, generation
        ) { _ in true } ?? false
    }

    func roomsLeft(before generation: StoreGeneration) throws -> [ConversationID] {
        try database.all(
            "SELECT conversation FROM left_rooms WHERE generation <> ? ORDER BY conversation", generation
        ) { try $0.identifier(0) }
    }

    /// The server of this life knows that this account has left. Within a transaction.
    func noteLeft(_ room: ConversationID, in generation: StoreGeneration) throws {
        try database.run(
            "INSERT OR REPLACE INTO left_rooms(conversation, generation) VALUES (?, ?)", room, generation)
    }

    /// It is in it again. Within a transaction.
    func forgetLeft(_ room: ConversationID) throws {
        try database.run("DELETE FROM left_rooms WHERE conversation = ?", room)
    }
}

extension ClientSchema {
    static let version26: StaticString = """
        -- Rooms that this account has left by its own will, and in which life of the server's store it has said so last.
        CREATE TABLE left_rooms(
            conversation BLOB PRIMARY KEY,
            generation BLOB NOT NULL
        ) WITHOUT ROWID;
        """
}
