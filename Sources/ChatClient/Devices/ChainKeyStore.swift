import ChatProtocol
import GroupRules
import SQLite
import StoredValues

/// What devices of this profile sign their account's chain with.
extension ClientStore {
    func chainKeys(of device: DeviceID) throws -> ChainKeys? {
        try database.first("SELECT secret, granted, instance, renewal FROM chain_keys WHERE device = ?", device) {
            ChainKeys(
                secret: $0.bytes(0), granted: $0.optionalBytes(1), instance: UInt32(truncatingIfNeeded: $0.int(2)),
                renewal: $0.optionalBytes(3))
        }
    }

    /// Gives a device its keys, if it has none: another process may have been first. Within a transaction.
    func addChainKeys(_ keys: ChainKeys, of device: DeviceID) throws {
        try database.runClearing(
            "INSERT OR IGNORE INTO chain_keys(device, secret, granted, instance, renewal) VALUES (?, ?, ?, ?, ?)",
            device, keys.secret, keys.granted, Int(keys.instance), keys.renewal)
    }

    /// The login key of a login by password that has begun, and whose device has no number yet: where the answer is lost, or the process
    /// ends, the server knows the next one by it. It goes with the keys of former devices. Within a transaction.
    func begunLoginKey(or new: [UInt8]) throws -> [UInt8] {
        try addChainKeys(ChainKeys(granting: new), of: Self.begunDevice)
        return try chainKeys(of: Self.begunDevice)?.secret ?? new
    }

    /// The device with which this profile has begun to begin its account anew, beside the one that it is; nil: none. While an identity file
    /// is being used the keys beside are those of the former device.
    func begunReset() throws -> DeviceID? {
        try database.first(
            """
            SELECT k.device FROM chain_keys k JOIN identity i ON k.device <> i.device AND k.device <> ?
            WHERE i.standing <> ? LIMIT 1
            """, Self.begunDevice, Identity.Standing.enrolling.rawValue
        ) { try $0.identifier(0) }
    }

    private static let begunDevice = DeviceID(high: 0, low: 0)

    /// Within a transaction.
    func forgetChainKeys(of device: DeviceID) throws {
        try database.run("DELETE FROM chain_keys WHERE device = ?", device)
    }

    /// Within a transaction.
    func forgetChainKeys() throws { try database.run("DELETE FROM chain_keys") }

    /// Of devices that this profile was before. Within a transaction.
    func forgetChainKeys(except device: DeviceID) throws {
        try database.run("DELETE FROM chain_keys WHERE device <> ?", device)
    }

    /// This device with its keys; nil where it has none.
    func ownDevice(_ identity: Identity) throws -> OwnDevice? {
        guard try database.schemaVersion(for: ClientSchema.schema) >= ClientSchema.chainKeys else { return nil }
        return try chainKeys(of: identity.device).map { try OwnDevice(identity, $0) }
    }

    /// The fingerprints of this account and this device, as far as they are known here.
    func ownKeys(_ identity: Identity) throws -> (account: AccountFingerprint?, device: DeviceFingerprint?) {
        guard let own = try ownDevice(identity) else { return (nil, nil) }
        let root: AccountRoot? = try database.first(
            "SELECT present FROM pins WHERE account = ?", identity.account
        ) { try $0.digest(0) }
        return (root.map { AccountFingerprint($0) }, own.fingerprint)
    }

    /// What is known here of this device's waiting; nil where it has no key yet.
    func waitingDevice(_ identity: Identity) throws -> WaitingDevice? {
        let approvers = try database.first("SELECT approvers FROM identity") { $0.int(0) }
        return try ownDevice(identity).map { WaitingDevice($0, approvers: approvers ?? 0) }
    }
}
