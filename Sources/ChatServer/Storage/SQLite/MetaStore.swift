import ChatProtocol
import SQLite
import StoredValues

/// The table `meta`: who this store is.
package enum MetaStore {
    /// The identity of the store; a new store gets `fresh`, and with it the conversation of everyone.
    package static func identity(
        in database: Database, fresh: @autoclosure () -> StoreIdentity, time: Timestamp
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
                ConversationKind.everyone.rawValue, time)
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

    static func generation(in database: Database) throws -> StoreGeneration {
        guard let generation = StoreGeneration(try value("generation", in: database)) else {
            throw StoreFailure(.damaged, "the store has no generation")
        }
        return generation
    }

    /// How far the numbers of a restored store at least leap.
    package static let leap = 1 << 20

    /// Where the numbers of a store that is restored at this moment may begin, whatever was given away after the backup
    /// was taken: 64 a second since 2026, more than any conversation has ever had on an average.
    package static func floor(at time: Timestamp) -> SequenceNumber {
        let begin = UInt64(1_767_225_600_000)
        let seconds = (max(time.milliseconds, begin) - begin) / 1000
        return SequenceNumber(min(seconds * 64, Limits.sequenceNumber / 2))
    }

    /// Begins a new life of a store that was restored from a backup: all numbers go on behind the same one, those of
    /// conversations too that are made later, and may have been before. Part of the caller's transaction.
    ///
    /// - Parameter floor: at least so far, and at least one `leap` behind what the backup knows.
    package static func beginGeneration(
        _ generation: StoreGeneration, floor: SequenceNumber, in database: Database
    ) throws {
        try put("generation", generation.bytes, in: database)
        try PackageStore(database: database).forgetOnceOnly()
        // Their members know epochs that the backup does not: nothing is written before one of them has begun anew (S4).
        try database.run("UPDATE conversations SET held = 1 WHERE epoch > 0")
        let floor = max(floor, try largestHead(in: database).advanced(by: leap))
        try database.run(
            """
            INSERT INTO leaps(conversation, after_seq, next_seq, generation)
            SELECT id, head, ? + 1, ? FROM conversations
            """, floor, generation)
        try setFloor(floor, in: database)
    }

    /// A new conversation of a restored store leaps, too.
    static func leapOver(_ floor: SequenceNumber, of conversation: ConversationID, in database: Database) throws {
        try database.run(
            """
            INSERT INTO leaps(conversation, after_seq, next_seq, generation)
            SELECT ?, 0, ? + 1, value FROM meta WHERE key = 'generation'
            """, conversation, floor)
    }

    /// Has a restored store that was not used yet begin further behind. Part of the caller's transaction.
    package static func raiseFloor(to floor: SequenceNumber, in database: Database) throws {
        let before = try self.floor(in: database)
        guard floor > before else { return }
        try database.run("UPDATE leaps SET next_seq = ? + 1 WHERE next_seq = ? + 1", floor, before)
        try setFloor(floor, in: database)
    }

    /// Behind which numbers of new conversations begin: 0 in a store that was never restored.
    package static func floor(in database: Database) throws -> SequenceNumber {
        try database.first("SELECT value FROM meta WHERE key = 'floor'") { $0.sequenceNumber(0) } ?? .beforeFirst
    }

    /// The largest number that was given away.
    package static func largestHead(in database: Database) throws -> SequenceNumber {
        try database.first("SELECT max(head) FROM conversations") { $0.sequenceNumber(0) } ?? .beforeFirst
    }

    /// The private half of the key with which the server proposes in groups; nil in a store that never had one.
    static func groupKey(in database: Database) throws -> [UInt8]? {
        let key = try value("group_key", in: database)
        return key.isEmpty ? nil : key
    }

    /// Part of the caller's transaction.
    static func groupKey(orKeep fresh: [UInt8], in database: Database) throws -> [UInt8] {
        if let kept = try groupKey(in: database) { return kept }
        try put("group_key", fresh, in: database)
        return fresh
    }

    static func believedTime(in database: Database) throws -> Timestamp? {
        try database.first("SELECT value FROM meta WHERE key = 'believed_time'") { $0.timestamp(0) }
    }

    static func setBelievedTime(_ time: Timestamp, in database: Database) throws {
        try database.run(
            """
            INSERT INTO meta(key, value) VALUES('believed_time', ?) ON CONFLICT(key) DO UPDATE SET value = excluded.value
            """, time)
    }

    private static func setFloor(_ floor: SequenceNumber, in database: Database) throws {
        try database.run(
            "INSERT INTO meta(key, value) VALUES('floor', ?) ON CONFLICT(key) DO UPDATE SET value = excluded.value",
            floor)
        try database.run("UPDATE conversations SET head = ?", floor)
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
