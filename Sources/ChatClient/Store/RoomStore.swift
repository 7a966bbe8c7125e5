import CLISupport
import ChatProtocol
import GroupRules
import SQLite
import StoredValues

/// Rooms as this profile knows them, and whose their names are (E2EE: by whoever used them).
extension ClientStore {
    /// The type of rooms among conversations, beside those that the server tells with a conversation.
    static let roomType = 3

    /// Keeps a room, whose name is pinned to it from now on. Within a transaction.
    ///
    /// - Throws: `room_changed` (79).
    func useRoom(_ name: RoomName, _ conversation: ConversationID, now: Timestamp) throws {
        try checkRoom(name, conversation)
        try database.run(
            "INSERT OR IGNORE INTO room_pins(name, conversation, pinned) VALUES (?, ?, ?)", name.text, conversation,
            now)
        try database.run(
            "INSERT OR IGNORE INTO conversations(id, type, peer) VALUES (?, ?, ?)", conversation, Self.roomType,
            name.text)
    }

    /// Whether the server may mean this conversation by a room's name.
    ///
    /// - Throws: `room_changed` (79) where the name belongs to another conversation here, or the conversation is known otherwise.
    func checkRoom(_ name: RoomName, _ conversation: ConversationID) throws {
        let known = try self.conversation(conversation)?.name
        guard try pinnedRoom(name) ?? conversation == conversation, known ?? .room(name.spoken) == .room(name.spoken)
        else { throw Problem.roomChanged(name) }
    }

    /// The conversation that a room's name belongs to here; nil where nobody has used it.
    func pinnedRoom(_ name: RoomName) throws -> ConversationID? {
        try database.first("SELECT conversation FROM room_pins WHERE name = ?", name.text) { try $0.identifier(0) }
    }

    /// The name that belongs to a conversation here.
    func roomPinned(to conversation: ConversationID) throws -> RoomName? {
        try database.first("SELECT name FROM room_pins WHERE conversation = ?", conversation) {
            RoomName(try $0.userName(0))
        }
    }

    /// The name belongs to nobody any more; what was written there stays. Within a transaction.
    ///
    /// - Returns: whether it belonged to anybody.
    func forgetRoom(_ name: RoomName) throws -> Bool {
        try database.run("DELETE FROM room_pins WHERE name = ?", name.text)
        return database.changes > 0
    }

    /// Rooms for completion, in the order of their names.
    func knownRooms(limit: Int) throws -> [RoomName] {
        guard try database.schemaVersion(for: ClientSchema.schema) >= ClientSchema.rooms else { return [] }
        return try database.all("SELECT name FROM room_pins ORDER BY name LIMIT ?", limit) { row in
            RoomName(try row.userName(0))
        }
    }

    /// The rows of what was ever written in rooms of that name, oldest conversation first.
    func roomNumbers(_ name: RoomName) throws -> [ConversationNumber] {
        try database.all(
            "SELECT number FROM conversations WHERE peer = ? AND type = ? ORDER BY number", name.text, Self.roomType
        ) { $0.conversationNumber(0) }
    }
}

extension Problem {
    /// Somebody else's room, or another one of the same people, has the name of one that was used.
    static func roomChanged(_ name: RoomName) -> Problem {
        Problem(
            .roomChanged, "#\(name) is another room now than the one that was used here, by the server's word",
            advice: .forgetRoom(name.text), conversation: "#\(name)", sent: .no)
    }
}
