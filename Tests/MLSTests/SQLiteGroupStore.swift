import CSQLite

@testable import MLS

/// The storage protocol over SQLite: how an application would do it, in one table.
final class SQLiteGroupStore: GroupStorage {
    private let database: OpaquePointer
    /// How many writes still happen before the process "crashes": nothing is written from then on, and nothing undone. Nil for
    /// all.
    var writesUntilCrash: Int?

    /// Opens a database: in a file, or in memory.
    init(path: String = ":memory:") throws(MLSError) {
        var handle: OpaquePointer?
        guard sqlite3_open(path, &handle) == SQLITE_OK, let handle else {
            throw MLSError(.storeFailed, "no database")
        }
        database = handle
        try run(
            """
            CREATE TABLE IF NOT EXISTS mls_row (
                group_id BLOB NOT NULL, kind INTEGER NOT NULL, idx INTEGER NOT NULL, version INTEGER NOT NULL,
                value BLOB NOT NULL, PRIMARY KEY (group_id, kind, idx)) WITHOUT ROWID
            """)
        try run("CREATE TABLE IF NOT EXISTS app_row (place INTEGER PRIMARY KEY, is_sent INTEGER, value BLOB NOT NULL)")
    }

    /// Lets the file take no more bytes than it has: a disk that is full.
    func fill() throws(MLSError) { _ = try query("PRAGMA max_page_count = 1", nil) }

    deinit { sqlite3_close(database) }

    func row(_ key: RowKey) throws(MLSError) -> Row? {
        try query(
            "SELECT idx, version, value FROM mls_row WHERE group_id = ?1 AND kind = ?2 AND idx = ?3", key
        ).first?.row
    }

    func rows(_ kind: RowKind, of groupId: [UInt8]) throws(MLSError) -> [(index: UInt64, row: Row)] {
        try query(
            "SELECT idx, version, value FROM mls_row WHERE group_id = ?1 AND kind = ?2",
            RowKey(groupId: groupId, kind: kind))
    }

    func apply(_ batch: RowBatch) throws(MLSError) { try apply(batch, application: nil) }

    /// With a ciphertext that shall be sent, in the same transaction.
    func apply(_ batch: RowBatch, sending message: [UInt8]) throws(MLSError) {
        try apply(batch, application: (message, isSent: true))
    }

    /// With a plaintext that shall be shown, in the same transaction.
    func apply(_ batch: RowBatch, showing data: [UInt8]) throws(MLSError) {
        try apply(batch, application: (data, isSent: false))
    }

    func outbox() throws(MLSError) -> [[UInt8]] { try applicationRows(isSent: true) }
    func shown() throws(MLSError) -> [[UInt8]] { try applicationRows(isSent: false) }
    func clearOutbox() throws(MLSError) { try run("DELETE FROM app_row WHERE is_sent = 1") }

    private func applicationRows(isSent: Bool) throws(MLSError) -> [[UInt8]] {
        try query("SELECT place, 0, value FROM app_row WHERE is_sent = ?2 ORDER BY place", nil, kind: isSent ? 1 : 0)
            .map(\.row.value)
    }

    private func apply(_ batch: RowBatch, application: (value: [UInt8], isSent: Bool)?) throws(MLSError) {
        try run("BEGIN IMMEDIATE")
        do throws(MLSError) {
            for (key, version) in batch.conditions where try row(key)?.version ?? 0 != version {
                throw MLSError(.storeConflict, "\(key.kind) \(key.index)")
            }
            for kind in batch.clears {
                try run(
                    "DELETE FROM mls_row WHERE group_id = ?1 AND kind = ?2", RowKey(groupId: batch.groupId, kind: kind))
            }
            for (key, row) in batch.writes {
                if let row {
                    try run("INSERT OR REPLACE INTO mls_row VALUES (?1, ?2, ?3, ?4, ?5)", key, row)
                } else {
                    try run("DELETE FROM mls_row WHERE group_id = ?1 AND kind = ?2 AND idx = ?3", key)
                }
            }
            if let application {
                try run(
                    "INSERT INTO app_row (is_sent, value) VALUES (?4, ?5)", nil,
                    Row(value: application.value, version: application.isSent ? 1 : 0))
            }
            try run("COMMIT")
        } catch {
            if writesUntilCrash != 0 { try run("ROLLBACK") }
            throw error
        }
    }

    private func prepare(_ sql: String, _ key: RowKey?, _ row: Row?) throws(MLSError) -> OpaquePointer {
        var statement: OpaquePointer?
        guard sqlite3_prepare_v2(database, sql, -1, &statement, nil) == SQLITE_OK, let statement else {
            throw MLSError(.storeFailed, String(cString: sqlite3_errmsg(database)))
        }
        // The statement copies what is bound (SQLITE_TRANSIENT).
        let transient = unsafeBitCast(-1, to: sqlite3_destructor_type.self)
        if let key {
            sqlite3_bind_blob(statement, 1, key.groupId, Int32(key.groupId.count), transient)
            sqlite3_bind_int64(statement, 2, Int64(key.kind.rawValue))
            sqlite3_bind_int64(statement, 3, Int64(bitPattern: key.index))
        }
        if let row {
            sqlite3_bind_int64(statement, 4, Int64(bitPattern: row.version))
            sqlite3_bind_blob(statement, 5, row.value, Int32(row.value.count), transient)
        }
        return statement
    }

    private func run(_ sql: String, _ key: RowKey? = nil, _ row: Row? = nil) throws(MLSError) {
        if let left = writesUntilCrash {
            guard left > 0 else { throw MLSError(.storeFailed, "crashed") }
            writesUntilCrash = left - 1
        }
        let statement = try prepare(sql, key, row)
        defer { sqlite3_finalize(statement) }
        guard sqlite3_step(statement) == SQLITE_DONE else {
            throw MLSError(.storeFailed, String(cString: sqlite3_errmsg(database)))
        }
    }

    private func query(
        _ sql: String, _ key: RowKey?, kind: Int64? = nil
    ) throws(MLSError) -> [(index: UInt64, row: Row)] {
        let statement = try prepare(sql, key, nil)
        if let kind { sqlite3_bind_int64(statement, 2, kind) }
        defer { sqlite3_finalize(statement) }
        var found: [(index: UInt64, row: Row)] = []
        var step = sqlite3_step(statement)
        while step == SQLITE_ROW {
            let count = Int(sqlite3_column_bytes(statement, 2))
            let value = sqlite3_column_blob(statement, 2).map {
                Array(UnsafeRawBufferPointer(start: $0, count: count))
            }
            let row = Row(value: value ?? [], version: UInt64(bitPattern: sqlite3_column_int64(statement, 1)))
            found.append((UInt64(bitPattern: sqlite3_column_int64(statement, 0)), row))
            step = sqlite3_step(statement)
        }
        guard step == SQLITE_DONE else {
            throw MLSError(.storeFailed, String(cString: sqlite3_errmsg(database)))
        }
        return found
    }
}
