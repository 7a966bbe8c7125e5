import CLISupport
import ChatProtocol
import Glibc
import SQLite
import StoredValues
import Transport

/// A backup is one file: a copy of the database, with the server's certificate and key in a table of their own.
enum BackupStore {
    /// `PRAGMA application_id` of a backup, so that it is not taken for a store, nor a store for it.
    static let applicationID: Int32 = 0x6368_6462

    /// A store that is open to be copied.
    final class Source {
        fileprivate let database: Database

        /// Opens the store; a server that has it writes on meanwhile.
        init(_ path: String) throws {
            database = try Database.reading(path, cacheKiB: 4_096)
            // The first read opens the write-ahead log, which belongs to the data's owner.
            _ = try database.schemaVersion(for: ServerSchema.schema)
        }
    }

    /// Writes a backup of what `source` holds now, mode 0600, synced.
    static func write(to path: String, from source: Source, identity: ServerIdentity, time: Timestamp) throws {
        do {
            try source.database.backup(to: path)
            let copy = try Database(path: path, options: plain)
            try copy.transaction {
                try copy.execute("CREATE TABLE backup(name TEXT PRIMARY KEY, content BLOB NOT NULL)")
                try put("certificate", identity.certificatePEM, in: copy)
                try put("key", identity.keyPEM, in: copy)
                try copy.run("INSERT INTO backup(name, content) VALUES('time', ?)", time)
                try copy.execute(text: "PRAGMA application_id=\(applicationID)")
            }
        } catch {
            for suffix in ["", "-journal", "-wal", "-shm"] { unlink(path + suffix) }
            throw error
        }
    }

    /// Makes of the backup at `path` a store of a new generation in `folder`, a new directory: the database, the
    /// certificate and the key, all synced.
    ///
    /// - Parameter name: what the backup is called where people see it.
    static func unpack(
        _ path: String, called name: String, into folder: DataDirectory, sources: ServerSources
    ) throws -> RestoredStore {
        let source = try open(path, called: name)
        let identity = try ServerIdentity(
            certificatePEM: get("certificate", in: source), keyPEM: get("key", in: source))
        try source.backup(to: folder.database)
        let generation: StoreGeneration = sources.identifier()
        let restored = try begin(generation, floor: MetaStore.floor(at: sources.time()), in: folder.database)
        try WholeFile.replace(folder.certificate, with: identity.certificatePEM)
        try WholeFile.replace(folder.key, with: identity.keyPEM)
        return restored
    }

    private static func open(_ path: String, called name: String) throws -> Database {
        do {
            let source = try Database(path: path, options: DatabaseOptions(mode: .readOnly, writeAheadLog: false))
            guard try source.pragma("PRAGMA application_id") == Int64(applicationID) else {
                throw Problem(.invalidData, "\(name) is not a backup of chatd")
            }
            let faults = try source.integrityFaults(limit: 1)
            guard faults.isEmpty else { throw Problem(.damagedStore, "\(name) is damaged: \(faults[0])") }
            return source
        } catch let error as SQLiteError {
            switch error.kind {
            case .notADatabase: throw Problem(.invalidData, "\(name) is not a backup of chatd")
            case .corrupt: throw Problem(.damagedStore, "\(name) is damaged: \(error.message)")
            default: throw error
            }
        }
    }

    private static func begin(
        _ generation: StoreGeneration, floor: SequenceNumber, in path: String
    ) throws -> RestoredStore {
        let copy = try Database(path: path, options: plain)
        try copy.transaction {
            try copy.execute("DROP TABLE backup")
            try copy.execute(text: "PRAGMA application_id=\(ServerSchema.schema.applicationID)")
        }
        try copy.migrate(to: ServerSchema.schema)
        try copy.transaction { try MetaStore.beginGeneration(generation, floor: floor, in: copy) }
        let faults = try CheckStore.faults(in: copy)
        guard faults.isEmpty else { throw Problem(.damagedStore, "the restored store is damaged: \(faults[0])") }
        return RestoredStore(
            generation: generation, accounts: try AccountStore(database: copy).count(),
            links: Int(try copy.pragma("SELECT count(*) FROM links")), groups: try RoomStore.countGroups(in: copy))
    }

    /// Has the restored store at `path` give away no number that the store which it replaces has given away. What cannot
    /// be read of that one is left to the time (`MetaStore.floor`).
    static func leap(_ path: String, over replaced: String) throws {
        guard let known = try? largestHead(of: replaced) else { return }
        let copy = try Database(path: path, options: plain)
        try copy.transaction { try MetaStore.raiseFloor(to: known.advanced(by: MetaStore.leap), in: copy) }
    }

    private static func largestHead(of path: String) throws -> SequenceNumber {
        let replaced = try Database(path: path, options: DatabaseOptions(mode: .readWrite))
        _ = try replaced.schemaVersion(for: ServerSchema.schema)
        return try MetaStore.largestHead(in: replaced)
    }

    /// Without a write-ahead log: a file that is carried around must not have companions. What is deleted, the key
    /// among it, is overwritten.
    private static var plain: DatabaseOptions {
        DatabaseOptions(mode: .readWrite, writeAheadLog: false, secureDelete: true)
    }

    private static func put(_ name: String, _ content: [UInt8], in database: Database) throws {
        try database.run("INSERT INTO backup(name, content) VALUES(?, ?)", name, content)
    }

    private static func get(_ name: String, in database: Database) throws -> [UInt8] {
        try database.first("SELECT content FROM backup WHERE name = ?", name) { $0.bytes(0) } ?? []
    }
}

/// What a backup has brought back.
struct RestoredStore {
    var generation: StoreGeneration
    /// Those that are not deleted.
    var accounts: Int
    /// Of all their chains.
    var links: Int
    /// They take no message before somebody commits.
    var groups: Int
}
