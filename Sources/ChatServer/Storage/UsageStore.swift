import ChatProtocol
import Glibc
import SQLite
import StoredValues

/// How much room a store takes.
package enum UsageStore {
    package struct Room: Sendable, Equatable {
        /// Bytes of the database that hold something, and of the write-ahead log.
        package var used: UInt64
        /// Bytes that its disk has free for us, when the log was copied into the database.
        package var diskFree: UInt64
        /// Bytes of the log's file.
        package var logFile: Int64
    }

    /// What the entries of each account take, as quotas count it.
    package static func entries(in database: Database) throws -> [AccountID: UInt64] {
        let rows: [(AccountID, UInt64)] = try database.all(
            "SELECT sender, sum(length(payload) + ?) FROM entries GROUP BY sender", StoreQuota.bytesBesidePayload
        ) { (try $0.identifier(0), $0.unsigned(1)) }
        return Dictionary(rows) { $0 + $1 }
    }

    package static func room(in database: Database) throws -> Room {
        let used = try database.size - database.freeSize
        let logFile = database.logFileSize
        var disk = statvfs()
        let known = statvfs(database.path, &disk) == 0
        let free = known ? UInt64(disk.f_bavail) * UInt64(disk.f_frsize) : .max
        // The database grows by what is copied before the log gives its room back.
        let pending = UInt64(max(0, logFile))
        return Room(used: UInt64(max(0, used)) + pending, diskFree: free - min(free, pending), logFile: logFile)
    }
}
