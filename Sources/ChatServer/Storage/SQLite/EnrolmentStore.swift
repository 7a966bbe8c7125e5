import ChatProtocol
import GroupRules
import SQLite
import StoredValues

/// Uses of identity files: renewals, and the keys that come with them. Every method that changes something is part of the caller's
/// transaction.
struct EnrolmentStore {
    let database: Database

    func enrolment(_ device: DeviceID, of account: AccountID) throws -> EnrolledDevice? {
        try database.first(
            """
            SELECT d.state, k.public_key FROM devices d LEFT JOIN device_keys k ON k.device = d.id AND k.purpose = ?
            AND k.algorithm = ? WHERE d.id = ? AND d.account = ?
            """, Int(KeyPurpose.enrol.rawValue), Int(KeyAlgorithm.ed25519.rawValue), device, account
        ) { EnrolledDevice(state: $0.deviceState(0), key: $0.optionalBytes(1)) }
    }

    func replacedKeys(of device: DeviceID, account: AccountID) throws -> [[UInt8]] {
        try database.all(
            """
            SELECT r.public_key FROM replaced_keys r JOIN devices d ON d.id = r.device AND d.account = ?
            WHERE r.device = ? ORDER BY r.time DESC LIMIT ?
            """, account, device, IdentityEntry.replacedKeys
        ) { $0.bytes(0) }
    }

    func enrol(_ entry: IdentityEntry, time: Timestamp) throws -> LoggedIn {
        guard let account = try AccountStore(database: database).account(entry.account), !account.isDeleted else {
            throw Failure(.badProof)
        }
        guard !account.isDisabled else { throw Failure(.accountDisabled) }
        let devices = DeviceStore(database: database)
        guard try devices.device(entry.device.id, of: entry.account).map({ $0.state == .active }) ?? true else {
            throw Failure(.deviceRevoked)
        }
        let former = try devices.loginRow(entry.device.id, of: entry.account)?.key
        if try isNew(entry, former: former, time: time) {
            if let renewal = entry.renewal { try insert(renewal, of: entry, time: time) }
            try begin(entry, former: former, time: time)
        }
        guard let made = try devices.device(entry.device.id, of: entry.account) else { throw Failure(.noSuchDevice) }
        return LoggedIn(
            account: account.record, device: entry.device.id, deviceName: made.name,
            in: try MetaStore.generation(in: database), state: made.state, key: entry.loginKey ?? [],
            chain: try devices.standing(of: entry.account),
            packages: try PackageStore(database: database).standing(of: entry.device.id, at: time))
    }

    /// Whether it is not there yet.
    private func isNew(_ entry: IdentityEntry, former: [UInt8]?, time: Timestamp) throws -> Bool {
        let head = try ChainStore(database: database).head(of: entry.account)
        guard let renewal = entry.renewal else {
            guard head == entry.head else { throw Failure(.chainMoved) }
            guard let former else { return true }
            guard former == entry.loginKey else { throw entry.taken }
            return false
        }
        let newest = try database.first(
            "SELECT instance, renewal, time FROM renewals WHERE account = ? AND device = ? ORDER BY instance DESC LIMIT 1",
            entry.account, entry.device.id
        ) { (instance: UInt32(clamping: $0.int(0)), bytes: $0.bytes(1), time: $0.timestamp(2)) }
        if let newest, newest.bytes == renewal.bytes {
            guard former == entry.loginKey else { throw entry.taken }
            return false
        }
        guard head == entry.head, GroupRules.Renewal.isNext(renewal.instance, behind: newest?.instance ?? 0) else {
            throw Failure(.chainMoved)
        }
        if let refusal = IdentityEntry.refusal(since: newest?.time, at: time) { throw refusal }
        return true
    }

    /// The one before goes, unless its key has signed a link.
    private func insert(_ renewal: IdentityEntry.Renewal, of entry: IdentityEntry, time: Timestamp) throws {
        try database.run(
            "DELETE FROM renewals WHERE account = ? AND device = ? AND has_signed = 0", entry.account, entry.device.id)
        try database.run(
            "INSERT INTO renewals(account, device, instance, time, renewal) VALUES(?, ?, ?, ?, ?)", entry.account,
            entry.device.id, Int(renewal.instance), time, renewal.bytes)
    }

    /// The device has its new keys; whoever has the former ones is told so, and nothing waits for these any more.
    private func begin(_ entry: IdentityEntry, former: [UInt8]?, time: Timestamp) throws {
        try DeviceStore(database: database).begin(entry.device, of: entry.account, time: time)
        let device = entry.device.id
        try PackageStore(database: database).drop(device)
        guard let former, former != entry.loginKey else { return }
        try database.run("UPDATE devices SET replaced = replaced + 1 WHERE id = ?", device)
        try database.run(
            "INSERT OR REPLACE INTO replaced_keys(device, public_key, time) VALUES(?, ?, ?)", device, former, time)
        try database.run(
            """
            DELETE FROM replaced_keys WHERE device = ?1 AND public_key NOT IN (
                SELECT public_key FROM replaced_keys WHERE device = ?1 ORDER BY time DESC LIMIT ?2)
            """, device, IdentityEntry.replacedKeys)
    }
}
