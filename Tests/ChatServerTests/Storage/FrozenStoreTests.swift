import ChatProtocol
import GroupRules
import SQLite
import StoredValues
import TestSupport
import Testing

@testable import ChatServer

/// A store written by the first version opens in every later one.
@Suite struct FrozenStoreTests {
    private func frozen(_ scratch: Scratch) throws -> String {
        let path = scratch.url.path + "/chatd.db"
        let database = try Database(path: path)
        try database.transaction { try database.execute(text: FrozenStore.version1) }
        try database.execute(text: "PRAGMA application_id=\(FrozenStore.applicationID);PRAGMA user_version=1")
        return path
    }

    private func opened(_ path: String) throws -> Database {
        let database = try Database(path: path)
        try database.migrate(to: ServerSchema.schema)
        return database
    }

    @Test func `the first migration makes what the first version made`() throws {
        let scratch = try Scratch()
        let old = try Database(path: try frozen(scratch))
        let new = try Database(path: ":memory:")
        try new.migrate(to: Schema(applicationID: 1, migrations: Array(ServerSchema.schema.migrations.prefix(1))))
        #expect(try structure(old) == structure(new))
    }

    /// What stands in `sqlite_schema`, without the differences of white space.
    private func structure(_ database: Database) throws -> [String] {
        try database.all("SELECT name, sql FROM sqlite_schema WHERE sql IS NOT NULL ORDER BY name") { row in
            row.text(0) + " " + row.text(1).split(whereSeparator: \.isWhitespace).joined(separator: " ")
        }
    }

    @Test func `what it holds is read and sound`() throws {
        let scratch = try Scratch()
        let database = try opened(try frozen(scratch))
        #expect(try CheckStore.faults(in: database) == [])
        let identity = try #require(try MetaStore.identity(in: database))
        #expect(identity.server.hex == "c11df718b62c1aa2b2afc2a16f0f1868")
        let accounts = AccountStore(database: database)
        let names = try accounts.accounts(after: "", limit: 9).map {
            "\($0.account.record.name) \($0.account.record.displayName)"
        }
        #expect(names == ["alice Alice", "bob bob", "carol "])
        let alice = try account("alice", accounts)
        let devices = DeviceStore(database: database)
        let device = try #require(try devices.devices(of: alice.record.id).first)
        let row = try #require(try devices.loginRow(device.id, of: alice.record.id))
        #expect(row.window.high == 2 && row.state == .active)
        let page = try LogPageStore.page(
            of: identity.everyone, after: 0, entries: 9, bytes: 1 << 20, in: database)
        // What was plain is gone, and whoever had not fetched it is told.
        #expect(page.isLast && !page.rows.isEmpty)
        for row in page.rows {
            if case .entry(let entry) = row { Issue.record("\(entry)") }
        }
        #expect(try database.first("SELECT 1 FROM entries") { _ in true } == nil)
        #expect(try InviteStore(database: database).invites(at: 0).map(\.usesLeft) == [1])
    }

    private func account(_ name: String, _ accounts: AccountStore) throws -> StoredAccount {
        let name = try #require(UserName(name))
        return try #require(try accounts.account(named: name))
    }

    @Test func `how far devices had come stands with their account`() throws {
        let scratch = try Scratch()
        let database = try opened(try frozen(scratch))
        let identity = try #require(try MetaStore.identity(in: database))
        let accounts = AccountStore(database: database)
        let bob = try account("bob", accounts).record.id
        let devices = DeviceStore(database: database)
        // One that is made only now begins where bob's other one stood.
        try devices.insert(
            NewDevice(id: DeviceID(high: 1, low: 1), name: "new", keys: []), account: bob, time: 1_800_000_000_000)
        let rows = try InboxStore.inbox(
            of: DeviceID(high: 1, low: 1), account: bob, after: nil, limit: 9, in: database)
        #expect(rows.map(\.start) == [1, 1])
        // Numbers that were left out at the restore are nobody's.
        #expect(rows.allSatisfy { $0.before == [1...1] })
        let carol = try account("carol", accounts).record.id
        let row = try InboxStore.inbox(
            of: DeviceID(high: 1, low: 2), account: carol, after: nil, limit: 9, in: database
        ).first
        #expect(row?.conversation.id == identity.everyone && row?.start == 1)
    }

    @Test func `a direct conversation is the one that follows from its accounts`() throws {
        let scratch = try Scratch()
        let database = try opened(try frozen(scratch))
        let identity = try #require(try MetaStore.identity(in: database))
        let accounts = AccountStore(database: database)
        let direct = ConversationID.direct(
            try account("alice", accounts).record.id, try account("bob", accounts).record.id, on: identity.server)
        #expect(try database.all("SELECT id FROM conversations WHERE type = 1") { try $0.identifier(0) } == [direct])
        #expect(try database.all("SELECT count(*) FROM members WHERE conversation = ?", direct) { $0.int(0) } == [2])
        #expect(try database.all("SELECT count(*) FROM leaps WHERE conversation = ?", direct) { $0.int(0) } == [1])
        #expect(try database.all("SELECT count(*) FROM cursors WHERE conversation = ?", direct) { $0.int(0) } == [1])
    }

    @Test func `its people log in with their passwords`() throws {
        let scratch = try Scratch()
        let database = try opened(try frozen(scratch))
        let accounts = AccountStore(database: database)
        for (name, password) in [("bob", "correct horse battery"), ("carol", "U*U")] {
            let account = try account(name, accounts)
            let login = PasswordLogin(account: account, password: Array(password.utf8), dummy: nil)
            let hash = try #require(login.hash)
            #expect(Bcrypt.verify(Array(password.utf8), against: hash))
            #expect(login.outcome(fits: true) == .accepted(account))
            #expect(login.wantsNewHash == (name == "carol"))
        }
    }
}
