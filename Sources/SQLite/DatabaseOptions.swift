/// How a database is opened. The default is what both stores want: write-ahead log, every commit synced.
package struct DatabaseOptions: Sendable {
    package enum Mode: Sendable {
        /// Creates the file, readable by its owner alone, where there is none.
        case create
        /// The file must exist.
        case readWrite
        case readOnly
        /// For a disk that cannot be written: takes no locks and reads no write-ahead log, so it must be used only
        /// where nobody writes and no `-wal` file is left.
        case immutable
    }

    /// When a commit is on disk (`PRAGMA synchronous`).
    package enum Synchronous: Int, Sendable {
        case off = 0
        /// Synced at checkpoints: a power failure may undo the last commits, but corrupts nothing.
        case normal = 1
        /// Synced before the commit returns.
        case full = 2
    }

    package var mode: Mode
    /// How long to wait for another connection's lock.
    package var busyTimeout: Duration
    package var writeAheadLog: Bool
    package var synchronous: Synchronous
    /// Overwrite what is deleted with zeros.
    package var secureDelete: Bool
    /// Leave the write-ahead log as it is when the last connection closes: a program that lives for milliseconds
    /// must not pay for copying it.
    package var checkpointOnClose: Bool
    /// After a commit that leaves so many pages in the write-ahead log, copy them into the database; 0: only when
    /// `checkpoint` is called.
    package var autoCheckpointPages: Int
    /// The page cache, KiB; nil: SQLite's own default of 2,000.
    package var cacheKiB: Int?
    package var foreignKeys: Bool

    package init(
        mode: Mode = .create, busyTimeout: Duration = .seconds(10), writeAheadLog: Bool = true,
        synchronous: Synchronous = .full,
        secureDelete: Bool = false, checkpointOnClose: Bool = true, autoCheckpointPages: Int = 1_000,
        cacheKiB: Int? = nil, foreignKeys: Bool = false
    ) {
        self.mode = mode
        self.busyTimeout = busyTimeout
        self.writeAheadLog = writeAheadLog
        self.synchronous = synchronous
        self.secureDelete = secureDelete
        self.checkpointOnClose = checkpointOnClose
        self.autoCheckpointPages = autoCheckpointPages
        self.cacheKiB = cacheKiB
        self.foreignKeys = foreignKeys
    }

    var isWritable: Bool { mode == .create || mode == .readWrite }

    /// The pragmas that this connection needs, one script. Numbers and words of our own only.
    var pragmas: String {
        var script = "PRAGMA trusted_schema=0;PRAGMA temp_store=2;"
        if let cacheKiB { script += "PRAGMA cache_size=-\(cacheKiB);" }
        guard isWritable else { return script + "PRAGMA query_only=1;" }
        script += "PRAGMA synchronous=\(synchronous.rawValue);"
        script += "PRAGMA wal_autocheckpoint=\(autoCheckpointPages);"
        if secureDelete { script += "PRAGMA secure_delete=1;" }
        return script
    }
}
