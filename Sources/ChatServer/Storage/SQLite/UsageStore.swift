import ChatProtocol
import SQLite
import StoredValues
import System

/// How much room a store takes.
enum UsageStore {
    /// What the entries and Welcomes of each account take, as quotas count it.
    static func payloads(in database: Database) throws -> [AccountID: UInt64] {
        let rows: [(AccountID, UInt64)] = try database.all(
            """
            SELECT sender, sum(length(payload) + ?1) FROM entries GROUP BY sender
            UNION ALL SELECT sender, sum(length(payload) + ?1) FROM welcomes GROUP BY sender
            """, StoreQuota.bytesBesidePayload
        ) { (try $0.identifier(0), $0.unsigned(1)) }
        return Dictionary(rows) { $0 + $1 }
    }

    static func room(in database: Database) throws -> StoreRoom {
        let used = try database.size - database.freeSize
        let free = DiskRoom.free(at: database.path) ?? .max
        // The database grows by what is copied before the log gives its room back.
        let pending = UInt64(max(0, database.logFileSize))
        return StoreRoom(used: UInt64(max(0, used)) + pending, diskFree: free - min(free, pending))
    }
}
