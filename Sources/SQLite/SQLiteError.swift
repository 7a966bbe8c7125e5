import CSQLite

/// What went wrong in a database: a kind that programs compare, and what is needed to say it to people.
package struct SQLiteError: Error, Equatable, Sendable {
    /// What callers act upon; everything else is `other`.
    package enum Kind: Equatable, Sendable {
        /// Another connection held a lock for the whole busy time-out.
        case busy
        /// The disk, or the largest size that the database may have, is full. The transaction is undone.
        case full
        /// The database, its directory or its disk cannot be written.
        case readOnly
        /// The file cannot be opened or created.
        case cannotOpen
        /// A unique key, a check or a reference was violated.
        case constraint
        /// The content contradicts itself.
        case corrupt
        /// The file is something else than a database.
        case notADatabase
        /// The disk failed.
        case inputOutput
        case outOfMemory
        /// The schema was written by a newer version of this program.
        case newerSchema(found: Int, known: Int)
        /// The schema is older, and this connection may not bring it up to date.
        case olderSchema(found: Int, known: Int)
        /// The database belongs to another program (`PRAGMA application_id`).
        case otherApplication(found: Int32)
        case other
    }

    package var kind: Kind
    /// SQLite's extended result code (https://sqlite.org/rescode.html); its low byte is the primary one.
    package var extendedCode: Int32
    /// SQLite's own words.
    package var message: String
    /// The SQL, or what was being done. It never contains a value.
    package var operation: String
    package var path: String
    /// A commit failed in a way that leaves open what is on the disk: what was written may still be found there after a
    /// crash.
    package var isUncertain = false

    package init(kind: Kind, extendedCode: Int32 = SQLITE_ERROR, message: String, operation: String, path: String) {
        self.kind = kind
        self.extendedCode = extendedCode
        self.message = message
        self.operation = operation
        self.path = path
    }

    /// The primary result code.
    package var primaryCode: Int32 { extendedCode & 0xff }

    /// Whether a unique key or a primary key was there already.
    package var isDuplicateKey: Bool {
        extendedCode == Self.constraintUnique || extendedCode == Self.constraintPrimaryKey
    }

    // Both are macros of an expression that the importer skips: SQLITE_CONSTRAINT | (8 << 8) and (6 << 8).
    private static let constraintUnique = SQLITE_CONSTRAINT | 8 << 8
    private static let constraintPrimaryKey = SQLITE_CONSTRAINT | 6 << 8
}

extension SQLiteError {
    /// The error that `handle` has just met.
    init(code: Int32, handle: OpaquePointer?, operation: @autoclosure () -> String, path: String) {
        let extended = handle.map { sqlite3_extended_errcode($0) } ?? code
        // A result that sqlite did not record on the connection (misuse, out of memory) must not be lost.
        let agreed = extended & 0xff == code & 0xff ? extended : code
        let words = agreed == extended ? handle.flatMap { sqlite3_errmsg($0) } : sqlite3_errstr(code)
        self.init(
            kind: Kind(primaryCode: agreed & 0xff), extendedCode: agreed,
            message: words.map { String(cString: $0) } ?? "unknown", operation: operation(), path: path)
    }
}

extension SQLiteError.Kind {
    init(primaryCode: Int32) {
        switch primaryCode {
        case SQLITE_BUSY, SQLITE_LOCKED: self = .busy
        case SQLITE_FULL: self = .full
        case SQLITE_READONLY: self = .readOnly
        case SQLITE_CANTOPEN, SQLITE_PERM, SQLITE_AUTH: self = .cannotOpen
        case SQLITE_CONSTRAINT: self = .constraint
        case SQLITE_CORRUPT: self = .corrupt
        case SQLITE_NOTADB: self = .notADatabase
        case SQLITE_IOERR: self = .inputOutput
        case SQLITE_NOMEM: self = .outOfMemory
        default: self = .other
        }
    }
}

extension SQLiteError: CustomStringConvertible {
    /// One line for people and logs.
    package var description: String {
        switch kind {
        case .newerSchema(let found, let known):
            "\(path): written by a newer version (schema \(found), this program knows \(known))"
        case .olderSchema(let found, let known):
            "\(path): written by an older version (schema \(found), needed \(known)) and cannot be changed here"
        case .otherApplication(let found):
            "\(path): the database of another program (application id \(found))"
        default:
            "\(path): \(message) (sqlite \(extendedCode)) in \(operation)"
        }
    }
}
