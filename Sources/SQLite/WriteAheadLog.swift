import CSQLite
import Glibc

/// The write-ahead log of a database: how large it is, and how it is copied into the database.
extension Database {
    /// Bytes of the log's file on the disk, also where they hold nothing any more.
    package var logFileSize: Int64 {
        var status = stat()
        return stat(path + "-wal", &status) == 0 ? Int64(status.st_size) : 0
    }

    /// Has `body` called after each commit of this connection, with the pages that the log then holds. It must not use
    /// the connection. Takes the place of automatic checkpoints.
    package func whenLogged(_ body: @escaping (_ pages: Int) -> Void) {
        logHook = body
        sqlite3_wal_hook(handle, logCallback, Unmanaged.passUnretained(self).toOpaque())
    }

    package enum CheckpointMode: Int32, Sendable {
        /// Copies what it can without making anybody wait.
        case passive = 0
        /// Waits for readers and writers, and empties the log's file.
        case truncate = 3
    }

    /// Copies the write-ahead log into the database.
    ///
    /// - Parameter patience: how long to wait for readers and writers; nil: as long as for any lock.
    /// - Returns: pages that were in the log when this began, and how many of them are in the database now. What others
    ///   have written meanwhile is in neither.
    @discardableResult
    package func checkpoint(
        _ mode: CheckpointMode = .passive, patience: Duration? = nil
    ) throws(SQLiteError) -> (log: Int, copied: Int) {
        var log: Int32 = 0
        var copied: Int32 = 0
        let code = waiting(patience ?? options.busyTimeout) {
            sqlite3_wal_checkpoint_v2(handle, nil, mode.rawValue, &log, &copied)
        }
        guard code == SQLITE_OK else { throw error(code, "checkpoint") }
        return (Int(max(0, log)), Int(max(0, copied)))
    }
}

/// What SQLite calls after a commit; `context` is the `Database`, which lives as long as its connection.
private func logCallback(
    context: UnsafeMutableRawPointer?, handle: OpaquePointer?, name: UnsafePointer<CChar>?, pages: Int32
) -> Int32 {
    guard let context else { return SQLITE_OK }
    Unmanaged<Database>.fromOpaque(context).takeUnretainedValue().logHook?(Int(pages))
    return SQLITE_OK
}
