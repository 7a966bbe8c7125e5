import ChatProtocol
import GroupRules
import SQLite
import StoredValues

/// Devices of this account that this one has approved, and that it has not told yet whom it knows by their keys.
extension ClientStore {
    /// Within a transaction.
    func oweKeys(to device: DeviceID) throws {
        try database.run("INSERT OR IGNORE INTO owed_keys(device) VALUES (?)", device)
    }

    func devicesOwedKeys() throws -> [DeviceID] {
        try database.all("SELECT device FROM owed_keys ORDER BY device") { try $0.identifier(0) }
    }

    /// Within a transaction.
    func dropOwedKeys(_ devices: some Sequence<DeviceID>) throws {
        for device in devices { try database.run("DELETE FROM owed_keys WHERE device = ?", device) }
    }
}

extension ClientSchema {
    static let version27: StaticString = """
        -- Devices that were approved here, and are told in the group of the account's own devices whom this one knows.
        CREATE TABLE owed_keys(device BLOB PRIMARY KEY) WITHOUT ROWID;
        """
}
