import ChatProtocol
import GroupRules
import SQLite
import StoredValues
import WireCodec

/// What is known of somebody's keys, when that was looked at, and what is wrong with it.
struct KeyRecord: Sendable {
    /// What the server, or the pin, calls the account.
    var name: UserName
    var person: PersonKeys
    /// A person was told of the first use.
    var isTold: Bool
    /// When its chain was met first.
    var pinned: Timestamp?
    /// Nil: its chain was never asked for.
    var looked: Timestamp?
    /// There is more of its chain than was seen.
    var isWanted: Bool
}

/// Whom keys belong to here: pins, what was compared, and evidence.
extension ClientStore {
    /// What is known of the keys of an account that is spoken to as `name`.
    ///
    /// - Parameter compared: the root that a list of keys names, which goes before what the store says.
    func keyRecord(
        of account: AccountID, named name: UserName, compared: AccountRoot?
    ) throws -> KeyRecord {
        let record = try database.first(
            """
            SELECT p.name, p.root, p.number, p.head, p.present, p.told, o.account, c.root, l.looked, l.wanted,
                (SELECT text FROM key_alarms WHERE account = w.account OR name = w.name LIMIT 1),
                w.account = (SELECT account FROM identity), p.pinned
            FROM (SELECT ?1 AS account, ?2 AS name) w LEFT JOIN pins p ON p.account = w.account
                LEFT JOIN pins o ON o.name = w.name LEFT JOIN compared_keys c ON c.name = w.name
                LEFT JOIN chain_looks l ON l.account = w.account
            """, account, name.text
        ) { row in
            let pin =
                row.isNull(0)
                ? nil
                : AccountPin(
                    name: try row.userName(0), account: account, root: try row.digest(1),
                    number: UInt32(truncatingIfNeeded: row.int(2)), head: try row.digest(3))
            let person = PersonKeys(
                account: account, called: name, isOwn: row.bool(11), owner: try row.optionalIdentifier(6), pin: pin,
                root: try row.optionalDigest(4), compared: try compared ?? row.optionalDigest(7),
                alarm: row.optionalText(10))
            return KeyRecord(
                name: name, person: person, isTold: row.bool(5), pinned: row.optionalTimestamp(12),
                looked: row.optionalTimestamp(8),
                isWanted: row.bool(9))
        }
        guard let record else {
            throw SQLiteError(kind: .corrupt, message: "pins", operation: "keys", path: directory.storeFile)
        }
        return record
    }

    /// Accounts that are pinned, by their names.
    func pinnedAccounts() throws -> [(account: AccountID, name: UserName)] {
        try database.all("SELECT account, name FROM pins ORDER BY name") { row in
            (account: try row.identifier(0), name: try row.userName(1))
        }
    }

    /// Whom a name is: as the server told last or, with `orPinned`, whom it is pinned to, which goes before.
    func account(named name: UserName, orPinned: Bool) throws -> AccountID? {
        let pinned: AccountID? = try database.first("SELECT account FROM pins WHERE name = ?", name.text) {
            try $0.identifier(0)
        }
        return try pinned ?? account(named: name)
    }

    /// Whether the store knows of keys: one that cannot be written may be of an older version.
    func knowsKeys() throws -> Bool { try database.schemaVersion(for: ClientSchema.schema) >= ClientSchema.keys }

    // MARK: Looking

    /// An account's chain was looked at. Within a transaction.
    func noteLook(at account: AccountID, now: Timestamp) throws {
        try database.run(
            """
            INSERT INTO chain_looks(account, looked, wanted) VALUES (?, ?, 0)
            ON CONFLICT(account) DO UPDATE SET looked = excluded.looked, wanted = 0
            """, account, now)
    }

    /// Whether an account's chain was ever asked for.
    func hasLooked(at account: AccountID) throws -> Bool {
        try database.first("SELECT 1 FROM chain_looks WHERE account = ?", account) { _ in true } ?? false
    }

    /// There is more of an account's chain than is held. Within a transaction.
    func noteWanted(_ account: AccountID) throws {
        try database.run("UPDATE chain_looks SET wanted = 1 WHERE account = ?", account)
    }

    /// Whoever a message was queued for since the last look may have another key by now. Within a transaction.
    func noteWantedByOutbox() throws {
        try database.run(
            """
            UPDATE chain_looks SET wanted = 1 WHERE wanted = 0 AND EXISTS (
                SELECT 1 FROM outbox o JOIN accounts a ON o.target = '@' || a.name
                WHERE a.id = chain_looks.account AND o.failed = 0 AND o.queued >= chain_looks.looked)
            """)
    }

    /// A restored server may have less of every chain than is held here. Within a transaction.
    func noteAllWanted() throws { try database.run("UPDATE chain_looks SET wanted = 1") }

    /// Accounts whose chains were met in another life of the server's store, and not looked at since.
    func accountsOfOtherLife(
        _ generation: StoreGeneration, limit: Int
    ) throws -> [(account: AccountID, name: UserName)] {
        try database.all(
            """
            SELECT p.account, p.name FROM pins p JOIN chain_looks l ON l.account = p.account
            WHERE p.generation <> ? AND l.wanted = 1 ORDER BY l.looked DESC LIMIT ?
            """, generation, limit
        ) { row in (account: try row.identifier(0), name: try row.userName(1)) }
    }

    /// A person knows whose key was met. Within a transaction.
    ///
    /// - Returns: whether nobody knew before.
    func noteTold(_ account: AccountID) throws -> Bool {
        try database.run("UPDATE pins SET told = 1 WHERE account = ? AND told = 0", account)
        return database.changes > 0
    }

    // MARK: What somebody has compared

    func comparedRoot(of name: UserName) throws -> AccountRoot? {
        try database.first("SELECT root FROM compared_keys WHERE name = ?", name.text) { try $0.digest(0) }
    }

    func comparedKeys() throws -> [(name: UserName, root: AccountRoot)] {
        try database.all("SELECT name, root FROM compared_keys ORDER BY name") { row in
            (name: try row.userName(0), root: try row.digest(1))
        }
    }

    /// Somebody has compared a fingerprint. Within a transaction.
    func setCompared(_ name: UserName, _ root: AccountRoot, now: Timestamp) throws {
        try database.run(
            """
            INSERT INTO compared_keys(name, root, time) VALUES (?, ?, ?)
            ON CONFLICT(name) DO UPDATE SET root = excluded.root, time = excluded.time
            """, name.text, root, now)
    }

    /// Another root of an account is trusted from now on; what was compared of the former counts no more. Within a transaction.
    func trust(_ root: AccountRoot, of account: AccountID, named name: UserName) throws {
        try database.run("UPDATE pins SET root = ?, told = 1 WHERE account = ?", root, account)
        try database.run("DELETE FROM compared_keys WHERE name = ? AND root <> ?", name.text, root)
    }

    // MARK: Alarms

    /// Keeps a chain that cannot be believed, and why. Within a transaction.
    func raiseAlarm(_ chain: AccountChain, _ name: UserName, _ text: String, now: Timestamp) throws {
        var links = WireWriter()
        for link in chain.links { links.write(vector: link.wireBytes) }
        try raiseAlarm(of: chain.place.account, name, text, links: links.bytes, now: now)
    }

    /// The first evidence stays: what comes later may be made to cover it.
    func raiseAlarm(
        of account: AccountID, _ name: UserName, _ text: String, links: [UInt8] = [], now: Timestamp
    ) throws {
        try database.run(
            "INSERT OR IGNORE INTO key_alarms(account, name, text, time, links) VALUES (?, ?, ?, ?, ?)", account,
            name.text, text, now, links)
        try noteLook(at: account, now: now)
    }

    /// Forgets the accounts of which something cannot be believed under a name, the evidence, and what was compared. Within a
    /// transaction.
    ///
    /// - Returns: whether there was an alarm.
    func forgetAlarms(of name: UserName) throws -> Bool {
        let alarmed: [AccountID] = try database.all(
            "SELECT account FROM key_alarms WHERE name = ?1 OR account IN (SELECT account FROM pins WHERE name = ?1)",
            name.text
        ) { try $0.identifier(0) }
        guard !alarmed.isEmpty else { return false }
        let pinned: [AccountID] = try database.all("SELECT account FROM pins WHERE name = ?", name.text) {
            try $0.identifier(0)
        }
        for account in Set(alarmed + pinned) {
            try database.run("DELETE FROM pins WHERE account = ?", account)
            try database.run("DELETE FROM chain_links WHERE account = ?", account)
            try database.run("DELETE FROM chain_renewals WHERE account = ?", account)
            try database.run("DELETE FROM chain_looks WHERE account = ?", account)
            try database.run("DELETE FROM key_alarms WHERE account = ?", account)
        }
        try database.run("DELETE FROM compared_keys WHERE name = ?", name.text)
        return true
    }

    func keyAlarms() throws -> [(name: UserName, text: String, time: Timestamp)] {
        try database.all("SELECT name, text, time FROM key_alarms ORDER BY time, name") { row in
            (name: try row.userName(0), text: row.text(1), time: row.timestamp(2))
        }
    }
}
