import ChatProtocol
import SQLite
import Testing

@testable import ChatServer

/// How logs end in SQLite, and how those of a restored store go on.
@Suite struct RetentionTests {
    /// How far a restore makes three entries leap.
    private let leapt = SequenceNumber(UInt64(3 + MetaStore.leap))
    private let reborn = StoreGeneration(high: 8, low: 8)

    private func withLog(_ body: (StoreUnderTest, ConversationID) async throws -> Void) async throws {
        try await withStore { store in try await body(store, try await store.open(alice, bob)) }
    }

    private func restore(_ store: StoreUnderTest, floor: SequenceNumber = 0) throws {
        try store.database { database in
            try database.transaction { try MetaStore.beginGeneration(reborn, floor: floor, in: database) }
        }
    }

    @Test func `what is too old ends and is told as a gap`() async throws {
        try await withLog { store, dm in
            _ = try await store.commit((1...1200).map { store.append("\($0)", to: dm) }, time: 100)
            _ = try await store.commit((1...3).map { store.append("new \($0)", to: dm) }, time: 200)
            #expect(try await store.sweep(now: 1150, retention: .milliseconds(1000)) > 0)
            let page = try await store.page(dm, after: 5)
            #expect(page.rows.first == .hole(.retention, first: 6, last: 1200))
            #expect(page.rows.count == 4 && page.through == 1203 && page.isLast)
            #expect(try store.faults() == [])
        }
    }

    @Test func `a log of which nothing is left goes on where it was`() async throws {
        try await withLog { store, dm in
            _ = try await store.commit([store.append("old", to: dm)], time: 100)
            #expect(
                try await store.sweep(now: 5000, retention: .milliseconds(1000))
                    == UInt64(StoreQuota.bytes(ofPayload: 3)))
            #expect(try await store.page(dm).rows == [.hole(.retention, first: 1, last: 1)])
            #expect(try await store.page(dm, after: 1).rows.isEmpty)
            #expect(try await store.commit([store.append("new", to: dm)], time: 5000).map(\.seq) == [2])
            #expect(try store.faults() == [])
        }
    }

    @Test func `what came while the clock was set back ends with what came before it`() async throws {
        try await withLog { store, dm in
            _ = try await store.commit((1...5).map { store.append("\($0)", to: dm) }, time: 10_000)
            _ = try await store.commit([store.append("the clock was wrong", to: dm)], time: 100)
            _ = try await store.commit([store.append("after", to: dm)], time: 10_100)
            #expect(try await store.sweep(now: 10_500, retention: .milliseconds(1000)) == 0)
            #expect(try await store.texts(dm).count == 7)
            let gone = [1, 1, 1, 1, 1, 19].map { UInt64(StoreQuota.bytes(ofPayload: $0)) }
            #expect(try await store.sweep(now: 11_050, retention: .milliseconds(1000)) == gone.reduce(0, +))
            #expect(try await store.texts(dm) == ["after"])
            #expect(try store.faults() == [])
        }
    }

    @Test func `an identifier is kept as long as its entry whatever the clock said`() async throws {
        try await withLog { store, dm in
            let now = Timestamp.zero + RetentionSweep.identifiersLonger * 10
            _ = try await store.commit([store.append("young", to: dm)], time: now)
            _ = try await store.commit([store.append("the clock was wrong", to: dm, id: 5)], time: 100)
            // As one may stand in a store of the first version.
            try store.database { try $0.execute("UPDATE message_ids SET time = 100 WHERE seq = 2") }
            _ = try await store.sweep(now: now, retention: .milliseconds(1000))
            let again = try await store.commit([store.append("again", to: dm, id: 5)], time: now)
            #expect(again.first?.stored?.duplicate == true)
            #expect(try store.faults() == [])
        }
    }

    // MARK: Restored stores

    @Test func `a restored store leaps and says so and the generation is read with each batch`() async throws {
        try await withLog { store, dm in
            _ = try await store.commit((1...3).map { store.append("\($0)", to: dm) })
            // By another writer, while the store is open.
            try restore(store)
            #expect(try await store.store.identity().generation == reborn)
            let lost = StoredPage.Row.hole(.restored, first: 4, last: leapt)
            #expect(try await store.page(dm, after: 3).rows == [lost])
            let outcome = try await store.commit([store.append("new", to: dm)]).first
            #expect(outcome?.seq == leapt.advanced(by: 1) && outcome?.stored?.position.generation == reborn)
            let page = try await store.page(dm, after: 2)
            #expect(page.rows.count == 3 && page.rows[1] == lost && page.through == leapt.advanced(by: 1))
            // A device that had got something which the backup did not hold.
            #expect(try await store.page(dm, after: 20).rows.first == .hole(.restored, first: 21, last: leapt))
            #expect(try store.faults() == [])
        }
    }

    @Test func `every conversation of a restored store goes on behind the same number, new ones too`() async throws {
        try await withLog { store, dm in
            _ = try await store.commit((1...3).map { store.append("\($0)", to: dm) })
            try restore(store, floor: 9_000_000)
            // Before it is used: the store that it replaces had come further.
            try store.database { database in
                try database.transaction {
                    try MetaStore.raiseFloor(to: 12_000_000, in: database)
                    try MetaStore.raiseFloor(to: 11_000_000, in: database)
                }
            }
            let notes = try await store.open(alice, alice)
            let operations = [store.append("new", to: dm), store.append("first", to: notes)]
            #expect(try await store.commit(operations).map(\.seq) == [12_000_001, 12_000_001])
            #expect(try await store.page(dm, after: 3).rows.first == .hole(.restored, first: 4, last: 12_000_000))
            let rows = try await store.page(notes).rows
            #expect(rows.first == .hole(.restored, first: 1, last: 12_000_000) && rows.count == 2)
            #expect(try store.faults() == [])
        }
    }

    @Test func `numbers that were never given to anybody are not missing to a new account`() async throws {
        try await withLog { store, _ in
            let everyone = store.identity.everyone
            _ = try await store.commit((1...3).map { store.append("\($0)", to: everyone) })
            try restore(store)
            _ = try await store.commit((4...5).map { store.append("\($0)", to: everyone) })
            let device = DeviceID(high: 4, low: 4)
            let dave = try await store.account(40, "dave", device: device)
            let row = try #require(try await store.inbox(device, dave, everyone))
            let after = leapt.advanced(by: 1)
            #expect(row.start == leapt.advanced(by: 2) && row.before == [1...3, after...row.start])
        }
    }

    @Test func `what is missing in a damaged store is a hole and no endless wait`() async throws {
        try await withLog { store, dm in
            _ = try await store.commit((1...3).map { store.append("\($0)", to: dm) })
            try store.database { try $0.execute("DELETE FROM entries WHERE key & 15 IN (2, 3)") }
            let page = try await store.page(dm)
            #expect(page.rows.last == .hole(.retention, first: 2, last: 3))
            #expect(page.isLast && page.through == 3)
            #expect(try await store.page(dm, after: 3).isLast)
        }
    }

    @Test func `the floor grows with the time and fits whatever the clock says`() {
        let day = Duration.seconds(86_400)
        let now: Timestamp = 1_795_000_000_000
        #expect(MetaStore.floor(at: now + day).distance(behind: MetaStore.floor(at: now)) == 64 * 86_400)
        #expect(MetaStore.floor(at: 0) == 0)
        #expect(MetaStore.floor(at: .distantFuture) < .largest)
    }

    @Test func `retention passes over a leap`() async throws {
        try await withLog { store, dm in
            _ = try await store.commit((1...3).map { store.append("\($0)", to: dm) }, time: 100)
            try restore(store)
            _ = try await store.commit([store.append("new", to: dm)], time: 200)
            _ = try await store.sweep(now: 1150, retention: .milliseconds(1000))
            #expect(try store.faults() == [])
            _ = try await store.sweep(now: 9000, retention: .milliseconds(1000))
            #expect(try store.faults() == [])
            let last = leapt.advanced(by: 1)
            #expect(
                try await store.page(dm, after: 1).rows == [
                    .hole(.retention, first: 2, last: 3), .hole(.restored, first: 4, last: leapt),
                    .hole(.retention, first: last, last: last),
                ])
        }
    }
}

/// How SQLite's store fails.
@Suite struct StoreFailureTests {
    @Test func `a batch that fails for certain leaves nothing`() async throws {
        try await withStore { store in
            let dm = try await store.open(alice, bob)
            _ = try await store.commit([store.append("kept", to: dm)])
            let sqlite = try #require(store.base as? SQLiteStore)
            try await sqlite.write { try $0.execute("PRAGMA query_only=1") }
            let failure = try await #require(throws: StoreFailure.self) {
                try await store.commit([store.append("lost", to: dm, id: 5)])
            }
            #expect(!failure.isUnknown)
            try await sqlite.write { try $0.execute("PRAGMA query_only=0") }
            #expect(try await store.commit([store.append("next", to: dm, id: 5)]).map(\.seq) == [2])
            #expect(try await store.texts(dm) == ["kept", "next"])
        }
    }

    @Test func `a conversation of no known kind is nobody's`() async throws {
        try await withStore { store in
            let dm = try await store.open(alice, bob)
            try store.database { try $0.execute("UPDATE conversations SET type = 9 WHERE type = 1") }
            let failure = await #expect(throws: StoreFailure.self) {
                try await store.commit([store.append("x", to: dm, sender: carol)])
            }
            #expect(failure?.kind == .damaged)
            #expect(try store.faults().contains { $0.contains("no known kind") })
        }
    }

    @Test func `a room is its members' alone`() async throws {
        try await withStore { store in
            let dm = try await store.open(alice, bob)
            try store.database { database in
                try database.execute(
                    "UPDATE conversations SET type = 3, account_low = NULL, account_high = NULL WHERE type = 1")
            }
            let committed = try await store.store.commit(
                StoreBatch([store.append("in", to: dm), store.append("out", to: dm, sender: carol)]))
            #expect(committed.outcomes[1].refusal == .notAMember)
            #expect(committed.news.map(\.readers) == [.accounts([alice, bob])])
            #expect(committed.news.first?.conversation.audience == .room)
            #expect(try await store.inbox(DeviceID(high: 1, low: 3), carol, dm) == nil)
            #expect(await refusal { _ = try await store.store.receipts(of: dm, for: alice) } == .invalidTarget)
        }
    }

    @Test func `a change whose end is unknown is carried out again until it is known or given up`() async throws {
        let times = [50, 100, 200, 400, 800, 1000].map { Duration.milliseconds($0) }
        var course = SettlingCourse()
        var elapsed = Duration.zero
        var pauses: [Duration] = []
        while let pause = course.next(at: elapsed) {
            pauses.append(pause)
            elapsed += pause
        }
        #expect(Array(pauses.prefix(6)) == times && elapsed <= SettlingCourse.limit && elapsed > .seconds(14))

        var tries = 0
        let value = try await StoreFailure.settling(within: .seconds(600)) { () throws(StoreFailure) in
            tries += 1
            guard tries == 3 else { throw StoreFailure(.unknown, "the line is cut") }
            return tries
        }
        #expect(value == 3)
        await #expect(throws: StoreFailure.self) {
            try await StoreFailure.settling { () throws(StoreFailure) in
                tries += 1
                throw StoreFailure(.failed, "for certain")
            }
        }
        #expect(tries == 4)
        #expect(StoreFailure(.unknown, "").failure.errorCode == .busy)
    }
}

@Suite struct CheckTests {
    private func withSample(_ body: (StoreUnderTest) async throws -> Void) async throws {
        try await withStore { store in
            let dm = try await store.open(alice, bob)
            _ = try await store.commit((1...9).map { store.append("\($0)", to: dm) })
            try await store.move(bobDevice, bob, dm, acked: 4)
            try await body(store)
        }
    }

    @Test func `a sound store has no faults`() async throws {
        try await withSample { store in
            let faults = try store.faults()
            #expect(faults == [])
        }
    }

    @Test(arguments: [
        "DELETE FROM entries WHERE key & 15 = 5",
        "DELETE FROM message_ids WHERE seq = 5",
        "UPDATE conversations SET head = 8 WHERE type = 1",
        "UPDATE conversations SET head = 12 WHERE type = 1",
        "UPDATE conversations SET first = 2 WHERE type = 1",
        "UPDATE conversations SET type = 4 WHERE type = 1",
        "UPDATE cursors SET acked = 10",
        "UPDATE accounts SET chain_count = 1",
        "INSERT INTO links SELECT id, 0, x'', 0, x'' FROM accounts",
        "UPDATE members SET read_seq = 10",
        "DELETE FROM members WHERE account = x'00000000000000000000000000000001'",
        "DELETE FROM devices",
        "DELETE FROM conversations WHERE type = 1",
    ])
    func `every contradiction is found`(damage: String) async throws {
        try await withSample { store in
            try store.database { try $0.execute(text: damage) }
            #expect(try !store.faults().isEmpty)
        }
    }
}
