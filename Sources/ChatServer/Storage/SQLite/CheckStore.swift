import ChatProtocol
import SQLite
import StoredValues

/// Looks for contradictions in a store. Reads only; takes as long as the store is large.
package enum CheckStore {
    /// What is wrong with the store at `path`, on a connection of its own, so that nobody waits for it, and which only
    /// reads.
    package static func faults(at path: String) async throws(StoreFailure) -> [String] {
        do {
            let thread = try await StoreThread.start {
                try Database.reading(path, cacheKiB: 4_096)
            }
            let result: Result<[String], any Error>
            do { result = .success(try await thread.value { try faults(in: $0) }) } catch { result = .failure(error) }
            await thread.close()
            return try result.get()
        } catch { throw StoreFailure(error) }
    }

    /// A store that was emptied is not taken for a new one. It is looked at by a connection that writes nothing.
    static func refuseBlank(_ path: String) throws {
        guard try isBlank(Database.reading(path)) else { return }
        throw StoreFailure(.damaged, "the store \(path) is empty; `chatd run` would begin a new one in it")
    }

    /// What is wrong, at most `limit` lines; empty for a sound store.
    package static func faults(in database: Database, limit: Int = 100) throws -> [String] {
        var faults = try database.integrityFaults(limit: limit)
        guard faults.isEmpty else { return faults }
        let version = try database.schemaVersion(for: ServerSchema.schema)
        guard version > 0 else { return ["the store is empty"] }
        faults = try missing(in: database, version: version)
        guard faults.isEmpty else { return Array(faults.prefix(limit)) }
        faults += try identity(in: database)
        faults += try foreignRows(in: database)
        // What follows is about the tables of today; an older store gets them when it is opened to be used.
        guard version == ServerSchema.schema.version else { return Array(faults.prefix(limit)) }
        faults += try logs(in: database, limit: limit)
        faults += try contradictions(in: database)
        if faults.count < limit { faults += try PayloadCheckStore.faults(in: database, limit: limit - faults.count) }
        return Array(faults.prefix(limit))
    }

    /// Conversations of which a start looks at the newest entry.
    private static let conversationsAtStart = 1_000

    /// What a look at the head of a store shows, in milliseconds however large it is: a server does not begin on what
    /// is damaged there.
    package static func headFaults(in database: Database) throws -> [String] {
        let faults = try missing(in: database, version: ServerSchema.schema.version) + identity(in: database)
        guard faults.isEmpty else { return faults }
        return try PayloadCheckStore.newestFaults(in: database, conversations: conversationsAtStart)
    }

    /// Whether the store was never anybody's: it is new, or was emptied.
    package static func isBlank(_ database: Database) throws -> Bool {
        guard try database.schemaVersion(for: ServerSchema.schema) > 0 else { return true }
        guard try missing(in: database, version: 1).isEmpty else { return false }
        return try database.pragma("SELECT count(*) FROM meta") == 0
    }

    /// Tables, columns and indices that a store of this version has and this one has not.
    private static func missing(in database: Database, version: Int) throws -> [String] {
        let model = try Database(path: ":memory:", options: DatabaseOptions(writeAheadLog: false))
        let migrations = Array(ServerSchema.schema.migrations.prefix(version))
        try model.migrate(to: Schema(applicationID: ServerSchema.schema.applicationID, migrations: migrations))
        let found = Set(try parts(of: database))
        return try parts(of: model).filter { !found.contains($0) }.map { "\($0) is missing" }
    }

    private static func parts(of database: Database) throws -> [String] {
        try database.all(
            """
            SELECT m.type || ' ' || m.name || coalesce(', column ' || c.name, '') FROM sqlite_schema m
            LEFT JOIN pragma_table_info(m.name) c ON m.type = 'table' WHERE m.sql IS NOT NULL ORDER BY 1
            """
        ) { $0.text(0) }
    }

    private static func identity(in database: Database) throws -> [String] {
        let names: [String] = try database.all(
            """
            SELECT k.name FROM (SELECT 'server_id' AS name UNION SELECT 'generation' UNION SELECT 'everyone_id') k
            LEFT JOIN meta m ON m.key = k.name WHERE length(m.value) IS NOT 16
            """
        ) { $0.text(0) }
        var faults = names.map { "meta: \($0) is missing" }
        let everyone = try database.pragma(
            """
            SELECT count(*) FROM conversations c JOIN meta m ON m.value = c.id AND m.key = 'everyone_id'
            WHERE c.type = 2
            """)
        if everyone != 1 { faults.append("the conversation of everyone is missing") }
        return faults
    }

    private static func foreignRows(in database: Database) throws -> [String] {
        try database.all("SELECT \"table\", parent, count(*) FROM pragma_foreign_key_check GROUP BY 1, 2") { row in
            "\(row.int(2)) rows of \(row.text(0)) refer to \(row.text(1)) that do not exist"
        }
    }

    /// Every conversation's numbers: without holes from the first message that is kept to the head, except where a
    /// restore leapt.
    private static func logs(in database: Database, limit: Int) throws -> [String] {
        try database.all(
            """
            SELECT hex(id), head, first, kept, lowest, highest, leapt FROM (
                SELECT c.id, c.head, c.message_first AS first, c.first AS earliest,
                    (SELECT count(*) FROM entries WHERE key >= c.number << ?1 | c.message_first
                        AND key < (c.number + 1) << ?1) AS kept,
                    (SELECT coalesce(min(key) - (c.number << ?1), c.first) FROM entries
                        WHERE key > c.number << ?1 AND key < (c.number + 1) << ?1) AS lowest,
                    (SELECT count(*) FROM entries WHERE key > c.number << ?1 AND key < c.number << ?1 | c.message_first
                        AND kind NOT IN (3, 4)) AS old,
                    (SELECT coalesce(max(key) - (c.number << ?1), 0) FROM entries
                        WHERE key > c.number << ?1 AND key < (c.number + 1) << ?1) AS highest,
                    (SELECT coalesce(sum(l.next_seq - max(l.after_seq + 1, c.message_first)), 0) FROM leaps l
                        WHERE l.conversation = c.id AND l.next_seq > c.message_first) AS leapt
                FROM conversations c)
            WHERE kept <> head - first + 1 - leapt OR lowest < earliest OR earliest > first OR old > 0 OR highest > head
            LIMIT ?2
            """, EntryKey.seqBits, limit
        ) { row in
            """
            conversation \(row.text(0)): \(row.int(3)) entries from \(row.int(4)) to \(row.int(5)), but its numbers go \
            from \(row.int(2)) to \(row.int(1)) with \(row.int(6)) left out
            """
        }
    }

    private static func contradictions(in database: Database) throws -> [String] {
        var faults: [String] = []
        func count(_ sql: StaticString, _ what: String) throws {
            let found = try database.pragma(sql)
            if found > 0 { faults.append("\(found) \(what)") }
        }
        try count(
            """
            SELECT count(*) FROM entries e LEFT JOIN message_ids m
            ON m.sender = e.sender AND m.conversation = e.key >> 38 AND m.id = e.id
            WHERE m.seq IS NOT e.key & ((1 << 38) - 1)
            """, "entries without their identifier")
        try count(
            """
            SELECT count(*) FROM entries e WHERE NOT EXISTS(SELECT 1 FROM conversations c WHERE c.number = e.key >> 38)
            """, "entries of conversations that do not exist")
        try count(
            "SELECT count(*) FROM cursors k JOIN conversations c ON c.id = k.conversation WHERE k.acked > c.head",
            "cursors beyond their conversation's head")
        try count(
            "SELECT count(*) FROM members m JOIN conversations c ON c.id = m.conversation WHERE m.read_seq > c.head",
            "read marks beyond their conversation's head")
        try count(
            """
            SELECT count(*) FROM leaves l LEFT JOIN conversations c ON c.number = l.conversation
            WHERE coalesce(c.epoch, 0) = 0
            """,
            "leaves of conversations without a group")
        try count(
            """
            SELECT count(*) FROM accounts a WHERE a.chain_count <> (SELECT count(*) FROM links l WHERE l.account = a.id)
            OR a.chain_count <> (SELECT coalesce(max(l.number) + 1, 0) FROM links l WHERE l.account = a.id)
            """, "accounts whose chains lack links")
        try count(
            "SELECT count(*) FROM rooms r LEFT JOIN conversations c ON c.id = r.conversation WHERE c.type IS NOT 3",
            "rooms that are none")
        try count("SELECT count(*) FROM conversations WHERE type NOT IN (1, 2, 3)", "conversations of no known kind")
        try count(
            """
            SELECT count(*) FROM conversations c WHERE c.type = 1 AND (SELECT count(*) FROM members m
            WHERE m.conversation = c.id) <> 1 + (c.account_low <> c.account_high)
            """, "direct conversations without their members")
        return faults
    }
}
