import CSQLite

/// SQLite as this process uses it.
enum SQLiteLibrary {
    /// Prepares the library before its first use. Left to itself it counts each allocation under a lock of the whole process, for
    /// figures and a limit that nobody asks for.
    static func prepare() { _ = isPrepared }

    private static let isPrepared = shim_sqlite3_count_no_memory() == SQLITE_OK
}
