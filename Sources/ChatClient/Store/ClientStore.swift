import ChatProtocol
import Glibc
import SQLite
import StoredValues
import Transport
import WireCodec

/// One connection to a profile's store. Confined to its actor; any number of them, in any number of processes, work on
/// one profile.
///
/// Whatever changes something is one short transaction that takes the write lock first. Extensions in files named
/// `…Store.swift` hold what it can do, by concern.
final class ClientStore {
    /// Pages in the write-ahead log after which a commit copies them into the database. Few, since every first opener
    /// reads the log through.
    static let checkpointPages = 128

    enum Mode {
        case create
        case write
        /// Falls back to what a disk allows that cannot be written.
        case read
    }

    let directory: ProfileDirectory
    let database: Database
    /// Whose keys are trusted, besides what stands here.
    var gate = KeyGate.plain
    /// The clock by which durations count that outlast a process.
    var bootTime: () -> BootTime = { .now }

    /// - Parameter patience: how long another process's transaction is waited for.
    /// - Throws: `SQLiteError`.
    init(_ directory: ProfileDirectory, mode: Mode, patience: Duration = ClientSettings.storePatience) throws {
        self.directory = directory
        switch mode {
        case .create: database = try Self.open(directory, .create, patience)
        case .write:
            let reserve = StoreReserve(path: directory.reserveFile)
            database = try reserve.withRoom { () throws(SQLiteError) in
                try Self.open(directory, .readWrite, patience)
            }
        case .read: database = try Self.openForReading(directory, patience)
        }
        if isWritable {
            try database.migrate(to: ClientSchema.schema)
        } else if try database.schemaVersion(for: ClientSchema.schema) < ClientSchema.oldestReadable {
            throw SQLiteError(
                kind: .readOnly, message: "the store was not finished", operation: "open", path: directory.storeFile)
        }
        if mode == .create { try begin() }
        if mode != .read { fillReserve() }
    }

    /// Before something is written.
    func fillReserve() { reserve.fill() }

    /// As far as the disk can be written.
    var isWritable: Bool { database.options.mode == .create || database.options.mode == .readWrite }

    /// Whether it sees what others commit, and can be written as far as the disk can: no fallback.
    var followsChanges: Bool { database.options.mode == .readWrite }

    private static func open(
        _ directory: ProfileDirectory, _ mode: DatabaseOptions.Mode, _ patience: Duration
    ) throws(SQLiteError) -> Database {
        // What others only learn from us is synced where it matters (`synced`); what a power failure takes back here
        // the server sends again.
        try Database(
            path: directory.storeFile,
            options: DatabaseOptions(
                mode: mode, busyTimeout: patience, writeAheadLog: mode == .create,
                synchronous: .normal, secureDelete: true, checkpointOnClose: false,
                autoCheckpointPages: checkpointPages))
    }

    /// Writable if possible: then the store's own rules for its log and shared memory hold. Read-only needs both to be
    /// there; immutable reads what was copied into the database.
    private static func openForReading(
        _ directory: ProfileDirectory, _ patience: Duration
    ) throws(SQLiteError) -> Database {
        var first: SQLiteError?
        for mode in [DatabaseOptions.Mode.readWrite, .readOnly, .immutable] {
            do throws(SQLiteError) {
                let database = try open(directory, mode, patience)
                try database.run("SELECT 1 FROM sqlite_schema LIMIT 1")
                return database
            } catch {
                guard [.readOnly, .cannotOpen, .inputOutput, .full].contains(error.kind) else { throw error }
                first = first ?? error
            }
        }
        throw first ?? SQLiteError(kind: .cannotOpen, message: "", operation: "open", path: directory.storeFile)
    }

    /// The store's own name, and its wake file.
    private func begin() throws {
        try database.run(
            "INSERT OR IGNORE INTO state(one, store, position) VALUES (1, ?, 0)",
            Hexadecimal.text(SecureRandom.bytes(Cursor.storeDigits / 2)))
        let descriptor = Glibc.open(directory.wakeFile, O_WRONLY | O_CREAT | O_CLOEXEC | O_NONBLOCK, 0o600)
        if descriptor >= 0 { close(descriptor) }
    }

    // MARK: Transactions

    /// Runs `body` in one transaction that has the write lock.
    func write<Value>(_ body: () throws -> Value) throws -> Value {
        try database.transaction(.immediate, body)
    }

    /// As `write`, and on disk when it returns.
    func writeSynced<Value>(_ body: () throws -> Value) throws -> Value {
        try database.execute("PRAGMA synchronous=FULL")
        defer { try? database.execute("PRAGMA synchronous=NORMAL") }
        return try database.transaction(.immediate, body)
    }

    /// As `write`, or as `writeSynced`, with the room that is kept for it where the disk is full: for a login, and for
    /// what is sent.
    func writeWithReserve<Value>(isSynced: Bool = false, _ body: () throws -> Value) throws -> Value {
        try reserve.withRoom { try isSynced ? writeSynced(body) : write(body) }
    }

    private var reserve: StoreReserve { StoreReserve(path: directory.reserveFile) }

    /// Runs `body` on one snapshot.
    func read<Value>(_ body: () throws -> Value) throws -> Value {
        try database.transaction(.deferred, body)
    }

    /// Tells readers that something was committed that they may wait for.
    func wake() { utimensat(AT_FDCWD, directory.wakeFile, nil, 0) }

    // MARK: State

    /// What cursors of this store are marked with.
    func storeName() throws -> String {
        try database.first("SELECT store FROM state") { $0.text(0) } ?? ""
    }

    /// Writes without changing anything: SQLite lets an empty transaction pass on a store that cannot be written.
    func proveWritable() throws { try database.run("UPDATE state SET position = position") }

    /// The position that was given away last.
    func lastPosition() throws -> StorePosition {
        try database.first("SELECT position FROM state") { $0.position(0) } ?? 0
    }

    /// Takes the next position. Within a transaction that has the write lock.
    func nextPosition() throws -> StorePosition {
        try database.run("UPDATE state SET position = position + 1")
        return try lastPosition()
    }

    /// The latest one counts, whatever its clock says: an earlier one may have been wrong by years.
    func noteSynced(_ time: Timestamp) throws {
        try database.run("UPDATE state SET synced = ?", time)
    }

    /// When this device last knew everything.
    func lastSync() throws -> Timestamp? {
        try database.first("SELECT synced FROM state") { $0.optionalTimestamp(0) } ?? nil
    }
}
