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
            SELECT id, name, state, created, last_seen, left_grant FROM devices WHERE account = ? AND state <> ?
            ORDER BY created, id
            """, account, Int(DeviceState.revoked.rawValue)
        ) { row in
            DeviceRecord(
                id: try row.identifier(0), name: row.text(1), state: row.deviceState(2), created: row.timestamp(3),
                lastSeen: row.timestamp(4), online: false, grant: row.bytes(5))
        }
    }

    /// A device's name and state; nil where the account has no such device.
    package func device(_ device: DeviceID, of account: AccountID) throws -> (name: String, state: DeviceState)? {
        try database.first("SELECT name, state FROM devices WHERE id = ? AND account = ?", device, account) { row in
            (row.text(0), row.deviceState(1))
        }
    }

    /// What a login by Ed25519 key is checked against; nil where there is no such device or it has no such key.
    package func loginRow(_ device: DeviceID, of account: AccountID) throws -> DeviceLoginRow? {
        try database.first(
            """
            SELECT d.name, d.state, k.public_key, d.login_high, d.login_window, a.name, a.display_name, a.flags,
                a.chain_count, a.chain_head, (SELECT count(*) FROM devices w
                    WHERE w.account = a.id AND w.state = ? AND length(w.left_grant) > 0)
            FROM devices d JOIN accounts a ON a.id = d.account
            JOIN device_keys k ON k.device = d.id AND k.purpose = ? AND k.algorithm = ?
            WHERE d.id = ? AND d.account = ?
            """, Int(DeviceState.pending.rawValue), Int(KeyPurpose.login.rawValue),
            Int(KeyAlgorithm.ed25519.rawValue), device, account
        ) { row in
            guard let name = UserName(row.text(5)) else { return nil }
            let flags = AccountRecord.Flags(rawValue: UInt8(truncatingIfNeeded: row.integer(7)))
            return DeviceLoginRow(
                account: AccountRecord(id: account, name: name, displayName: row.text(6), flags: flags),
                name: row.text(0), state: row.deviceState(1), key: row.bytes(2),
                window: LoginWindow(high: row.loginNumber(3), bitmap: row.bytes(4)),
                chain: ChainStanding(head: row.chainHead(8), waiting: UInt8(clamping: row.int(10))))
        } ?? nil
    }

    /// Where the chain stands, for the account's own devices.
    func standing(of account: AccountID) throws -> ChainStanding {
        try database.first(
            """
            SELECT chain_count, chain_head, (SELECT count(*) FROM devices w
                WHERE w.account = a.id AND w.state = ? AND length(w.left_grant) > 0) FROM accounts a WHERE id = ?
            """, Int(DeviceState.pending.rawValue), account
        ) { ChainStanding(head: $0.chainHead(0), waiting: UInt8(clamping: $0.int(2))) } ?? ChainStanding()
    }

    /// The device that a login by password has begun with the same login key, and that a password alone takes up; nil where there is none.
    func begun(_ device: NewDevice, of account: AccountID) throws -> DeviceID? {
        guard let key = device.loginKey else { return nil }
        let states = try standing(of: account).head == .none ? [DeviceState.pending, .active] : [.pending]
        let found: [(DeviceID, DeviceState)] = try database.all(
            """
            SELECT d.id, d.state FROM devices d JOIN device_keys k ON k.device = d.id
            WHERE d.account = ? AND k.purpose = ? AND k.algorithm = ? AND k.public_key = ?
            """, account, Int(KeyPurpose.login.rawValue), Int(KeyAlgorithm.ed25519.rawValue), key
        ) { (try $0.identifier(0), $0.deviceState(1)) }
        return found.first { states.contains($0.1) }?.0
    }

    package func count() throws -> Int {
        try database.first("SELECT count(*) FROM devices WHERE state <> ?", Int(DeviceState.revoked.rawValue)) {
            $0.int(0)
        } ?? 0
    }

    // MARK: Changing

    /// Adds a device; one that is there already stays as it is. Where the account has a chain, the device waits to be added to it.
    ///
    /// - Parameter isStranger: it is made by the account's password alone: few of these may wait.
    /// - Throws: `tooManyDevices`; `noSuchDevice` where it is another account's.
    package func insert(_ device: NewDevice, account: AccountID, isStranger: Bool = true, time: Timestamp) throws {
        guard try self.device(device.id, of: account) == nil else { return }
        try DeviceStateStore(database: database).endWaiting(of: account, at: time)
        let waits = try standing(of: account).head != .none
        let kept = try devices(of: account)
        guard kept.count < Limits.devicesPerAccount else { throw Failure(.tooManyDevices) }
        if waits, isStranger, kept.count(where: { $0.state == .pending }) >= Limits.pendingDevices {
            throw Failure(
                .tooManyDevices, sentence: "\(Limits.pendingDevices) devices of the account wait to be approved already"
            )
        }
        try insert(device, account: account, state: waits ? .pending : .active, time: time)
    }

    private func insert(_ device: NewDevice, account: AccountID, state: DeviceState, time: Timestamp) throws {
        let isTaken = try database.first("SELECT 1 FROM devices WHERE id = ?", device.id) { _ in true } ?? false
        guard !isTaken else { throw Failure(.noSuchDevice) }
        let isActive = state == .active
        try database.run(
            """
            INSERT INTO devices(id, account, name, state, created, certificate, activated, pending_since)
            VALUES(?, ?, ?, ?, ?, ?, ?, ?)
            """, device.id, account, device.name, Int(state.rawValue), time, device.certificate, isActive ? time : 0,
            isActive ? 0 : time)
        try insert(device.keys, of: device.id, time: time)
    }

    /// Gives a device that logs in by password again its new description. Where it brings another login key, its login
    /// numbers begin anew.
    ///
    /// - Parameter proven: where the chain stood, in which the key that the device proved is its own. An active device of an account with
    ///   a chain needs that: a password alone is no device. One that a restored store does not know is made anew by it.
    /// - Throws: `noSuchDevice`, `deviceRevoked`, `badProof`.
    package func takeUp(_ device: NewDevice, account: AccountID, proven: ChainHead?, time: Timestamp) throws {
        let head = try standing(of: account).head
        let isProven = head != .none && proven == head
        guard let kept = try self.device(device.id, of: account) else {
            guard isProven else { throw Failure(.noSuchDevice) }
            return try insert(device, account: account, state: .active, time: time)
        }
        guard kept.state == .active || kept.state == .pending else { throw Failure(.deviceRevoked) }
        guard kept.state == .pending || head == .none || isProven else { throw Failure.deviceNotProven }
        try describe(device, of: account, time: time)
    }

    /// The device of an identity file begins: with its description, one that a restored store does not know too.
    func begin(_ device: NewDevice, of account: AccountID, time: Timestamp) throws {
        guard try self.device(device.id, of: account) != nil else {
            return try insert(device, account: account, state: .active, time: time)
        }
        try describe(device, of: account, time: time)
    }

    /// A new name, and new keys in the place of those for the same.
    private func describe(_ device: NewDevice, of account: AccountID, time: Timestamp) throws {
        let old = try loginRow(device.id, of: account)?.key
        try database.run("UPDATE devices SET name = ? WHERE id = ?", device.name, device.id)
        if !device.certificate.isEmpty {
            try database.run("UPDATE devices SET certificate = ? WHERE id = ?", device.certificate, device.id)
        }
        for key in device.keys {
            try database.run(
                "DELETE FROM device_keys WHERE device = ? AND purpose = ? AND algorithm = ?", device.id,
                Int(key.purpose.rawValue), Int(key.algorithm.rawValue))
        }
        try insert(device.keys, of: device.id, time: time)
        if let key = device.keys.first(where: { $0.purpose == .login })?.publicKey, key != old {
            try save(LoginWindow(), of: device.id)
        }
    }

    /// Uses up a login number of a device; nil where there is none, or it has no key by which the login is signed.
    func use(
        _ number: LoginNumber, of device: DeviceID, account: AccountID, ifSigned isSigned: ([UInt8]) -> Bool
    ) throws -> DeviceLoginRow? {
        guard let row = try loginRow(device, of: account), isSigned(row.key) else { return nil }
        let used = try row.using(number)
        try save(used.window, of: device)
        return used
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

    /// Revokes a device at its account's wish.
    ///
    /// - Throws: `noSuchDevice`; `forbidden` where it stands in the account's chain.
    package func revoke(_ device: DeviceID, of account: AccountID) throws {
        guard let kept = try self.device(device, of: account) else { throw Failure(.noSuchDevice) }
        if kept.state == .active || kept.state == .suspended, try standing(of: account).head != .none {
            throw Failure.standsInChain
        }
        try DeviceStateStore(database: database).revoke(device, of: account)
    }

    /// Has a device log in no more: one of a chain is suspended, any other revoked.
    ///
    /// - Throws: `noSuchDevice`.
    func end(_ device: DeviceID, of account: AccountID) throws {
        guard let kept = try self.device(device, of: account) else { throw Failure(.noSuchDevice) }
        let states = DeviceStateStore(database: database)
        switch kept.state {
        case .active where try standing(of: account).head != .none: try states.suspend(device)
        case .active, .pending: try states.revoke(device, of: account)
        case .suspended, .revoked: break
        }
    }

    /// Has no device of an account but one log in any more, as `end`.
    ///
    /// - Returns: all but this one that may not, also those that might not before.
    package func endAll(of account: AccountID, except kept: DeviceID) throws -> [DeviceID] {
        for device in try devices(of: account) where device.id != kept { try end(device.id, of: account) }
        let states = DeviceStateStore(database: database)
        return try (states.devices(.revoked, of: account) + states.devices(.suspended, of: account))
            .filter { $0 != kept }.sorted()
    }

    private func insert(_ keys: [DeviceKey], of device: DeviceID, time: Timestamp) throws {
        for key in keys {
            try database.run(
                "INSERT INTO device_keys(device, purpose, algorithm, public_key, created) VALUES(?, ?, ?, ?, ?)",
                device, Int(key.purpose.rawValue), Int(key.algorithm.rawValue), key.publicKey, time)
        }
    }
}
