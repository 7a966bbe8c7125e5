import ChatProtocol
import GroupRules
import SQLite
import StoredValues

/// Rooms, as an administrator is told of them. Reads only.
enum RoomSurveyStore {
    static func rooms(_ selection: RoomSurvey, limit: Int, in database: Database) throws -> [SurveyedRoom] {
        switch selection {
        case .all(let name):
            try database.all(
                """
                SELECT r.conversation, r.name, r.access, c.incarnation, c.epoch, c.number, c.message_first
                FROM rooms r JOIN conversations c ON c.id = r.conversation WHERE r.name > ? ORDER BY r.name LIMIT ?
                """, name?.text ?? "", limit
            ) { try read($0, in: database) }
        case .named(let name):
            try database.all(
                """
                SELECT r.conversation, r.name, r.access, c.incarnation, c.epoch, c.number, c.message_first
                FROM rooms r JOIN conversations c ON c.id = r.conversation WHERE r.name = ?
                """, name.text
            ) { try read($0, in: database) }
        case .left(let account, let name):
            try database.all(
                """
                SELECT r.conversation, r.name, r.access, c.incarnation, c.epoch, c.number, c.message_first
                FROM room_admins g JOIN rooms r ON r.conversation = g.conversation
                JOIN conversations c ON c.id = r.conversation WHERE g.account = ? AND r.name > ?
                AND NOT EXISTS(SELECT 1 FROM room_admins o JOIN accounts a ON a.id = o.account
                    WHERE o.conversation = r.conversation AND o.account <> g.account AND a.flags & ? = 0)
                ORDER BY r.name LIMIT ?
                """, account, name?.text ?? "", LeafStore.goneAccounts, limit
            ) { try read($0, in: database) }
        }
    }

    private static func read(_ row: Statement, in database: Database) throws -> SurveyedRoom {
        guard let access = UInt8(exactly: row.int(2)).flatMap(RoomAccess.init) else {
            throw SQLiteError(kind: .corrupt, message: "a room of no kind", operation: row.sql, path: "")
        }
        let id: ConversationID = try row.identifier(0)
        let (number, first) = (row.conversationNumber(5), row.sequenceNumber(6))
        return SurveyedRoom(
            conversation: id, name: RoomName(try row.userName(1)), access: access,
            mark: GroupMark(incarnation: row.incarnation(3), epoch: row.epoch(4)),
            members: try members(of: id, in: database), devices: try devices(in: number, of: id, database),
            admins: try admins(of: id, in: database), lastMessage: try lastMessage(in: number, from: first, database))
    }

    private static func members(of room: ConversationID, in database: Database) throws -> Int {
        try database.first(
            """
            SELECT count(*) FROM members m JOIN accounts a ON a.id = m.account
            WHERE m.conversation = ? AND a.flags & ? = 0
            """, room, LeafStore.goneAccounts
        ) { $0.int(0) } ?? 0
    }

    private static func devices(in number: ConversationNumber, of room: ConversationID, _ database: Database) throws
        -> Int
    {
        try database.first(
            """
            SELECT count(*) FROM leaves l JOIN devices d ON d.id = l.device AND d.state = ?
            JOIN members m ON m.conversation = ? AND m.account = l.account
            JOIN accounts a ON a.id = l.account AND a.flags & ? = 0
            WHERE l.conversation = ? AND l.until IS NULL
            """, Int(DeviceState.active.rawValue), room, LeafStore.goneAccounts, number
        ) { $0.int(0) } ?? 0
    }

    private static func admins(of room: ConversationID, in database: Database) throws -> [UserName] {
        try database.all(
            """
            SELECT a.name FROM room_admins g JOIN accounts a ON a.id = g.account
            WHERE g.conversation = ? AND a.flags & ? = 0 ORDER BY a.name
            """, room, LeafStore.goneAccounts
        ) { try $0.userName(0) }
    }

    private static func lastMessage(
        in number: ConversationNumber, from first: SequenceNumber, _ database: Database
    ) throws -> Timestamp? {
        try database.first(
            """
            SELECT time FROM entries WHERE key >= ? AND key <= ? AND kind NOT IN (3, 4) ORDER BY key DESC LIMIT 1
            """, EntryKey.of(first, in: number), EntryKey.last(in: number)
        ) { $0.timestamp(0) }
    }
}
