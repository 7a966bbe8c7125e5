import ChatProtocol
import GroupRules
import SQLite
import StoredValues

/// Rooms: their names, and what their policies say. Every function that changes something is part of the caller's transaction.
enum RoomStore {
    static func name(of room: ConversationID, in database: Database) throws -> RoomName? {
        try database.first("SELECT name FROM rooms WHERE conversation = ?", room) { RoomName(try $0.userName(0)) }
    }

    static func room(named name: RoomName, in database: Database) throws -> ConversationID? {
        try database.first("SELECT conversation FROM rooms WHERE name = ?", name.text) { try $0.identifier(0) }
    }

    static func count(in database: Database) throws -> Int {
        Int(try database.pragma("SELECT count(*) FROM rooms"))
    }

    /// Of every kind of conversation.
    static func countGroups(in database: Database) throws -> Int {
        Int(try database.pragma("SELECT count(*) FROM conversations WHERE epoch > 0 AND closed = 0"))
    }

    static func insert(_ room: ConversationID, _ name: RoomName, in database: Database) throws {
        try database.run("INSERT INTO rooms(conversation, name) VALUES(?, ?)", room, name.text)
    }

    /// Of a room that was never founded.
    static func dropName(of room: ConversationID, in database: Database) throws {
        try database.run("DELETE FROM rooms WHERE conversation = ?", room)
    }

    /// How many rooms an account is in that are not founded.
    static func unfounded(by account: AccountID, in database: Database) throws -> Int {
        try database.first(
            """
            SELECT count(*) FROM members m JOIN rooms r ON r.conversation = m.conversation
            JOIN conversations c ON c.id = m.conversation WHERE m.account = ? AND c.epoch = 0
            """, account
        ) { $0.int(0) } ?? 0
    }

    /// The policy says something else from now on. Admins that do not exist are nobody's.
    static func set(_ traits: RoomTraits, of room: ConversationID, in database: Database) throws {
        try database.run(
            "UPDATE rooms SET access = ? WHERE conversation = ?",
            Int((traits.isOpen ? RoomAccess.open : .closed).rawValue), room)
        guard database.changes > 0 else { return }
        try database.run("DELETE FROM room_admins WHERE conversation = ?", room)
        for account in traits.admins {
            try database.run(
                "INSERT OR IGNORE INTO room_admins(conversation, account) SELECT ?, id FROM accounts WHERE id = ?",
                room, account)
        }
    }

    static func isAdmin(_ account: AccountID, of room: ConversationID, in database: Database) throws -> Bool {
        try database.first(
            "SELECT 1 FROM room_admins WHERE conversation = ? AND account = ?", room, account
        ) { _ in true } ?? false
    }

    /// Why an account may not make itself a member; nil where it may.
    static func refusal(
        of account: AccountID, in room: BatchWriteStore.Conversation, _ database: Database
    ) throws -> ErrorCode? {
        let access = try database.first("SELECT access FROM rooms WHERE conversation = ?", room.info.id) { $0.int(0) }
        guard case .room = room.info.audience, let access else { return .noSuchRoom }
        if try MembershipStore.isMember(account, of: room.info.id, in: database) { return nil }
        guard room.mark.isGroup else { return .noGroup }
        if access == Int(RoomAccess.open.rawValue) { return nil }
        return try isAdmin(account, of: room.info.id, in: database) ? nil : .notAMember
    }

    /// Whether no leaf of an active device of a member is left in its group.
    static func isDeserted(_ room: ConversationID, number: ConversationNumber, in database: Database) throws -> Bool {
        try database.first(
            """
            SELECT 1 FROM leaves l JOIN devices d ON d.id = l.device AND d.state = ?
            JOIN members m ON m.conversation = ? AND m.account = l.account
            JOIN accounts a ON a.id = l.account AND a.flags & ? = 0
            WHERE l.conversation = ? AND l.until IS NULL LIMIT 1
            """, Int(DeviceState.active.rawValue), room, LeafStore.goneAccounts, number
        ) { _ in false } ?? true
    }

    /// Nobody is in it any more, and it has no name. What was written stays for those who have not fetched it, and the Welcomes without
    /// which they could not read it.
    static func end(_ room: BatchWriteStore.Conversation, in database: Database) throws {
        let id = room.info.id
        if room.mark.isGroup {
            try database.run(
                "UPDATE leaves SET until = coalesce(until, ?), removed = 1 WHERE conversation = ?", room.head,
                room.number)
            try LeafStore.noteChange(of: room.number, in: database)
        } else {
            try database.run("DELETE FROM cursors WHERE conversation = ?", id)
        }
        try database.run("DELETE FROM members WHERE conversation = ?", id)
        try database.run("DELETE FROM room_admins WHERE conversation = ?", id)
        try database.run("DELETE FROM rooms WHERE conversation = ?", id)
        try database.run("DELETE FROM side_rows WHERE conversation = ?", id)
        try database.run("DELETE FROM commit_reports WHERE conversation = ?", room.number)
        try database.run("DELETE FROM commit_blocks WHERE conversation = ?", room.number)
        try MembershipStore.close(id, in: database)
    }

    /// Drops what is kept for the devices of an account that has left.
    static func forget(_ room: BatchWriteStore.Conversation, _ account: AccountID, in database: Database) throws {
        try database.run(
            """
            DELETE FROM cursors WHERE conversation = ? AND device IN (SELECT id FROM devices WHERE account = ?)
            """, room.info.id, account)
        try database.run(
            """
            DELETE FROM welcome_devices WHERE conversation = ? AND device IN (SELECT id FROM devices WHERE account = ?)
            """, room.number, account)
        try database.run(
            "DELETE FROM leaves WHERE conversation = ? AND account = ? AND removed = 1", room.number, account)
    }
}
