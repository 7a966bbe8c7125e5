import CLISupport
import ChatProtocol
import GroupRules
import SQLite
import StoredValues

/// What this profile knows of users and rooms, and another device of the account is told: in its identity file, or by who has approved it.
extension ClientStore {
    /// Those that were met last, but for the account itself.
    func keysForOwnDevices(limit: Int) throws -> [KnownKeys.Key] {
        try database.all(
            """
            SELECT p.name, p.account, p.root, p.number, p.head, c.root IS NOT NULL
            FROM pins p LEFT JOIN compared_keys c ON c.name = p.name AND c.root = p.root
            WHERE p.account IS NOT (SELECT account FROM identity) ORDER BY p.pinned DESC, p.name LIMIT ?
            """, limit
        ) { row in
            KnownKeys.Key(
                account: try row.identifier(1), name: try row.userName(0), root: try row.digest(2),
                number: UInt32(truncatingIfNeeded: row.int(3)), head: try row.digest(4), isVerified: row.bool(5))
        }
    }

    func pinsForIdentity() throws -> [IdentityFile.Pin] {
        try keysForOwnDevices(limit: IdentityFile.maximumPins).map { key in
            IdentityFile.Pin(
                name: key.name, account: key.account, root: AccountFingerprint(key.root).description,
                number: key.number, head: key.head.bytes, isVerified: key.isVerified)
        }
    }

    /// Those that were used last.
    func roomsForIdentity() throws -> [IdentityFile.Room] {
        try database.all(
            "SELECT name, conversation FROM room_pins ORDER BY pinned DESC, name LIMIT ?", IdentityFile.maximumRooms
        ) { IdentityFile.Room(name: try $0.userName(0), conversation: try $0.identifier(1)) }
    }

    /// Takes what the file's maker knew of users and rooms. Within a transaction.
    func take(_ file: IdentityFile, now: Timestamp) throws {
        let keys = file.pins.compactMap { pin -> KnownKeys.Key? in
            guard let root = AccountFingerprint(pin.root)?.root, let head = LinkHash(pin.head) else { return nil }
            return KnownKeys.Key(
                account: pin.account, name: pin.name, root: root, number: pin.number, head: head,
                isVerified: pin.isVerified)
        }
        try take(keys, of: file.account, file.generation, now: now)
        for room in file.rooms {
            try database.run(
                "INSERT OR IGNORE INTO room_pins(name, conversation, pinned) VALUES (?, ?, ?)", room.name.text,
                room.conversation, now)
        }
    }

    /// Takes whom another device of this account knows; what is known here stays. The chains themselves are read before anybody is written
    /// to. Within a transaction.
    func take(_ keys: [KnownKeys.Key], of own: AccountID, _ generation: StoreGeneration, now: Timestamp) throws {
        for key in keys where key.account != own {
            try database.run(
                """
                INSERT OR IGNORE INTO pins(account, name, root, present, number, head, generation, pinned, told)
                VALUES (?1, ?2, ?3, ?3, ?4, ?5, ?6, ?7, 1)
                """, key.account, key.name.text, key.root, Int(key.number), key.head, generation, now)
            guard key.isVerified else { continue }
            try database.run(
                """
                INSERT OR IGNORE INTO compared_keys(name, root, time)
                SELECT name, root, ?1 FROM pins WHERE account = ?2 AND name = ?3 AND root = ?4
                """, now, key.account, key.name.text, key.root)
        }
    }
}
