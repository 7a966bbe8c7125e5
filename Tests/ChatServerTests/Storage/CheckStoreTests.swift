import ChatProtocol
import SQLite
import TestSupport
import Testing

@testable import ChatServer

/// What is wrong with a store is told as a fault, and looking changes nothing.
@Suite struct CheckStoreTests {
    private func store(_ scratch: Scratch) throws -> (path: String, database: Database) {
        let path = scratch.url.path + "/chatd.db"
        let database = try Database(path: path)
        try database.migrate(to: ServerSchema.schema)
        let fresh = StoreIdentity(
            server: ServerID(high: 1, low: 1), generation: StoreGeneration(high: 2, low: 2),
            everyone: ConversationID(high: 3, low: 3))
        _ = try MetaStore.identity(in: database, fresh: fresh, time: 1)
        return (path, database)
    }

    @Test(arguments: [
        ("DROP TABLE cursors", "table cursors, column device is missing"),
        ("DROP INDEX devices_by_account", "index devices_by_account is missing"),
        ("ALTER TABLE invites DROP COLUMN created_by", "table invites, column created_by is missing"),
        ("DELETE FROM meta WHERE key = 'generation'", "meta: generation is missing"),
        ("UPDATE meta SET value = x'00' WHERE key = 'server_id'", "meta: server_id is missing"),
        ("UPDATE meta SET value = randomblob(16) WHERE key = 'everyone_id'", "the conversation of everyone is missing"),
        ("DELETE FROM conversations", "the conversation of everyone is missing"),
    ]) func `what is missing is a fault`(sql: String, fault: String) throws {
        let (_, database) = try store(try Scratch())
        #expect(try CheckStore.faults(in: database) == [])
        try database.execute(text: sql)
        #expect(try CheckStore.faults(in: database).contains(fault))
    }

    @Test func `an empty file is no sound store and stays empty`() throws {
        let scratch = try Scratch()
        let path = scratch.url.path + "/chatd.db"
        try WholeFile.replace(path, with: [])
        let database = try Database(path: path, options: DatabaseOptions(mode: .readOnly))
        #expect(try CheckStore.faults(in: database) == ["the store is empty"])
        #expect(try CheckStore.isBlank(database))
        #expect(try WholeFile.read(path, limit: 1) == [])
    }

    @Test func `only a store that nobody has begun is blank`() throws {
        let scratch = try Scratch()
        let (_, database) = try store(scratch)
        #expect(try !CheckStore.isBlank(database))
        try database.execute("DELETE FROM meta WHERE key = 'generation'")
        #expect(try !CheckStore.isBlank(database))
        // As a first start that was cut short leaves it.
        try database.execute("DELETE FROM meta")
        #expect(try CheckStore.isBlank(database))
        try database.execute("DROP TABLE meta")
        #expect(try !CheckStore.isBlank(database))
    }

    @Test func `a store of the first version is sound as it is`() throws {
        let database = try Database(path: ":memory:")
        try database.transaction { try database.execute(text: FrozenStore.version1) }
        try database.execute(text: "PRAGMA application_id=\(FrozenStore.applicationID);PRAGMA user_version=1")
        #expect(try CheckStore.faults(in: database) == [])
    }
}
