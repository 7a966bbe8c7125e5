import ChatProtocol
import SQLite
import Testing

@testable import ChatServer

@Suite struct RetentionTests {
    private let store: StoreUnderTest
    private let dm: ConversationID
    /// How far a restore makes three entries leap.
    private let leapt = SequenceNumber(3).advanced(by: MetaStore.leap)

    init() throws {
        store = try StoreUnderTest()
        dm = try store.open(alice, bob)
    }

    @discardableResult
    private func sweep(now: UInt64, retention: UInt64) throws -> UInt64 {
        var sweep = RetentionSweep(now: now, retention: retention)
        var freed: UInt64 = 0
        while !sweep.isDone { freed += try sweep.step(in: store.database).freed.values.reduce(0, +) }
        return freed
    }

    private func page(after seq: SequenceNumber) throws -> LogPage {
        try store.reader.page(of: dm, after: seq, entries: 10_000, bytes: 1 << 30)
    }

    @Test func whatIsTooOldEndsAndIsToldAsAGap() throws {
        _ = try store.commit((1...1200).map { store.append("\($0)", to: dm) }, time: 100)
        _ = try store.commit((1...3).map { store.append("new \($0)", to: dm) }, time: 200)
        #expect(try sweep(now: 1150, retention: 1000) > 0)
        let page = try page(after: 5)
        #expect(page.rows.first == .hole(.retention, first: 6, last: 1200))
        #expect(page.rows.count == 4 && page.through == 1203 && page.isLast)
        #expect(try CheckStore.faults(in: store.database).isEmpty)
    }

    @Test func aLogOfWhichNothingIsLeftGoesOnWhereItWas() throws {
        _ = try store.commit([store.append("old", to: dm)], time: 100)
        #expect(try sweep(now: 5000, retention: 1000) == UInt64(StoreQuota.bytes(ofPayload: 3)))
        #expect(try page(after: 0).rows == [.hole(.retention, first: 1, last: 1)])
        #expect(try page(after: 1).rows.isEmpty)
        #expect(try store.commit([store.append("new", to: dm)], time: 5000).map(\.seq) == [2])
        #expect(try CheckStore.faults(in: store.database).isEmpty)
    }

    @Test func whatIsYoungStaysThoughTheClockWasSetBackAfterIt() throws {
        _ = try store.commit((1...5).map { store.append("\($0)", to: dm) }, time: 10_000)
        _ = try store.commit([store.append("the clock was wrong", to: dm)], time: 100)
        _ = try store.commit([store.append("after", to: dm)], time: 10_100)
        #expect(try sweep(now: 10_500, retention: 1000) == 0)
        #expect(try store.texts(dm).count == 7)
        let gone = [1, 1, 1, 1, 1, 19].map { UInt64(StoreQuota.bytes(ofPayload: $0)) }
        #expect(try sweep(now: 11_050, retention: 1000) == gone.reduce(0, +))
        #expect(try store.texts(dm) == ["after"])
        #expect(try CheckStore.faults(in: store.database).isEmpty)
    }

    @Test func anIdentifierIsKeptAsLongAsItsEntryWhateverTheClockSaid() throws {
        let now = 10 * RetentionSweep.identifiersLonger
        _ = try store.commit([store.append("young", to: dm)], time: now)
        _ = try store.commit([store.append("the clock was wrong", to: dm, id: 5)], time: 100)
        try sweep(now: now, retention: 1000)
        #expect(try store.commit([store.append("again", to: dm, id: 5)], time: now).first?.stored?.duplicate == true)
        #expect(try CheckStore.faults(in: store.database).isEmpty)
    }

    @Test func anIdentifierOutlivesItsEntryByAWeek() throws {
        let week = RetentionSweep.identifiersLonger
        _ = try store.commit([store.append("old", to: dm, id: 5)], time: 100)
        try sweep(now: 2000, retention: 1000)
        #expect(try store.commit([store.append("old", to: dm, id: 5)], time: 2000).first?.stored?.duplicate == true)
        try sweep(now: 2000 + week, retention: 1000)
        #expect(try store.commit([store.append("old", to: dm, id: 5)], time: 3000 + week).map(\.seq) == [2])
    }

    @Test func aRestoredStoreLeapsAndSaysSo() throws {
        _ = try store.commit((1...3).map { store.append("\($0)", to: dm) })
        try store.database.transaction {
            try MetaStore.beginGeneration(StoreGeneration(high: 8, low: 8), floor: 0, in: store.database)
        }
        let identity = try #require(try MetaStore.identity(in: store.database))
        #expect(identity.generation == StoreGeneration(high: 8, low: 8))
        let lost = LogPage.Row.hole(.restored, first: 4, last: leapt)
        #expect(try page(after: 3).rows == [lost])
        let writer = SQLiteLogWriter(database: store.database, identity: identity)
        let outcome = try writer.commit(StoreBatch(time: 9, operations: [store.append("new", to: dm)])).first
        #expect(outcome?.seq == leapt.next)
        #expect(outcome?.stored?.position.generation == identity.generation)
        let page = try page(after: 2)
        #expect(page.rows.count == 3 && page.rows[1] == lost && page.through == leapt.next)
        // A device that had got something which the backup did not hold.
        #expect(try self.page(after: 20).rows.first == .hole(.restored, first: 21, last: leapt))
        #expect(try CheckStore.faults(in: store.database).isEmpty)
    }

    @Test func everyConversationOfARestoredStoreGoesOnBehindTheSameNumberNewOnesToo() throws {
        _ = try store.commit((1...3).map { store.append("\($0)", to: dm) })
        try store.database.transaction {
            try MetaStore.beginGeneration(StoreGeneration(high: 8, low: 8), floor: 9_000_000, in: store.database)
            // Before it is used: the store that it replaces had come further.
            try MetaStore.raiseFloor(to: 12_000_000, in: store.database)
            try MetaStore.raiseFloor(to: 11_000_000, in: store.database)
        }
        let notes = try store.open(alice, alice, fresh: 51)
        let identity = try #require(try MetaStore.identity(in: store.database))
        let writer = SQLiteLogWriter(database: store.database, identity: identity)
        let operations = [store.append("new", to: dm), store.append("first", to: notes)]
        let seqs = try writer.commit(StoreBatch(time: 9, operations: operations)).map(\.seq)
        #expect(seqs == [12_000_001, 12_000_001])
        #expect(try page(after: 3).rows.first == .hole(.restored, first: 4, last: 12_000_000))
        let rows = try store.reader.page(of: notes, after: 0, entries: 9, bytes: 1 << 20).rows
        #expect(rows.first == .hole(.restored, first: 1, last: 12_000_000) && rows.count == 2)
        #expect(try CheckStore.faults(in: store.database).isEmpty)
    }

    @Test func whatIsMissingInADamagedStoreIsAHoleAndNoEndlessWait() throws {
        _ = try store.commit((1...3).map { store.append("\($0)", to: dm) })
        try store.database.execute("DELETE FROM entries WHERE key & 15 IN (2, 3)")
        let page = try page(after: 0)
        #expect(page.rows.last == .hole(.retention, first: 2, last: 3))
        #expect(page.isLast && page.through == 3)
        #expect(try self.page(after: 3).isLast)
    }

    @Test func theFloorGrowsWithTheTimeAndFitsWhateverTheClockSays() {
        let day: UInt64 = 86_400_000
        let now: UInt64 = 1_795_000_000_000
        #expect(MetaStore.floor(at: now).distance(to: MetaStore.floor(at: now + day)) == 64 * 86_400)
        #expect(MetaStore.floor(at: 0) == 0)
        #expect(MetaStore.floor(at: .max) < .largest)
    }

    @Test func retentionPassesOverALeap() throws {
        _ = try store.commit((1...3).map { store.append("\($0)", to: dm) }, time: 100)
        try store.database.transaction {
            try MetaStore.beginGeneration(StoreGeneration(high: 8, low: 8), floor: 0, in: store.database)
        }
        let identity = try #require(try MetaStore.identity(in: store.database))
        let writer = SQLiteLogWriter(database: store.database, identity: identity)
        _ = try writer.commit(StoreBatch(time: 200, operations: [store.append("new", to: dm)]))
        try sweep(now: 1150, retention: 1000)
        #expect(try CheckStore.faults(in: store.database).isEmpty)
        try sweep(now: 9000, retention: 1000)
        #expect(try CheckStore.faults(in: store.database).isEmpty)
        #expect(
            try page(after: 1).rows == [
                .hole(.retention, first: 2, last: 3), .hole(.restored, first: 4, last: leapt),
                .hole(.retention, first: leapt.advanced(by: 1), last: leapt.advanced(by: 1)),
            ])
    }
}

@Suite struct CheckTests {
    private let store: StoreUnderTest
    private let dm: ConversationID

    init() throws {
        store = try StoreUnderTest()
        dm = try store.open(alice, bob)
        _ = try store.commit((1...9).map { store.append("\($0)", to: dm) })
        try store.move(bobDevice, bob, dm, acked: 4)
    }

    @Test func aSoundStoreHasNoFaults() throws {
        #expect(try CheckStore.faults(in: store.database).isEmpty)
    }

    @Test(arguments: [
        "DELETE FROM entries WHERE key & 15 = 5",
        "DELETE FROM message_ids WHERE seq = 5",
        "UPDATE conversations SET head = 8 WHERE type = 1",
        "UPDATE conversations SET head = 12 WHERE type = 1",
        "UPDATE conversations SET first = 2 WHERE type = 1",
        "UPDATE cursors SET acked = 10",
        "UPDATE members SET read_seq = 10",
        "DELETE FROM members WHERE account = x'00000000000000000000000000000001'",
        "DELETE FROM devices",
        "DELETE FROM conversations WHERE type = 1",
    ])
    func everyContradictionIsFound(damage: String) throws {
        try store.database.execute(text: damage)
        #expect(try !CheckStore.faults(in: store.database).isEmpty)
    }
}
