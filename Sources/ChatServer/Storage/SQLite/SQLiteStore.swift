import ChatProtocol
import SQLite
import System

/// The store of one machine: a SQLite database, and a thread each for writing, for reading and for keeping house.
///
/// There is one lane, and one connection writes: a batch is one transaction with one sync, soft marks and login numbers
/// are one without.
package final class SQLiteStore: Store {
    package struct Settings: Sendable {
        package var path: String
        /// The identity of a new store; nil: none is made.
        package var fresh: StoreIdentity?
        /// The store's clock.
        package var clock: @Sendable () -> Timestamp = ServerSources.system.time
        /// Whether the write-ahead log is copied beside the writes, for whom a copy among them would take too long.
        package var isServing = true
        /// Whether the disk cannot be written: then everything that changes something fails.
        package var isReadOnly = false
        package var checkpoints = CheckpointPlan()
        package var synchronous = DatabaseOptions.Synchronous.full

        package init(path: String, fresh: StoreIdentity? = .fresh()) {
            self.path = path
            self.fresh = fresh
        }
    }

    package let settings: Settings
    let everyone: ConversationID
    let leaves = LeafCache()
    private let writer: StoreThread<Database>
    private let reader: StoreThread<Database>
    private let keeper: StoreThread<Database>
    private let checkpoints: Checkpointer?

    private init(
        _ settings: Settings, _ identity: StoreIdentity, writer: StoreThread<Database>,
        reader: StoreThread<Database>, keeper: StoreThread<Database>
    ) {
        self.settings = settings
        everyone = identity.everyone
        self.writer = writer
        self.reader = reader
        self.keeper = keeper
        checkpoints =
            settings.isServing ? Checkpointer(writer: writer, keeper: keeper, plan: settings.checkpoints) : nil
    }

    /// Opens the store; makes it where there is none and `fresh` is given.
    package static func open(_ settings: Settings) async throws(StoreFailure) -> SQLiteStore {
        var threads: [StoreThread<Database>] = []
        do {
            let pages = settings.isServing ? 0 : 1_000
            // The first makes the schema.
            threads.append(
                try await StoreThread.start { try writing(settings, autoCheckpointPages: pages) })
            let identity = try await threads[0].value { database in
                guard let identity = try MetaStore.identity(in: database) else {
                    throw StoreFailure(.damaged, "\(settings.path): the store is empty")
                }
                return identity
            }
            threads.append(
                try await StoreThread.start { try Database.reading(settings.path, cacheKiB: 8 << 10) })
            threads.append(
                try await StoreThread.start {
                    guard !settings.isReadOnly else { return try Database.reading(settings.path) }
                    return try Database(
                        path: settings.path,
                        options: DatabaseOptions(mode: .readWrite, autoCheckpointPages: pages, cacheKiB: 1 << 10))
                })
            let store = SQLiteStore(settings, identity, writer: threads[0], reader: threads[1], keeper: threads[2])
            if let checkpoints = store.checkpoints {
                try await store.writer.value { database in
                    database.whenLogged { checkpoints.logged(pages: $0) }
                }
            }
            return store
        } catch {
            for thread in threads { await thread.close() }
            throw StoreFailure(error)
        }
    }

    private static func writing(_ settings: Settings, autoCheckpointPages: Int) throws -> Database {
        if settings.fresh == nil { try CheckStore.refuseBlank(settings.path) }
        if settings.isReadOnly { return try onReadOnlyDisk(settings.path) }
        let database = try Database(
            path: settings.path,
            options: DatabaseOptions(
                synchronous: settings.synchronous, autoCheckpointPages: autoCheckpointPages, cacheKiB: 16 << 10))
        try database.migrate(to: ServerSchema.schema)
        if let fresh = settings.fresh {
            try refuseDamage(in: database)
            _ = try MetaStore.identity(in: database, fresh: fresh, time: settings.clock())
        }
        return database
    }

    /// Nobody begins to use a store that is damaged at its head; a new one has none yet.
    private static func refuseDamage(in database: Database) throws {
        guard try !CheckStore.isBlank(database), let fault = try CheckStore.headFaults(in: database).first else {
            return
        }
        throw StoreFailure(.damaged, "the store \(database.path) is damaged: \(fault); `chatd check` tells all")
    }

    /// A store of an older version would have to be brought up to date first.
    private static func onReadOnlyDisk(_ path: String) throws -> Database {
        let database = try Database.reading(path)
        guard try database.schemaVersion(for: ServerSchema.schema) == ServerSchema.schema.version else {
            throw StoreFailure(.readOnly, "the store \(path) is an older version's, and its disk cannot be written")
        }
        return database
    }

    package func close() async {
        await keeper.close()
        await reader.close()
        await writer.close()
    }

    // MARK: Work on the threads

    func write<Value: Sendable>(
        _ work: @escaping @Sendable (Database) throws -> Value
    ) async throws(StoreFailure) -> Value {
        try await on(writer, work)
    }

    /// A change that is on disk when this returns.
    func change<Value: Sendable>(
        _ work: @escaping @Sendable (Database) throws -> Value
    ) async throws(StoreFailure) -> Value {
        try await on(writer) { database in try database.transaction { try work(database) } }
    }

    /// As `change`; `then` is called on the thread, once it is on disk.
    func change<Value>(
        _ work: @escaping @Sendable (Database) throws -> Value,
        then: @escaping @Sendable (Result<Value, any Error>) -> Void
    ) {
        writer.perform({ database in try database.transaction { try work(database) } }, then: then)
    }

    /// A change of which a power failure may take back the last ones.
    func softChange<Value: Sendable>(
        _ work: @escaping @Sendable (Database) throws -> Value
    ) async throws(StoreFailure) -> Value {
        try await on(writer) { database in
            try database.unsynced { try database.transaction { try work(database) } }
        }
    }

    func read<Value: Sendable>(
        _ work: @escaping @Sendable (Database) throws -> Value
    ) async throws(StoreFailure) -> Value {
        try await on(reader, work)
    }

    /// Reads what takes long.
    func survey<Value: Sendable>(
        _ work: @escaping @Sendable (Database) throws -> Value
    ) async throws(StoreFailure) -> Value {
        try await on(keeper, work)
    }

    private func on<Value: Sendable>(
        _ thread: StoreThread<Database>, _ work: @escaping @Sendable (Database) throws -> Value
    ) async throws(StoreFailure) -> Value {
        do { return try await thread.value(work) } catch { throw StoreFailure(error) }
    }

    // MARK: The write-ahead log

    package func giveBackRoom(isShort: Bool) {
        guard let checkpoints else { return }
        keeper.perform {
            $0.logFileSize
        } then: { size in
            if let size = try? size.get() { checkpoints.look(file: size, isRoomShort: isShort) }
        }
    }

    package func dropErasedRemains() { checkpoints?.emptyLog() }

    package func takeFaults() -> [StoreFailure] { checkpoints?.takeFailure().map { [$0] } ?? [] }
}

extension StoreFailure {
    /// What an error of SQLite, or of a thread that has ended, means to whoever asked; nil for any other error.
    package init?(engine error: any Error) {
        switch error {
        case let already as StoreFailure: self = already
        case let failure as Failure: self = .refused(failure)
        case let sqlite as SQLiteError:
            self.init(sqlite.isUncertain ? .unknown : Kind(sqlite.kind), sqlite.description)
        case is StoreThreadClosed: self.init(.closed, "the store is closed")
        default: return nil
        }
    }

    package init(_ error: any Error) {
        self = StoreFailure(engine: error) ?? StoreFailure(.failed, "\(error)")
    }
}

extension StoreFailure.Kind {
    fileprivate init(_ kind: SQLiteError.Kind) {
        switch kind {
        case .full: self = .full
        case .busy: self = .busy
        case .readOnly: self = .readOnly
        case .cannotOpen: self = .cannotOpen
        case .newerSchema: self = .newer
        case .corrupt, .notADatabase, .otherApplication: self = .damaged
        default: self = .failed
        }
    }
}
