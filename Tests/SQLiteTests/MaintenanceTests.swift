import Glibc
import SQLite
import TestSupport
import Testing

@Suite struct MaintenanceTests {
    @Test func `a backup is one snapshot while others write`() throws {
        let directory = try Scratch()
        let path = directory.file("a.db")
        let writer = try Database(path: path, options: DatabaseOptions(synchronous: .off))
        try writer.execute("CREATE TABLE t(a)")
        try writer.transaction {
            for number in 0..<500 { try writer.run("INSERT INTO t VALUES(zeroblob(1000) || ?)", number) }
        }
        let source = try Database(path: path)
        var pauses = 0
        try source.backup(to: directory.file("copy.db"), pagesPerStep: 20) {
            pauses += 1
            try writer.run("INSERT INTO t VALUES(?)", pauses)
        }
        #expect(pauses > 3)
        let copy = try Database(path: directory.file("copy.db"), options: DatabaseOptions(mode: .readOnly))
        #expect(try copy.pragma("SELECT count(*) FROM t") == 500)
        #expect(try copy.integrityFaults() == [])
        #expect(try writer.pragma("SELECT count(*) FROM t") == Int64(500 + pauses))
        var status = stat()
        #expect(stat(directory.file("copy.db"), &status) == 0)
        #expect(status.st_mode & 0o777 == 0o600)
        #expect(access(directory.file("copy.db-wal"), F_OK) != 0)
    }

    @Test func `a backup can be given up`() throws {
        struct Stopped: Error {}
        let directory = try Scratch()
        let source = try Database(path: directory.file("a.db"))
        try source.execute("CREATE TABLE t(a); INSERT INTO t VALUES(zeroblob(100000))")
        #expect(throws: Stopped.self) {
            try source.backup(to: directory.file("copy.db"), pagesPerStep: 1) { throw Stopped() }
        }
        try source.execute("INSERT INTO t VALUES(1)")
    }

    @Test func `a damaged page is found`() throws {
        let directory = try Scratch()
        let path = directory.file("a.db")
        do {
            let database = try Database(path: path, options: DatabaseOptions(writeAheadLog: false))
            try database.execute("CREATE TABLE t(a); CREATE INDEX i ON t(a)")
            try database.transaction {
                for number in 0..<2_000 { try database.run("INSERT INTO t VALUES(?)", number) }
            }
            #expect(try database.integrityFaults() == [])
        }
        let descriptor = open(path, O_RDWR)
        let zeros = [UInt8](repeating: 0, count: 600)
        #expect(pwrite(descriptor, zeros, zeros.count, 4096 * 3 + 200) == zeros.count)
        close(descriptor)
        let database = try Database(path: path, options: DatabaseOptions(mode: .readOnly))
        #expect(try !database.integrityFaults().isEmpty)
    }

    @Test func `dangling references are refused where references are kept`() throws {
        let strict = try Database(path: ":memory:", options: DatabaseOptions(foreignKeys: true))
        try strict.execute("CREATE TABLE p(id PRIMARY KEY); CREATE TABLE c(p REFERENCES p(id))")
        let error = #expect(throws: SQLiteError.self) { try strict.execute("INSERT INTO c VALUES(9)") }
        #expect(error?.kind == .constraint)
    }

    @Test func `a checkpoint copies the log`() throws {
        let directory = try Scratch()
        let database = try Database(path: directory.file("a.db"), options: DatabaseOptions(autoCheckpointPages: 0))
        try database.execute("CREATE TABLE t(a); INSERT INTO t VALUES(zeroblob(50000))")
        let passive = try database.checkpoint()
        #expect(passive.log > 10 && passive.copied == passive.log)
        #expect(try database.checkpoint(.truncate) == (0, 0))
        #expect(try database.size >= 50_000)
        try database.execute("DELETE FROM t")
        #expect(try database.freeSize >= 40_000)
    }
}
