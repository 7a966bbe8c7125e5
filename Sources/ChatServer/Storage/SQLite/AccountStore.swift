import ChatProtocol
import SQLite
import StoredValues

/// The table of accounts. Confined to the thread of its database; what changes something is a transaction of its own
/// unless it says otherwise.
package struct AccountStore {
    package let database: Database

    package init(database: Database) { self.database = database }

    // MARK: Reading

    package func account(named name: UserName) throws -> StoredAccount? {
        try database.first(
            """
            SELECT id, name, display_name, password_hash, hash_origin, flags, created, last_seen
            FROM accounts WHERE name = ?
            """, name.text, read: Self.read)
    }

    package func account(_ id: AccountID) throws -> StoredAccount? {
        try database.first(
            """
            SELECT id, name, display_name, password_hash, hash_origin, flags, created, last_seen
            FROM accounts WHERE id = ?
            """, id, read: Self.read)
    }

    package func accounts(after name: String, limit: Int) throws -> [CountedAccount] {
        try database.all(
            """
            SELECT id, name, display_name, password_hash, hash_origin, flags, created, last_seen,
                (SELECT count(*) FROM devices d WHERE d.account = accounts.id AND d.state <> ?)
            FROM accounts WHERE name > ? ORDER BY name LIMIT ?
            """, Int(DeviceState.revoked.rawValue), name, limit
        ) { CountedAccount(account: try Self.read($0), devices: $0.int(8)) }
    }

    /// How many accounts are not deleted.
    package func count() throws -> Int {
        try database.first(
            "SELECT count(*) FROM accounts WHERE flags & ? = 0", Int(AccountRecord.Flags.deleted.rawValue)
        ) { $0.int(0) } ?? 0
    }

    /// The cost of the dearest imported hash; 0 without any.
    package func dearestImportedCost() throws -> Int {
        try database.first(
            """
            SELECT CAST(substr(password_hash, 5, 2) AS INTEGER) FROM accounts WHERE hash_origin = 1
            ORDER BY CAST(substr(password_hash, 5, 2) AS INTEGER) DESC LIMIT 1
            """
        ) { $0.int(0) } ?? 0
    }

    // MARK: Changing

    /// Adds an account; one that is there already stays as it is. Part of the caller's transaction.
    ///
    /// - Returns: whether it was added.
    /// - Throws: `nameTaken`, also where the name was that of a deleted account.
    @discardableResult
    package func insert(_ account: StoredAccount) throws -> Bool {
        if let kept = try self.account(named: account.record.name) {
            guard kept.record.id == account.record.id else { throw Failure(.nameTaken) }
            return false
        }
        try database.run(
            """
            INSERT INTO accounts(id, name, display_name, password_hash, hash_origin, flags, created)
            VALUES(?, ?, ?, ?, ?, ?, ?)
            """, account.record.id, account.record.name.text, account.record.displayName, account.passwordHash,
            account.hashOrigin.rawValue, Int(account.record.flags.rawValue), account.created)
        return true
    }

    /// Sets the password's hash, which is then of our own making.
    ///
    /// - Parameter old: only where this hash is still there; nil: whatever is there.
    /// - Returns: whether it is set now.
    package func setPassword(_ hash: PasswordHash, of account: AccountID, replacing old: String? = nil) throws -> Bool {
        try database.run(
            """
            UPDATE accounts SET password_hash = ?1, hash_origin = 0
            WHERE id = ?2 AND flags & ?3 = 0 AND (?4 IS NULL OR password_hash IN (?1, ?4))
            """, hash.text, account, Int(AccountRecord.Flags.deleted.rawValue), old)
        return database.changes > 0
    }

    /// Sets and clears flags.
    package func setFlags(
        _ set: AccountRecord.Flags, clearing clear: AccountRecord.Flags = [], of account: AccountID
    ) throws {
        try database.run(
            "UPDATE accounts SET flags = (flags & ~?) | ? WHERE id = ?", Int(clear.rawValue), Int(set.rawValue), account
        )
    }

    package func setDisplayName(_ text: String, of account: AccountID) throws {
        try database.run("UPDATE accounts SET display_name = ? WHERE id = ?", text, account)
    }

    /// Takes away everything of an account but its identifier and its name, which nobody else shall ever have. Part of
    /// the caller's transaction.
    ///
    /// - Parameter erasing: its messages are to be erased, where that was not said before.
    package func delete(_ account: AccountID, erasing: Bool) throws {
        try database.run(
            """
            UPDATE accounts SET display_name = '', password_hash = '', hash_origin = 0,
                flags = (flags | ?) & ~?, erased = max(erased, ?) WHERE id = ?
            """, Int(AccountRecord.Flags.deleted.rawValue), Int(AccountRecord.Flags.administrator.rawValue), erasing,
            account)
    }

    private static func read(_ row: Statement) throws -> StoredAccount {
        guard let name = UserName(row.text(1)) else {
            throw SQLiteError(kind: .corrupt, message: "a name has another form", operation: row.sql, path: "")
        }
        let flags = AccountRecord.Flags(rawValue: UInt8(truncatingIfNeeded: row.integer(5)))
        let record = AccountRecord(id: try row.identifier(0), name: name, displayName: row.text(2), flags: flags)
        return StoredAccount(
            record: record, passwordHash: row.text(3), hashOrigin: .init(rawValue: row.int(4)) ?? .imported,
            created: row.timestamp(6), lastSeen: row.timestamp(7))
    }
}
