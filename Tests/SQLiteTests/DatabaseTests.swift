import Glibc
import SQLite
import TestSupport
import Testing

@Suite struct DatabaseTests {
    @Test func `every type comes back as it went in`() throws {
        let database = try Database(path: ":memory:")
        try database.execute("CREATE TABLE t(a, b, c, d, e, f, g)")
        let text = "a\0é\u{1F600}"
        try database.run(
            "INSERT INTO t VALUES(?,?,?,?,?,?,?)", Int64.min, UInt64.max, text, [UInt8]([0, 255]), [UInt8](), "",
            Int64?.none)
        let count = try database.all("SELECT a, b, c, d, e, f, g FROM t") { row in
            #expect(row.integer(0) == Int64.min)
            #expect(row.unsigned(1) == UInt64.max)
            #expect(row.text(2) == text)
            #expect(row.bytes(3) == [0, 255])
            #expect(row.optionalBytes(4) == [])
            #expect(row.optionalText(5) == "")
            #expect(row.isNull(6) && row.optionalInteger(6) == nil)
        }.count
        #expect(count == 1)
    }

    @Test func `a kept statement is not lent twice at once`() throws {
        let database = try Database(path: ":memory:")
        try database.execute("CREATE TABLE t(a); INSERT INTO t VALUES(1),(2),(3)")
        // Three rows, at each of them three rows again, by the same statement: 3 + 9 + 27 visits.
        #expect(try visits(database, depth: 3) == 39)
        let first = try numbers(database)
        #expect(try numbers(database) === first)
    }

    private func numbers(_ database: Database) throws -> Statement { try database.statement("SELECT a FROM t") }

    private func visits(_ database: Database, depth: Int) throws -> Int {
        guard depth > 0 else { return 0 }
        let statement = try numbers(database)
        var count = 0
        while try statement.step() { count += 1 + (try visits(database, depth: depth - 1)) }
        return count
    }

    @Test func `a new file is readable by its owner alone`() throws {
        let directory = try Scratch()
        let database = try Database(path: directory.file("a.db"))
        try database.execute("CREATE TABLE t(a)")
        for name in ["a.db", "a.db-wal", "a.db-shm"] {
            var status = stat()
            #expect(stat(directory.file(name), &status) == 0, "\(name)")
            #expect(status.st_mode & 0o777 == 0o600, "\(name)")
        }
    }

    @Test func `an error says where and what`() throws {
        let database = try Database(path: ":memory:")
        try database.execute("CREATE TABLE t(a UNIQUE)")
        try database.run("INSERT INTO t VALUES(?)", 1)
        let error = #expect(throws: SQLiteError.self) { try database.run("INSERT INTO t VALUES(?)", 1) }
        #expect(error?.kind == .constraint)
        #expect(error?.isDuplicateKey == true)
        #expect(error?.primaryCode == 19)
        #expect(error?.operation == "INSERT INTO t VALUES(?)")
        #expect(error?.path == ":memory:")
    }

    @Test func `a missing file is not created unless asked`() throws {
        let directory = try Scratch()
        for mode in [DatabaseOptions.Mode.readWrite, .readOnly, .immutable] {
            let error = #expect(throws: SQLiteError.self) {
                _ = try Database(path: directory.file("none.db"), options: DatabaseOptions(mode: mode))
            }
            #expect(error?.kind == .cannotOpen)
        }
        #expect(access(directory.file("none.db"), F_OK) != 0)
    }

    @Test func `a file that is no database is refused`() throws {
        let directory = try Scratch()
        let file = try #require(fopen(directory.file("x.db"), "w"))
        for _ in 0..<200 { fputs("this is not a database; ", file) }
        fclose(file)
        let error = #expect(throws: SQLiteError.self) { _ = try Database(path: directory.file("x.db")) }
        #expect(error?.kind == .notADatabase)
    }

    @Test func `a reader sees but cannot change`() throws {
        let directory = try Scratch()
        let writer = try Database(path: directory.file("a.db"))
        try writer.execute("CREATE TABLE t(a); INSERT INTO t VALUES(7)")
        let reader = try Database(path: directory.file("a.db"), options: DatabaseOptions(mode: .readOnly))
        #expect(try reader.first("SELECT a FROM t") { $0.int(0) } == 7)
        let error = #expect(throws: SQLiteError.self) { try reader.execute("INSERT INTO t VALUES(8)") }
        #expect(error?.kind == .readOnly)
    }

    @Test func `an immutable database is read without companions`() throws {
        let directory = try Scratch()
        let path = directory.file("a b%.db")
        do {
            let writer = try Database(path: path)
            try writer.execute("CREATE TABLE t(a); INSERT INTO t VALUES(7)")
        }
        let reader = try Database(path: path, options: DatabaseOptions(mode: .immutable))
        #expect(try reader.first("SELECT a FROM t") { $0.int(0) } == 7)
        #expect(access(path + "-shm", F_OK) != 0)
    }

    @Test func `another connections commit changes the data version`() throws {
        let directory = try Scratch()
        let first = try Database(path: directory.file("a.db"))
        try first.execute("CREATE TABLE t(a)")
        let second = try Database(path: directory.file("a.db"))
        let before = try second.dataVersion
        try second.execute("INSERT INTO t VALUES(1)")
        #expect(try second.dataVersion == before)
        try first.execute("INSERT INTO t VALUES(2)")
        #expect(try second.dataVersion != before)
    }

    @Test func `the log stays at close where asked for`() throws {
        let directory = try Scratch()
        let path = directory.file("a.db")
        do {
            let quick = try Database(path: path, options: DatabaseOptions(checkpointOnClose: false))
            try quick.execute("CREATE TABLE t(a)")
        }
        #expect(access(path + "-wal", F_OK) == 0)
        do { _ = try Database(path: path).pragma("SELECT count(*) FROM t") }
        #expect(access(path + "-wal", F_OK) != 0)
    }

    @Test func `a predicate of our own is asked for each text until it is defined anew`() throws {
        let database = try Database(path: ":memory:")
        try database.execute("CREATE TABLE t(a); INSERT INTO t VALUES('one'), ('two'), (NULL), (3)")
        func found() throws -> [String] {
            try database.all("SELECT a FROM t WHERE is_meant(a) ORDER BY rowid") { $0.text(0) }
        }
        #expect(throws: SQLiteError.self) { try found() }
        try database.define("is_meant") { ["two", "3"].contains(String(decoding: $0, as: UTF8.self)) }
        #expect(try found() == ["two", "3"])
        try database.define("is_meant") { _ in true }
        #expect(try found() == ["one", "two", "3"])
        // What stands in the file does not call it.
        try database.execute("CREATE VIEW v AS SELECT a FROM t WHERE is_meant(a)")
        #expect(throws: SQLiteError.self) { try database.all("SELECT a FROM v") { $0.text(0) } }
    }
}
