import SQLite
import TestSupport
import Testing

@Suite struct MigrationTests {
    private let first = Migration("CREATE TABLE t(a)")
    private let second = Migration("ALTER TABLE t ADD COLUMN b DEFAULT 5; CREATE INDEX i ON t(b)")

    private func schema(_ migrations: Migration...) -> Schema { Schema(applicationID: 77, migrations: migrations) }

    @Test func `only missing steps are taken`() throws {
        let directory = try Scratch()
        let path = directory.file("a.db")
        do {
            let database = try Database(path: path)
            try database.migrate(to: schema(first))
            try database.execute("INSERT INTO t VALUES(1)")
        }
        let database = try Database(path: path)
        try database.migrate(to: schema(first, second))
        try database.migrate(to: schema(first, second))
        #expect(try database.schemaVersion(for: schema(first, second)) == 2)
        #expect(try database.first("SELECT a, b FROM t") { [$0.int(0), $0.int(1)] } == [1, 5])
    }

    @Test func `a newer schema is refused`() throws {
        let directory = try Scratch()
        let path = directory.file("a.db")
        try Database(path: path).migrate(to: schema(first, second))
        let error = #expect(throws: SQLiteError.self) { try Database(path: path).migrate(to: schema(first)) }
        #expect(error?.kind == .newerSchema(found: 2, known: 1))
    }

    @Test func `another programs database is refused`() throws {
        let directory = try Scratch()
        let path = directory.file("a.db")
        try Database(path: path).migrate(to: schema(first))
        let other = Schema(applicationID: 78, migrations: [first])
        let error = #expect(throws: SQLiteError.self) { try Database(path: path).migrate(to: other) }
        #expect(error?.kind == .otherApplication(found: 77))

        let unmarked = try Database(path: directory.file("b.db"))
        try unmarked.execute("CREATE TABLE mine(a)")
        #expect(throws: SQLiteError.self) { try unmarked.migrate(to: schema(first)) }
    }

    @Test func `a failed step leaves the old schema`() throws {
        let database = try Database(path: ":memory:")
        try database.migrate(to: schema(first))
        #expect(throws: SQLiteError.self) {
            try database.migrate(to: schema(first, second, Migration("CREATE TABLE t(a)")))
        }
        #expect(try database.schemaVersion(for: schema(first, second)) == 1)
        #expect(try database.pragma("SELECT count(*) FROM pragma_table_info('t')") == 1)
    }

    @Test func `a reader does not migrate`() throws {
        let directory = try Scratch()
        let path = directory.file("a.db")
        try Database(path: path).migrate(to: schema(first))
        let reader = try Database(path: path, options: DatabaseOptions(mode: .readOnly))
        try reader.migrate(to: schema(first))
        let error = #expect(throws: SQLiteError.self) { try reader.migrate(to: schema(first, second)) }
        #expect(error?.kind == .olderSchema(found: 1, known: 2))
    }

    @Test func `many processes may be the first`() async throws {
        let directory = try Scratch()
        let schema = schema(first, second)
        for round in 0..<200 {
            let path = directory.file("\(round).db")
            try await withThrowingTaskGroup(of: Void.self) { group in
                for _ in 0..<8 {
                    group.addTask { try Database(path: path).migrate(to: schema) }
                }
                try await group.waitForAll()
            }
            #expect(try Database(path: path).schemaVersion(for: schema) == 2)
        }
    }
}
