import ChatProtocol
import SQLite
import StoredValues

/// The tables of devices and their keys. Every method that changes something is part of the caller's transaction.
package struct DeviceStore {
    package let database: Database

    package init(database: Database) { self.database = database }

    // MARK: Reading

    /// The account's devices that are not revoked, oldest first.
    package func devices(of account: AccountID) throws -> [DeviceRecord] {
        try database.all(
            """
            SELECT id, name, state, created, last_seen FROM devices WHERE account = ? AND state <> ?
            ORDER BY created, id
            """, account, Int(DeviceState.revoked.rawValue)
        ) { row in
            DeviceRecord(
                id: try row.identifier(0), name: row.text(1), state: Self.state(row, 2), created: row.timestamp(3),
                lastSeen: row.timestamp(4), online: false)
        }
    }

    /// A device's name and state; nil where the account has no such device.
    package func device(_ device: DeviceID, of account: AccountID) throws -> (name: String, state: DeviceState)? {
        try database.first("SELECT name, state FROM devices WHERE id = ? AND account = ?", device, account) { row in
            (row.text(0), Self.state(row, 1))
        }
    }

    /// What a login by Ed25519 key is checked against; nil where there is no such device or it has no such key.
    package func loginRow(_ device: DeviceID, of account: AccountID) throws -> DeviceLoginRow? {
        try database.first(
            """
            SELECT d.name, d.state, k.public_key, d.login_high, d.login_window, a.name, a.display_name, a.flags
            FROM devices d JOIN accounts a ON a.id = d.account
            JOIN device_keys k ON k.device = d.id AND k.purpose = ? AND k.algorithm = ?
            WHERE d.id = ? AND d.account = ?
            """, Int(KeyPurpose.login.rawValue), Int(KeyAlgorithm.ed25519.rawValue), device, account
        ) { row in
            guard let name = UserName(row.text(5)) else { return nil }
            let flags = AccountRecord.Flags(rawValue: UInt8(truncatingIfNeeded: row.integer(7)))
            return DeviceLoginRow(
                account: AccountRecord(id: account, name: name, displayName: row.text(6), flags: flags),
                name: row.text(0), state: Self.state(row, 1), key: row.bytes(2),
                window: LoginWindow(high: row.loginNumber(3), bitmap: row.bytes(4)))
        } ?? nil
    }

    package func count() throws -> Int {
        try database.first("SELECT count(*) FROM devices WHERE state <> ?", Int(DeviceState.revoked.rawValue)) {
            $0.int(0)
        } ?? 0
    }

    // MARK: Changing

    /// Adds a device; one that is there already stays as it is.
    ///
    /// - Throws: `tooManyDevices`.
    package func insert(_ device: NewDevice, account: AccountID, time: Timestamp) throws {
        guard try self.device(device.id, of: account) == nil else { return }
        guard try devices(of: account).count < Limits.devicesPerAccount else { throw Failure(.tooManyDevices) }
        try database.run(
            "INSERT INTO devices(id, account, name, state, created, certificate) VALUES(?, ?, ?, ?, ?, ?)", device.id,
            account, device.name, Int(DeviceState.active.rawValue), time, device.certificate)
        try insert(device.keys, of: device.id, time: time)
    }

    /// Gives a device that logs in by password again its new description. Where it brings another login key, its login
    /// numbers begin anew.
    ///
    /// - Throws: `noSuchDevice`, `deviceRevoked`.
    package func takeUp(_ device: NewDevice, account: AccountID, time: Timestamp) throws {
        guard let kept = try self.device(device.id, of: account) else { throw Failure(.noSuchDevice) }
        guard kept.state != .revoked else { throw Failure(.deviceRevoked) }
        let old = try loginRow(device.id, of: account)?.key
        try database.run(
            "UPDATE devices SET name = ?, certificate = ?, state = ? WHERE id = ?", device.name, device.certificate,
            Int(DeviceState.active.rawValue), device.id)
        guard !device.keys.isEmpty else { return }
        try database.run("DELETE FROM device_keys WHERE device = ?", device.id)
        try insert(device.keys, of: device.id, time: time)
        if device.keys.first(where: { $0.purpose == .login })?.publicKey != old {
            try save(LoginWindow(), of: device.id)
        }
    }

    /// Uses up a login number: in one statement where nothing has changed since `row` was read, otherwise in a transaction
    /// that reads it again. Not part of a transaction.
    package func use(
        _ number: LoginNumber, of device: DeviceID, checkedAgainst row: DeviceLoginRow
    ) throws -> DeviceLoginRow {
        let account = row.account.id
        if let used = try? row.using(number, of: row) {
            try database.run(
                """
                UPDATE devices SET login_high = ?1, login_window = ?2
                WHERE id = ?3 AND account = ?4 AND name = ?5 AND state = ?6 AND login_high = ?7 AND login_window = ?8
                    AND EXISTS(SELECT 1 FROM accounts a WHERE a.id = ?4 AND a.display_name = ?9 AND a.flags = ?10)
                    AND EXISTS(SELECT 1 FROM device_keys k WHERE k.device = ?3 AND k.purpose = ?11
                        AND k.algorithm = ?12 AND k.public_key = ?13)
                """, used.window.high, used.window.bitmap, device, account, row.name, Int(row.state.rawValue),
                row.window.high, row.window.bitmap, row.account.displayName, Int(row.account.flags.rawValue),
                Int(KeyPurpose.login.rawValue), Int(KeyAlgorithm.ed25519.rawValue), row.key)
            if database.changes > 0 { return used }
        }
        return try database.transaction {
            let used = try row.using(number, of: loginRow(device, of: account))
            try save(used.window, of: device)
            return used
        }
    }

    package func save(_ window: LoginWindow, of device: DeviceID) throws {
        try database.run(
            "UPDATE devices SET login_high = ?, login_window = ? WHERE id = ?", window.high, window.bitmap, device)
    }

    /// - Throws: `noSuchDevice`.
    package func rename(_ device: DeviceID, of account: AccountID, to name: String) throws {
        try database.run(
            "UPDATE devices SET name = ? WHERE id = ? AND account = ? AND state <> ?", name, device, account,
            Int(DeviceState.revoked.rawValue))
        guard database.changes > 0 else { throw Failure(.noSuchDevice) }
    }

    /// Revokes a device; its key stays, so that it can be told so. One that is revoked already stays so.
    ///
    /// Of those that were revoked before, the account keeps as many as it may have devices: else making and revoking
    /// them would fill the store.
    ///
    /// - Throws: `noSuchDevice`.
    package func revoke(_ device: DeviceID, of account: AccountID) throws {
        try database.run(
            "UPDATE devices SET state = ? WHERE id = ? AND account = ?", Int(DeviceState.revoked.rawValue), device,
            account)
        guard database.changes > 0 else { throw Failure(.noSuchDevice) }
        let forgotten: [DeviceID] = try database.all(
            """
            SELECT id FROM devices WHERE account = ? AND state = ? AND id <> ?
            ORDER BY created DESC, id LIMIT -1 OFFSET ?
            """, account, Int(DeviceState.revoked.rawValue), device, Limits.devicesPerAccount - 1
        ) { try $0.identifier(0) }
        for old in forgotten { try forget(old) }
    }

    /// Removes a device. How far the account has come is kept with its memberships.
    private func forget(_ device: DeviceID) throws {
        try database.run("DELETE FROM cursors WHERE device = ?", device)
        try database.run("DELETE FROM device_keys WHERE device = ?", device)
        try database.run("DELETE FROM devices WHERE id = ?", device)
    }

    /// Revokes all devices of an account but one.
    ///
    /// - Returns: all but this one that are revoked, also those that were before.
    package func revokeAll(of account: AccountID, except kept: DeviceID? = nil) throws -> [DeviceID] {
        for device in try devices(of: account).map(\.id) where device != kept { try revoke(device, of: account) }
        return try database.all(
            "SELECT id FROM devices WHERE account = ? AND state = ? ORDER BY id", account,
            Int(DeviceState.revoked.rawValue)
        ) { try $0.identifier(0) }
    }

    private func insert(_ keys: [DeviceKey], of device: DeviceID, time: Timestamp) throws {
        for key in keys {
            try database.run(
                "INSERT INTO device_keys(device, purpose, algorithm, public_key, created) VALUES(?, ?, ?, ?, ?)",
                device, Int(key.purpose.rawValue), Int(key.algorithm.rawValue), key.publicKey, time)
        }
    }

    /// An unknown state is one that may do nothing.
    private static func state(_ row: Statement, _ column: Int32) -> DeviceState {
        DeviceState(rawValue: UInt8(truncatingIfNeeded: row.integer(column))) ?? .revoked
    }
}
