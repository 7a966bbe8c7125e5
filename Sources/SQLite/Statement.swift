import CSQLite

/// A prepared statement: bind, step, read, reset. Parameters count from 1, columns from 0, as in SQLite.
package final class Statement {
    private let handle: OpaquePointer
    private let path: String

    init(_ handle: OpaquePointer, path: String) {
        self.handle = handle
        self.path = path
    }

    deinit { sqlite3_finalize(handle) }

    /// Whether no rows are being read from it.
    var isIdle: Bool { sqlite3_stmt_busy(handle) == 0 }

    package var sql: String { sqlite3_sql(handle).map { String(cString: $0) } ?? "" }

    // MARK: Running

    /// Goes to the next row; false when there is none left, and the statement is then reset.
    /// After an error it is reset too, so that it holds no lock.
    package func step() throws(SQLiteError) -> Bool {
        let code = sqlite3_step(handle)
        if code == SQLITE_ROW { return true }
        guard code == SQLITE_DONE else {
            let failure = error(code)
            sqlite3_reset(handle)
            throw failure
        }
        sqlite3_reset(handle)
        return false
    }

    /// Runs it to its end, ignoring rows.
    package func run() throws(SQLiteError) {
        while try step() {}
    }

    /// Ends the reading of rows. Bindings stay.
    package func reset() { sqlite3_reset(handle) }

    /// Lets go of what is bound: a kept statement would hold it until its next use.
    package func clearBindings() { sqlite3_clear_bindings(handle) }

    // MARK: Parameters

    package func bind(_ index: Int32, _ value: Int64) throws(SQLiteError) {
        try check(sqlite3_bind_int64(handle, index, value))
    }

    package func bind(_ index: Int32, _ value: Int) throws(SQLiteError) { try bind(index, Int64(value)) }

    /// Binds the same 64 bits; above `Int64.max` SQL sees a negative number, but what is read is what was written.
    package func bind(_ index: Int32, _ value: UInt64) throws(SQLiteError) {
        try bind(index, Int64(bitPattern: value))
    }

    package func bind(_ index: Int32, _ value: String) throws(SQLiteError) {
        var value = value
        let code = value.withUTF8 { utf8 in
            utf8.withMemoryRebound(to: CChar.self) { text in
                shim_sqlite3_bind_text(handle, index, text.baseAddress, Int32(text.count))
            }
        }
        try check(code)
    }

    package func bind(_ index: Int32, _ value: [UInt8]) throws(SQLiteError) {
        try check(value.withUnsafeBytes { bindBytes(index, $0) })
    }

    /// Binds a copy of these bytes.
    package func bind(_ index: Int32, bytes: UnsafeRawBufferPointer) throws(SQLiteError) {
        try check(bindBytes(index, bytes))
    }

    /// Binds a blob of 16 bytes: two words, the higher byte first.
    package func bind(_ index: Int32, high: UInt64, low: UInt64) throws(SQLiteError) {
        try check(withUnsafeBytes(of: (high.bigEndian, low.bigEndian)) { bindBytes(index, $0) })
    }

    package func bindNull(_ index: Int32) throws(SQLiteError) { try check(sqlite3_bind_null(handle, index)) }

    /// A null pointer would bind NULL, so an empty blob has to be asked for.
    private func bindBytes(_ index: Int32, _ bytes: UnsafeRawBufferPointer) -> Int32 {
        guard let base = bytes.baseAddress, !bytes.isEmpty else { return sqlite3_bind_zeroblob(handle, index, 0) }
        guard let count = Int32(exactly: bytes.count) else { return SQLITE_TOOBIG }
        return shim_sqlite3_bind_blob(handle, index, base, count)
    }

    // MARK: Columns of the current row

    package func isNull(_ column: Int32) -> Bool { sqlite3_column_type(handle, column) == SQLITE_NULL }
    package func integer(_ column: Int32) -> Int64 { sqlite3_column_int64(handle, column) }
    package func int(_ column: Int32) -> Int { Int(sqlite3_column_int64(handle, column)) }
    package func unsigned(_ column: Int32) -> UInt64 { UInt64(bitPattern: sqlite3_column_int64(handle, column)) }
    package func bool(_ column: Int32) -> Bool { sqlite3_column_int64(handle, column) != 0 }

    /// The column as text; NULL is empty.
    package func text(_ column: Int32) -> String {
        // SQLite's order: the pointer first, for it may convert; then the count.
        guard let start = sqlite3_column_text(handle, column) else { return "" }
        let count = Int(sqlite3_column_bytes(handle, column))
        return String(decoding: UnsafeBufferPointer(start: start, count: count), as: UTF8.self)
    }

    /// The column as bytes; NULL is empty.
    package func bytes(_ column: Int32) -> [UInt8] { withBytes(column) { Array($0) } }

    /// Lends the column's bytes without a copy, until `body` returns.
    package func withBytes<Value>(_ column: Int32, _ body: (UnsafeRawBufferPointer) throws -> Value) rethrows -> Value {
        let start = sqlite3_column_blob(handle, column)
        let count = Int(sqlite3_column_bytes(handle, column))
        return try body(UnsafeRawBufferPointer(start: start, count: start == nil ? 0 : count))
    }

    /// The column's 16 bytes as two words, the higher byte first; nil where it has another size.
    package func words(_ column: Int32) -> (high: UInt64, low: UInt64)? {
        guard let start = sqlite3_column_blob(handle, column), sqlite3_column_bytes(handle, column) == 16 else {
            return nil
        }
        return (
            UInt64(bigEndian: start.loadUnaligned(as: UInt64.self)),
            UInt64(bigEndian: start.loadUnaligned(fromByteOffset: 8, as: UInt64.self))
        )
    }

    package func optionalInteger(_ column: Int32) -> Int64? { isNull(column) ? nil : integer(column) }
    package func optionalUnsigned(_ column: Int32) -> UInt64? { isNull(column) ? nil : unsigned(column) }
    package func optionalText(_ column: Int32) -> String? { isNull(column) ? nil : text(column) }
    package func optionalBytes(_ column: Int32) -> [UInt8]? { isNull(column) ? nil : bytes(column) }

    // MARK: Errors

    private func check(_ code: Int32) throws(SQLiteError) {
        guard code == SQLITE_OK else { throw error(code) }
    }

    private func error(_ code: Int32) -> SQLiteError {
        SQLiteError(code: code, handle: sqlite3_db_handle(handle), operation: sql, path: path)
    }
}
