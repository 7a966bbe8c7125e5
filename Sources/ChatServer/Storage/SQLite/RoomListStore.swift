import ChatProtocol
import GroupRules
import SQLite
import StoredValues

/// Rooms and their members, as accounts are told of them. Reads only.
enum RoomListStore {
    static func rooms(
        _ selection: RoomSelection, for account: AccountID, limit: Int, in database: Database
    ) throws -> [RoomRecord] {
        let rooms =
            switch selection {
            case .own(let name): try page(account, after: name, withOpen: false, limit, database)
            case .all(let name): try page(account, after: name, withOpen: true, limit, database)
            case .named(let name):
                try database.all(
                    """
                    SELECT r.conversation, r.name, r.access, m.account IS NOT NULL FROM rooms r
                    LEFT JOIN members m ON m.conversation = r.conversation AND m.account = ? WHERE r.name = ?
                    """, account, name.text, read: room)
            case .of(let id):
                try database.all(
                    """
                    SELECT r.conversation, r.name, r.access, m.account IS NOT NULL FROM rooms r
                    LEFT JOIN members m ON m.conversation = r.conversation AND m.account = ? WHERE r.conversation = ?
                    """, account, id, read: room)
            }
        return try rooms.map { room in
            var room = room
            room.admins = try admins(of: room.conversation, in: database)
            guard room.isMember || room.access == .open else { return room }
            let counted = try database.first(
                "SELECT (SELECT count(*) FROM members WHERE conversation = c.id), last_time FROM conversations c WHERE id = ?",
                room.conversation
            ) { (members: $0.unsigned(0), lastTime: $0.timestamp(1)) }
            room.members = UInt32(clamping: counted?.members ?? 0)
            if room.isMember { room.lastTime = counted?.lastTime ?? 0 }
            return room
        }
    }

    private static func page(
        _ account: AccountID, after name: RoomName?, withOpen: Bool, _ limit: Int, _ database: Database
    ) throws -> [RoomRecord] {
        guard withOpen else {
            return try database.all(
                """
                SELECT r.conversation, r.name, r.access, 1 FROM members m JOIN rooms r ON r.conversation = m.conversation
                WHERE m.account = ? AND r.name > ? ORDER BY r.name LIMIT ?
                """, account, name?.text ?? "", limit, read: room)
        }
        return try database.all(
            """
            SELECT r.conversation, r.name, r.access, m.account IS NOT NULL FROM rooms r
            LEFT JOIN members m ON m.conversation = r.conversation AND m.account = ?
            WHERE r.name > ? AND (m.account IS NOT NULL OR r.access = ?) ORDER BY r.name LIMIT ?
            """, account, name?.text ?? "", Int(RoomAccess.open.rawValue), limit, read: room)
    }

    private static func room(_ row: Statement) throws -> RoomRecord {
        guard let access = UInt8(exactly: row.int(2)).flatMap(RoomAccess.init) else {
            throw SQLiteError(kind: .corrupt, message: "a room of no kind", operation: row.sql, path: "")
        }
        return RoomRecord(
            conversation: try row.identifier(0), name: try row.userName(1), access: access, isMember: row.bool(3),
            admins: [], members: 0)
    }

    private static func admins(of room: ConversationID, in database: Database) throws -> [AccountRecord] {
        let ids: [AccountID] = try database.all("SELECT account FROM room_admins WHERE conversation = ?", room) {
            try $0.identifier(0)
        }
        return try DirectoryStore.profiles(ids, in: database).map(\.record)
    }

    static func members(
        of room: ConversationID, for account: AccountID, after: AccountID?, limit: Int, in database: Database
    ) throws -> [RoomMember] {
        guard let asked = try rooms(.of(room), for: account, limit: 1, in: database).first else {
            throw Failure(.noSuchRoom)
        }
        guard account == .server || asked.isMember || asked.access == .open else { throw Failure(.notAMember) }
        let ids: [AccountID] = try database.all(
            "SELECT account FROM members WHERE conversation = ? AND account > ? ORDER BY account LIMIT ?", room,
            after?.bytes ?? [], limit
        ) { try $0.identifier(0) }
        guard let last = ids.last else { return [] }
        let admins = Set(asked.admins.map(\.id))
        let devices = Dictionary(
            grouping: try leaves(of: room, after: after, through: last, in: database), by: \.account)
        let records = try DirectoryStore.profiles(ids, in: database).map(\.record)
        return records.sorted { $0.id < $1.id }.map { record in
            RoomMember(
                account: record, isAdmin: admins.contains(record.id),
                devices: devices[record.id, default: []].map(\.device).prefix(Limits.devicesPerAccount).sorted())
        }
    }

    /// Active devices in the group, of accounts behind one and up to another.
    private static func leaves(
        of room: ConversationID, after: AccountID?, through last: AccountID, in database: Database
    ) throws -> [DeviceReader] {
        try database.all(
            """
            SELECT l.account, l.device FROM conversations c JOIN leaves l ON l.conversation = c.number
            JOIN devices d ON d.id = l.device AND d.state = ?
            WHERE c.id = ? AND l.account > ? AND l.account <= ? AND l.until IS NULL
            """, Int(DeviceState.active.rawValue), room, after?.bytes ?? [], last
        ) { DeviceReader(account: try $0.identifier(0), device: try $0.identifier(1)) }
    }
}
