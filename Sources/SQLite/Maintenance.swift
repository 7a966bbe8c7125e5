import CSQLite

extension Database {
    /// The one number that a query without parameters gives, such as `PRAGMA page_count`; 0 without a row.
    package func pragma(_ sql: StaticString) throws(SQLiteError) -> Int64 {
        let statement = try statement(sql)
        defer { statement.reset() }
        return try statement.step() ? statement.integer(0) : 0
    }

    /// Changes when another connection has committed (`PRAGMA data_version`); never by this connection's own commits.
    package var dataVersion: Int64 {
        get throws(SQLiteError) { try pragma("PRAGMA data_version") }
    }

    /// Bytes of the database file, without the write-ahead log.
    package var size: Int64 {
        get throws(SQLiteError) { try pragma("PRAGMA page_count") * pragma("PRAGMA page_size") }
    }

    /// Bytes of the database file that hold nothing and will be used first.
    package var freeSize: Int64 {
        get throws(SQLiteError) { try pragma("PRAGMA freelist_count") * pragma("PRAGMA page_size") }
    }

    /// What the kept statements have done since they were prepared, in instructions of SQLite's virtual machine
    /// (`SQLITE_STMTSTATUS_VM_STEP`): a measure of work that a busy machine does not change.
    package var instructions: Int {
        var (sum, statement) = (0, sqlite3_next_stmt(handle, nil))
        while let one = statement {
            sum += Int(sqlite3_stmt_status(one, SQLITE_STMTSTATUS_VM_STEP, 0))
            statement = sqlite3_next_stmt(handle, one)
        }
        return sum
    }

    /// What SQLite finds wrong, at most `limit` lines; empty for a sound database.
    package func integrityFaults(limit: Int = 100) throws -> [String] {
        let statement = try prepare("PRAGMA integrity_check(\(limit))")
        var faults: [String] = []
        while try statement.step() { faults.append(statement.text(0)) }
        return faults == ["ok"] ? [] : faults
    }

    /// Copies the whole database to a new file, of mode 0600, while others go on writing (SQLite's online backup).
    ///
    /// The copy is one snapshot: a read transaction is held until it is done. `pagesPerStep` pages are copied before
    /// `pause` is called, in which a caller may throw to give up; the unfinished copy is then the caller's to remove.
    package func backup(
        to destination: String, pagesPerStep: Int32 = 1_024, pause: () throws -> Void = {}
    ) throws {
        let target = try Database(
            path: destination,
            options: DatabaseOptions(mode: .create, writeAheadLog: false, synchronous: .full))
        try transaction(.deferred) {
            // The snapshot begins with the first read.
            _ = try pragma("SELECT count(*) FROM sqlite_schema")
            try copy(into: target, pagesPerStep: pagesPerStep, pause: pause)
        }
        // The copied header says WAL; a file that is to be carried around is better without a companion.
        try target.execute("PRAGMA journal_mode=DELETE")
    }

    private func copy(into target: Database, pagesPerStep: Int32, pause: () throws -> Void) throws {
        guard let backup = sqlite3_backup_init(target.handle, "main", handle, "main") else {
            throw target.error(sqlite3_errcode(target.handle), "backup")
        }
        var code = SQLITE_OK
        do {
            repeat {
                code = sqlite3_backup_step(backup, pagesPerStep)
                if code == SQLITE_OK { try pause() }
            } while code == SQLITE_OK
        } catch {
            sqlite3_backup_finish(backup)
            throw error
        }
        let finished = sqlite3_backup_finish(backup)
        guard code == SQLITE_DONE, finished == SQLITE_OK else {
            throw target.error(finished == SQLITE_OK ? code : finished, "backup")
        }
    }
}
