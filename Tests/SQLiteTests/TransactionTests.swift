import SQLite
import TestSupport
import Testing

@Suite struct TransactionTests {
    struct Refused: Error {}

    private func rows(_ database: Database) throws -> Int { Int(try database.pragma("SELECT count(*) FROM t")) }

    @Test func `what throws is undone`() throws {
        let database = try Database(path: ":memory:")
        try database.execute("CREATE TABLE t(a)")
        #expect(throws: Refused.self) {
            try database.transaction {
                try database.run("INSERT INTO t VALUES(?)", 1)
                throw Refused()
            }
        }
        #expect(try rows(database) == 0)
        try database.transaction { try database.run("INSERT INTO t VALUES(?)", 1) }
        #expect(try rows(database) == 1)
        #expect(!database.isInTransaction)
    }

    @Test func `a second writer is told busy when its time is up`() throws {
        let directory = try Scratch()
        let first = try Database(path: directory.file("a.db"))
        try first.execute("CREATE TABLE t(a)")
        let second = try Database(
            path: directory.file("a.db"), options: DatabaseOptions(busyTimeout: .milliseconds(50)))
        try first.transaction {
            let error = #expect(throws: SQLiteError.self) { try second.transaction {} }
            #expect(error?.kind == .busy)
        }
        try second.transaction { try second.run("INSERT INTO t VALUES(?)", 1) }
        #expect(try rows(first) == 1)
    }

    @Test func `many writers wait for one another`() async throws {
        let directory = try Scratch()
        let path = directory.file("a.db")
        do { try Database(path: path).execute("CREATE TABLE t(a)") }
        try await withThrowingTaskGroup(of: Void.self) { group in
            for writer in 0..<8 {
                group.addTask {
                    let database = try Database(path: path, options: DatabaseOptions(synchronous: .off))
                    for _ in 0..<20 {
                        try database.transaction { try database.run("INSERT INTO t VALUES(?)", writer) }
                    }
                }
            }
            try await group.waitForAll()
        }
        #expect(try rows(try Database(path: path)) == 160)
    }

    @Test func `a full database is said and left intact`() throws {
        let directory = try Scratch()
        let database = try Database(path: directory.file("a.db"))
        try database.execute("CREATE TABLE t(a)")
        try database.run("INSERT INTO t VALUES(?)", 1)
        try database.execute("PRAGMA max_page_count=16")
        let error = #expect(throws: SQLiteError.self) {
            try database.transaction {
                for _ in 0..<100 { try database.run("INSERT INTO t VALUES(zeroblob(?))", 4_000) }
            }
        }
        #expect(error?.kind == .full)
        #expect(!database.isInTransaction)
        #expect(try rows(database) == 1)
        #expect(try database.integrityFaults() == [])
        try database.run("DELETE FROM t WHERE a = ?", 1)
        #expect(try rows(database) == 0)
    }
}
