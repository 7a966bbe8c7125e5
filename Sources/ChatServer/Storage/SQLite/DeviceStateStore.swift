import ChatProtocol
import SQLite
import StoredValues

/// What becomes of devices: in the table that `DeviceStore` describes. Every method is part of the caller's transaction.
struct DeviceStateStore {
    let database: Database

    func devices(_ state: DeviceState, of account: AccountID) throws -> [DeviceID] {
        try database.all(
            "SELECT id FROM devices WHERE account = ? AND state = ? ORDER BY id", account, Int(state.rawValue)
        ) { try $0.identifier(0) }
    }

    // MARK: By links

    /// Has a device do everything from now on, in whatever state it may still log in. One that never could reads from now on.
    ///
    /// - Throws: `noSuchDevice` where it may not.
    func activate(_ device: DeviceID, of account: AccountID, time: Timestamp) throws {
        try database.run(
            """
            UPDATE devices SET state = ?1, left_grant = x'', activated = CASE activated WHEN 0 THEN ?2 ELSE activated END
            WHERE id = ?3 AND account = ?4 AND state IN (?1, ?5)
            """, Int(DeviceState.active.rawValue), time, device, account, Int(DeviceState.pending.rawValue))
        guard database.changes > 0 else {
            throw Failure(.noSuchDevice, sentence: "the device that is to be added does not wait any more")
        }
    }

    /// As `activate`, but a device that a restored store does not know stays unknown: it comes back by the key that the chain grants it.
    func add(_ device: DeviceID, of account: AccountID, time: Timestamp) throws {
        let isKnown = try database.first("SELECT 1 FROM devices WHERE id = ?", device) { _ in true } ?? false
        if isKnown { try activate(device, of: account, time: time) }
    }

    /// All active devices but one wait from now on.
    func suspendUntilAdded(_ account: AccountID, except kept: DeviceID, time: Timestamp) throws {
        try database.run(
            "UPDATE devices SET state = ?, pending_since = ? WHERE account = ? AND state = ? AND id <> ?",
            Int(DeviceState.pending.rawValue), time, account, Int(DeviceState.active.rawValue), kept)
    }

    // MARK: Waiting

    /// Keeps a grant.
    ///
    /// - Throws: `noSuchDevice` where the device does not wait.
    func leave(_ grant: [UInt8], of device: DeviceID, account: AccountID) throws -> WaitingDevice {
        try database.run(
            "UPDATE devices SET left_grant = ? WHERE id = ? AND account = ? AND state = ?", grant, device, account,
            Int(DeviceState.pending.rawValue))
        let waiting = try database.first(
            "SELECT name, pending_since FROM devices WHERE id = ? AND account = ? AND state = ?", device, account,
            Int(DeviceState.pending.rawValue)
        ) { WaitingDevice(name: $0.text(0), since: $0.timestamp(1)) }
        guard let waiting else { throw Failure(.noSuchDevice) }
        return waiting
    }

    /// Ends those that were never added and wait for too long: of one account, or some of all.
    func endWaiting(of account: AccountID?, at now: Timestamp) throws {
        let expired: [(AccountID, DeviceID)] = try database.all(
            """
            SELECT account, id FROM devices WHERE (?1 IS NULL OR account = ?1) AND state = ?2 AND activated = 0
            AND (pending_since < ?3 OR left_grant = x'' AND pending_since < ?4) LIMIT ?5
            """, account, Int(DeviceState.pending.rawValue), now - WaitingDevice.patience,
            now - WaitingDevice.patienceWithoutGrant, RetentionSweep.stepRows
        ) { (try $0.identifier(0), try $0.identifier(1)) }
        for (account, device) in expired { try revoke(device, of: account) }
    }

    // MARK: Ending

    func suspend(_ device: DeviceID) throws {
        try database.run("UPDATE devices SET state = ? WHERE id = ?", Int(DeviceState.suspended.rawValue), device)
        try PackageStore(database: database).drop(device)
    }

    /// Revokes a device; its key stays, so that it can be told so. One that is revoked already, or is not there, stays so.
    ///
    /// Of those that were revoked before, the account keeps as many as it may have devices: else making and revoking
    /// them would fill the store.
    func revoke(_ device: DeviceID, of account: AccountID) throws {
        try database.run(
            "UPDATE devices SET state = ?, left_grant = x'' WHERE id = ? AND account = ?",
            Int(DeviceState.revoked.rawValue), device, account)
        if database.changes > 0 { try PackageStore(database: database).drop(device) }
        let forgotten: [DeviceID] = try database.all(
            """
            SELECT id FROM devices WHERE account = ? AND state = ? AND id <> ? AND is_surplus = 0
            ORDER BY created DESC, id LIMIT -1 OFFSET ?
            """, account, Int(DeviceState.revoked.rawValue), device, Limits.devicesPerAccount - 1
        ) { try $0.identifier(0) }
        for old in forgotten { try strip(old) }
    }

    /// Revokes all devices of an account but one.
    func revokeAll(of account: AccountID, except kept: DeviceID? = nil) throws {
        let others: [DeviceID] = try database.all(
            "SELECT id FROM devices WHERE account = ? AND state <> ?", account, Int(DeviceState.revoked.rawValue)
        ) { try $0.identifier(0) }
        for device in others where device != kept { try revoke(device, of: account) }
    }

    /// Takes everything of a device that is its account's; the next sweep has the rest.
    private func strip(_ device: DeviceID) throws {
        try database.run("DELETE FROM device_keys WHERE device = ?", device)
        try database.run("DELETE FROM replaced_keys WHERE device = ?", device)
        try PackageStore(database: database).drop(device)
        try database.run(
            "UPDATE devices SET is_surplus = 1, name = '', certificate = x'', login_window = x'' WHERE id = ?", device)
    }

    /// Forgets some that are surplus, and of which nothing lies with conversations any more.
    func forgetSurplus(limit: Int) throws {
        try database.run(
            """
            DELETE FROM devices WHERE id IN (SELECT id FROM devices d WHERE is_surplus = 1
                AND NOT EXISTS(SELECT 1 FROM cursors k WHERE k.device = d.id)
                AND NOT EXISTS(SELECT 1 FROM welcome_devices w WHERE w.device = d.id) LIMIT ?)
            """, limit)
    }
}

extension Statement {
    /// An unknown state is one that may do nothing.
    func deviceState(_ column: Int32) -> DeviceState {
        DeviceState(rawValue: UInt8(truncatingIfNeeded: integer(column))) ?? .revoked
    }
}
