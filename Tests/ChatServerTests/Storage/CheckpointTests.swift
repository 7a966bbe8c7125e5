import ChatProtocol
import SQLite
import Synchronization
import TestSupport
import Testing

@testable import ChatServer

/// The write-ahead log stays small however long somebody writes.
@Suite struct CheckpointTests {
    private let scratch: Scratch
    private let path: String
    private var logFile: Int64 { get throws { try Database(path: path, options: .init(mode: .readOnly)).logFileSize } }

    init() throws {
        scratch = try Scratch()
        path = scratch.url.path + "/chatd.db"
    }

    private func open(copyPages: Int = 64, largestFile: Int64 = 1 << 20) async throws -> SQLiteStore {
        var plan = CheckpointPlan()
        plan.copyPages = copyPages
        plan.largestFile = largestFile
        plan.smallFile = 64 << 10
        var settings = SQLiteStore.Settings(path: path)
        settings.checkpoints = plan
        return try await SQLiteStore.open(settings)
    }

    /// Writes so many KiB without a pause: the next commit waits while one is made.
    private func write(_ kilobytes: Int, to store: SQLiteStore) async throws {
        try await store.write { try $0.execute("CREATE TABLE IF NOT EXISTS load(content BLOB)") }
        try await withThrowingTaskGroup(of: Void.self) { group in
            for _ in 0..<3 {
                group.addTask {
                    for _ in 0..<(kilobytes / 3 / 16) {
                        try await store.write { try $0.execute("INSERT INTO load VALUES(zeroblob(16000))") }
                    }
                }
            }
            try await group.waitForAll()
        }
    }

    /// What writes without a pause.
    private final class Load: Sendable {
        let made = Atomic(0)
        let isOver = Atomic(false)
        /// What is never cut off does not fill the disk.
        let limit: Int

        init(limit: Int) { self.limit = limit }

        var commits: Int { made.load(ordering: .relaxed) }
        var goesOn: Bool { commits < limit && !isOver.load(ordering: .relaxed) }
    }

    /// Three commit without a pause. Whether each time that they have made so many more commits the log is seen small again
    /// while they go on.
    private func isSmallAgain(
        after commits: Int, _ commit: @escaping @Sendable (_ number: UInt64) async throws -> Void
    ) async throws -> Bool {
        let load = Load(limit: 200 * commits)
        return try await withThrowingTaskGroup(of: Void.self) { group in
            for _ in 0..<3 {
                group.addTask {
                    while load.goesOn {
                        try await commit(UInt64(load.made.add(1, ordering: .relaxed).newValue))
                    }
                }
            }
            defer { load.isOver.store(true, ordering: .relaxed) }
            for round in 1...6 {
                let isSmall = try await eventually {
                    try !load.goesOn || load.commits >= round * commits && logFile <= 1 << 20
                }
                guard isSmall, load.goesOn else { return false }
            }
            return true
        }
    }

    @Test func `the log stays small under a load that never pauses`() async throws {
        let store = try await open()
        try await store.write { try $0.execute("CREATE TABLE load(id INTEGER PRIMARY KEY, content BLOB)") }
        let isSmall = try await isSmallAgain(after: 400) { number in
            try await store.write {
                try $0.run("INSERT OR REPLACE INTO load VALUES(?, zeroblob(16000))", Int(number % 64))
            }
        }
        #expect(isSmall)
        await store.close()
    }

    @Test func `a log that a reader held up is cut off when the reader has gone`() async throws {
        let store = try await open()
        do {
            let reader = try Database(path: path, options: DatabaseOptions(mode: .readOnly))
            try reader.execute("BEGIN")
            _ = try reader.pragma("SELECT count(*) FROM meta")
            try await write(6 << 10, to: store)
            #expect(try logFile > 5 << 20)
            try reader.execute("COMMIT")
        }
        let isCut = try await eventually {
            store.giveBackRoom(isShort: false)
            return try logFile <= 1 << 20
        }
        #expect(isCut)
        await store.close()
    }

    @Test func `where room is short a small log gives its room back`() async throws {
        let store = try await open(copyPages: 1 << 20)
        try await write(512, to: store)
        #expect(try logFile > 400 << 10)
        // Whoever reads at the moment, as who looks here may, is waited for the next time.
        let isEmpty = try await eventually {
            store.giveBackRoom(isShort: true)
            return try logFile == 0
        }
        #expect(isEmpty)
        await store.close()
    }

    @Test func `the log counts as store and is kept free on the disk`() async throws {
        let store = try await open(copyPages: 1 << 20)
        let (before, file) = (try await store.room(), try logFile)
        try await write(900, to: store)
        #expect(try await store.room().used >= before.used + UInt64(logFile - file))
        #expect(try logFile > 800 << 10)
        await store.close()
    }

    @Test func `changes of accounts alone do not lengthen the log either`() async throws {
        let store = try await open()
        let isSmall = try await isSmallAgain(after: 1_000) { number in
            let id = InviteID(high: 1, low: number)
            let invite = Invite(id: id, usesLeft: 1, expires: .distantFuture, created: 1, createdBy: "x")
            try await store.addInvite(invite, token: id.bytes)
        }
        #expect(isSmall)
        await store.close()
    }
}
