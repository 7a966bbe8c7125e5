import ChatProtocol
import SQLite
import StoredValues

/// Memberships are a device's: its secrets are of no use to another one, and a copy of them would be used twice.
extension ClientStore {
    /// The device speaks for the profile from now on: what another one was a member of is forgotten. Within a transaction.
    func claimGroups(for device: DeviceID) throws {
        let owner = try database.first("SELECT device FROM group_owner") { try $0.identifier(0) as DeviceID }
        guard owner != device else { return }
        if owner != nil { try forgetGroups() }
        try database.run("INSERT OR REPLACE INTO group_owner(one, device) VALUES (1, ?)", device)
    }

    /// Whether the device has come into the conversations that its account had before it.
    func hasEnteredEarlierGroups(_ device: DeviceID) throws -> Bool {
        try database.first("SELECT has_entered FROM group_owner WHERE device = ?", device) { $0.bool(0) } ?? false
    }

    /// Within a transaction.
    func noteEnteredEarlierGroups(_ device: DeviceID) throws {
        try database.run("UPDATE group_owner SET has_entered = 1 WHERE device = ?", device)
    }

    /// Erases every group with all that this device has made for them and knows of their past. That it has left some stays known, and so
    /// does who has another log. Within a transaction.
    func forgetGroups() throws {
        try database.run("DELETE FROM group_rows")
        try database.run("DELETE FROM group_standings")
        try database.run("DELETE FROM waiting_commits")
        try database.run("DELETE FROM outgoing")
        try database.run("DELETE FROM welcome_requests")
        try database.run("DELETE FROM group_trusts")
        try database.run("DELETE FROM group_transcripts")
        try database.run("DELETE FROM group_resyncs")
        try database.run("DELETE FROM log_marks")
        try database.run("DELETE FROM own_leaves")
        try database.run("DELETE FROM restored_leaves")
        try database.run("DELETE FROM group_owner")
    }
}
