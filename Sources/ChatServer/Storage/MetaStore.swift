import ChatProtocol
import SQLite

/// What a store is known by.
package struct StoreIdentity: Sendable, Equatable {
    package var server: ServerID
    package var generation: StoreGeneration
    package var everyone: ConversationID

    package init(server: ServerID, generation: StoreGeneration, everyone: ConversationID) {
        self.server = server
        self.generation = generation
        self.everyone = everyone
    }
}

/// The table `meta`: who this store is.
package enum MetaStore {
    /// The identity of the store; a new store gets `fresh`, and with it the conversation of everyone.
    package static func identity(
        in database: Database, fresh: @autoclosure () -> StoreIdentity, time: UInt64
    ) throws -> StoreIdentity {
        try database.transaction {
            if let kept = try identity(in: database) { return kept }
            let identity = fresh()
            try put("server_id", identity.server.bytes, in: database)
            try put("generation", identity.generation.bytes, in: database)
            try put("everyone_id", identity.everyone.bytes, in: database)
            try database.run("INSERT INTO meta(key, value) VALUES('created', ?)", time)
            try database.run(
                "INSERT INTO conversations(id, number, type, created) VALUES(?, 1, ?, ?)", identity.everyone,
                Int(ConversationType.everyone.rawValue), time)
            return identity
        }
    }

    /// The identity of the store, nil where it has none yet.
    package static func identity(in database: Database) throws -> StoreIdentity? {
        guard let server = ServerID(try value("server_id", in: database)),
            let generation = StoreGeneration(try value("generation", in: database)),
            let everyone = ConversationID(try value("everyone_id", in: database))
        else { return nil }
        return StoreIdentity(server: server, generation: generation, everyone: everyone)
    }

    /// How far every conversation's numbers leap when a store is restored: what was given away after the backup was
    /// taken is never given away again, unless more than a million entries came between.
    package static let leap: UInt64 = 1 << 20

    /// Begins a new life of a store that was restored from a backup. Part of the caller's transaction.
    package static func beginGeneration(_ generation: StoreGeneration, in database: Database) throws {
        try put("generation", generation.bytes, in: database)
        try database.run(
            """
            INSERT INTO leaps(conversation, after_seq, next_seq, generation)
            SELECT id, head, head + ? + 1, ? FROM conversations
            """, leap, generation)
        try database.run("UPDATE conversations SET head = head + ?", leap)
    }

    private static func value(_ key: String, in database: Database) throws -> [UInt8] {
        try database.first("SELECT value FROM meta WHERE key = ?", key) { $0.bytes(0) } ?? []
    }

    private static func put(_ key: String, _ value: [UInt8], in database: Database) throws {
        try database.run(
            "INSERT INTO meta(key, value) VALUES(?, ?) ON CONFLICT(key) DO UPDATE SET value = excluded.value", key,
            value)
    }
}
