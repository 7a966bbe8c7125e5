import CLISupport
import ChatProtocol
import GroupRules
import SQLite
import StoredValues

/// What this profile knows of users and rooms, and another device of the account is given in its identity file.
extension ClientStore {
    /// Those that were met last, but for the account itself.
    func pinsForIdentity() throws -> [IdentityFile.Pin] {
        try database.all(
            """
            SELECT p.name, p.account, p.root, p.number, p.head, c.root IS NOT NULL
            FROM pins p LEFT JOIN compared_keys c ON c.name = p.name AND c.root = p.root
            WHERE p.account IS NOT (SELECT account FROM identity) ORDER BY p.pinned DESC, p.name LIMIT ?
            """, IdentityFile.maximumPins
        ) { row in
            let root: AccountRoot = try row.digest(2)
            let head: LinkHash = try row.digest(4)
            return IdentityFile.Pin(
                name: try row.userName(0), account: try row.identifier(1),
                root: AccountFingerprint(root).description, number: UInt32(truncatingIfNeeded: row.int(3)),
                head: head.bytes, isVerified: row.bool(5))
        }
    }

    /// Those that were used last.
    func roomsForIdentity() throws -> [IdentityFile.Room] {
        try database.all(
            "SELECT name, conversation FROM room_pins ORDER BY pinned DESC, name LIMIT ?", IdentityFile.maximumRooms
        ) { IdentityFile.Room(name: try $0.userName(0), conversation: try $0.identifier(1)) }
    }

    /// Takes what the file's maker knew of users and rooms; what is known here stays. The chains themselves are read before anybody is
    /// written to. Within a transaction.
    func take(_ file: IdentityFile, now: Timestamp) throws {
        for pin in file.pins where pin.account != file.account {
            guard let root = AccountFingerprint(pin.root)?.root else { continue }
            try database.run(
                """
                INSERT OR IGNORE INTO pins(account, name, root, present, number, head, generation, pinned, told)
                VALUES (?1, ?2, ?3, ?3, ?4, ?5, ?6, ?7, 1)
                """, pin.account, pin.name.text, root, Int(pin.number), pin.head, file.generation, now)
            guard database.changes > 0, pin.isVerified else { continue }
            try database.run(
                "INSERT OR IGNORE INTO compared_keys(name, root, time) VALUES (?, ?, ?)", pin.name.text, root, now)
        }
        for room in file.rooms {
            try database.run(
                "INSERT OR IGNORE INTO room_pins(name, conversation, pinned) VALUES (?, ?, ?)", room.name.text,
                room.conversation, now)
        }
    }
}
