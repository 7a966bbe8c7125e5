import CSQLite
import Glibc
import WireCodec

/// One connection to a database file. Confined to its thread or actor; closed when nothing refers to it any more.
///
/// SQL is given as a `StaticString`, so that nothing which came from outside can become part of it.
package final class Database {
    package let path: String
    package let options: DatabaseOptions

    let handle: OpaquePointer
    let busyHandler: BusyHandler
    /// Told of what this connection has written to the log.
    var logHook: ((Int) -> Void)?
    /// Statements by the address of their text, which a literal keeps for ever.
    private var statements: [UnsafePointer<UInt8>: Statement] = [:]

    /// Opens `path`; `:memory:` is a database of its own.
    package init(path: String, options: DatabaseOptions = DatabaseOptions()) throws(SQLiteError) {
        self.path = path
        self.options = options
        handle = try Self.open(path, options)
        let seed = UInt64(UInt(bitPattern: handle)) ^ UInt64(getpid()) << 32
        busyHandler = BusyHandler(timeout: options.busyTimeout, seed: seed)
        sqlite3_busy_handler(handle, busyCallback, Unmanaged.passUnretained(busyHandler).toOpaque())
        // Where this throws, all is set, and so the connection is closed by `deinit`.
        try configure()
    }

    deinit {
        statements.removeAll()
        // Statements that somebody still holds keep the connection as a zombie until they go.
        sqlite3_busy_handler(handle, nil, nil)
        sqlite3_wal_hook(handle, nil, nil)
        sqlite3_close_v2(handle)
    }

    /// The prepared statement for `sql`, kept for the next time. It is reset and its bindings are as they were left.
    ///
    /// - Parameter clause: what stands before it, the same for each use of that text.
    package func statement(_ sql: StaticString, after clause: StaticString = "") throws(SQLiteError) -> Statement {
        guard sql.hasPointerRepresentation else { return try prepare(clause.description + sql.description) }
        if let kept = statements[sql.utf8Start] {
            // One that is being stepped by a caller further up cannot be lent twice.
            guard kept.isIdle else { return try prepare(clause.description + sql.description) }
            return kept
        }
        let fresh = try prepare(clause.description + sql.description, persistent: true)
        statements[sql.utf8Start] = fresh
        return fresh
    }

    /// Prepares `sql` for the caller to keep. For text that is composed: of literals only, never of input.
    package func prepare(_ sql: String, persistent: Bool = false) throws(SQLiteError) -> Statement {
        var prepared: OpaquePointer?
        let flags = persistent ? UInt32(SQLITE_PREPARE_PERSISTENT) : 0
        let code = sqlite3_prepare_v3(handle, sql, -1, flags, &prepared, nil)
        guard code == SQLITE_OK else { throw error(code, sql) }
        guard let prepared else {
            throw SQLiteError(kind: .other, message: "no statement", operation: sql, path: path)
        }
        return Statement(prepared, path: path)
    }

    /// Runs one or several statements that take no values and give no rows.
    package func execute(_ script: StaticString) throws(SQLiteError) { try execute(text: script.description) }

    /// As `execute(_:)`, for text that is composed of literals.
    package func execute(text script: String) throws(SQLiteError) {
        let code = sqlite3_exec(handle, script, nil, nil, nil)
        guard code == SQLITE_OK else { throw error(code, script) }
    }

    /// How many rows the last INSERT, UPDATE or DELETE changed.
    package var changes: Int { Int(sqlite3_changes(handle)) }

    package var isInTransaction: Bool { sqlite3_get_autocommit(handle) == 0 }

    /// The whole number by which this connection's last INSERT made its row known.
    package var lastInsertedRow: Int64 { sqlite3_last_insert_rowid(handle) }

    func error(_ code: Int32, _ operation: @autoclosure () -> String) -> SQLiteError {
        SQLiteError(code: code, handle: handle, operation: operation(), path: path)
    }
}

extension Database {
    private static func open(_ path: String, _ options: DatabaseOptions) throws(SQLiteError) -> OpaquePointer {
        SQLiteLibrary.prepare()
        var flags = SQLITE_OPEN_NOMUTEX | SQLITE_OPEN_EXRESCODE
        var name = path
        switch options.mode {
        case .create:
            flags |= SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE
            createPrivately(path)
        case .readWrite: flags |= SQLITE_OPEN_READWRITE
        case .readOnly: flags |= SQLITE_OPEN_READONLY
        case .immutable:
            flags |= SQLITE_OPEN_READONLY | SQLITE_OPEN_URI
            name = "file:" + escaped(path) + "?immutable=1"
        }
        var handle: OpaquePointer?
        let code = sqlite3_open_v2(name, &handle, flags, nil)
        guard code == SQLITE_OK, let handle else {
            let error = SQLiteError(code: code, handle: handle, operation: "open", path: path)
            sqlite3_close_v2(handle)
            throw error
        }
        return handle
    }

    /// Makes an empty file of mode 0600; SQLite gives its `-wal` and `-shm` the same mode.
    ///
    /// Exclusively: opening and closing a database file that this process has open would drop its POSIX locks.
    /// Why it could not be made is told by the open that follows.
    private static func createPrivately(_ path: String) {
        guard path != ":memory:" else { return }
        let descriptor = Glibc.open(path, O_CREAT | O_EXCL | O_WRONLY | O_CLOEXEC, 0o600)
        if descriptor >= 0 { Glibc.close(descriptor) }
    }

    /// The path as it may stand in a `file:` URI (https://sqlite.org/uri.html).
    private static func escaped(_ path: String) -> String {
        var text: [UInt8] = []
        for byte in path.utf8 {
            switch byte {
            case 0x30...0x39, 0x41...0x5a, 0x61...0x7a, 0x2f, 0x2d, 0x2e, 0x5f: text.append(byte)
            default: text += "%\(Hexadecimal.text([byte]))".utf8
            }
        }
        return String(decoding: text, as: UTF8.self)
    }

    private func configure() throws(SQLiteError) {
        shim_sqlite3_db_config(handle, SQLITE_DBCONFIG_DEFENSIVE, 1)
        shim_sqlite3_db_config(handle, SQLITE_DBCONFIG_DQS_DML, 0)
        shim_sqlite3_db_config(handle, SQLITE_DBCONFIG_DQS_DDL, 0)
        shim_sqlite3_db_config(handle, SQLITE_DBCONFIG_ENABLE_FKEY, options.foreignKeys ? 1 : 0)
        shim_sqlite3_db_config(handle, SQLITE_DBCONFIG_NO_CKPT_ON_CLOSE, options.checkpointOnClose ? 0 : 1)
        try execute(text: options.pragmas)
        if options.isWritable && options.writeAheadLog { try enterWriteAheadLog() }
    }

    /// The change of journal asks for an exclusive lock and may answer `busy` without calling the busy handler.
    private func enterWriteAheadLog() throws(SQLiteError) {
        var attempt: Int32 = 0
        while true {
            do throws(SQLiteError) {
                return try execute("PRAGMA journal_mode=WAL")
            } catch {
                guard error.kind == .busy, busyHandler.wait(attempt: attempt) else { throw error }
                attempt += 1
            }
        }
    }
}
