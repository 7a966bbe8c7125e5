import Glibc

extension Database {
    /// Opens a database that is only read, also on a disk that cannot be written: there nobody writes, so nothing is
    /// locked, and what was written ahead must have found its place before.
    package static func reading(_ path: String, cacheKiB: Int? = nil) throws(SQLiteError) -> Database {
        do throws(SQLiteError) {
            let database = try Database(path: path, options: DatabaseOptions(mode: .readOnly, cacheKiB: cacheKiB))
            // The first read opens the write-ahead log, and its index with it.
            _ = try database.pragma("SELECT count(*) FROM sqlite_schema")
            return database
        } catch {
            guard isOnReadOnlyDisk(path), !hasWriteAheadLog(path) else { throw error }
            return try Database(path: path, options: DatabaseOptions(mode: .immutable, cacheKiB: cacheKiB))
        }
    }

    private static func isOnReadOnlyDisk(_ path: String) -> Bool {
        faccessat(AT_FDCWD, path, W_OK, AT_EACCESS) != 0 && errno == EROFS
    }

    private static func hasWriteAheadLog(_ path: String) -> Bool {
        var status = stat()
        return stat(path + "-wal", &status) == 0 && status.st_size > 0
    }
}
