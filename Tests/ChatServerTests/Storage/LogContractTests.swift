import ChatProtocol
import GroupRules
import Testing
import Transport

@testable import ChatServer

/// What every store has to do with logs (`StoredLogs`), alone, beside another writer, and where answers get lost.
@Suite struct LogContractTests {
    typealias Kind = StoreUnderTest.Kind

    // MARK: Appending

    @Test(arguments: Kind.all) func `numbers are given one by one in the order of the operations`(_ kind: Kind)
        async throws
    {
        try await withStore(kind) { store in
            let dm = try await store.open(alice, bob)
            let everyone = store.identity.everyone
            let seqs = try await store.commit([
                store.append("a", to: dm), store.append("b", to: everyone), store.append("c", to: dm),
            ]).map(\.seq)
            #expect(seqs[2] == seqs[0]?.next && seqs[1] != nil)
            let next = try await store.commit([store.append("d", to: dm)]).map(\.seq)
            #expect(try #require(next[0]) > (try #require(seqs[2])))
            #expect(try await store.texts(dm) == ["a", "c", "d"])
            let all = try await store.page(dm).entries.map(\.seq)
            #expect(all == Array(1...SequenceNumber(UInt64(all.count))))
        }
    }

    @Test(arguments: Kind.all) func `the acknowledgement says what is stored`(_ kind: Kind) async throws {
        try await withStore(kind) { store in
            let dm = try await store.open(alice, bob)
            let stored = try #require(try await store.commit([store.append("hello", to: dm)], time: 1077).first?.stored)
            #expect(stored.time == 1077 && stored.digest == SHA256.hash(Array("hello".utf8)))
            #expect(stored.duplicate == (kind.trouble == .answersLost))
            #expect(stored.position == ConversationPosition(generation: store.identity.generation, epoch: 0))
            #expect(stored.conversation == ConversationInfo(id: dm, audience: .direct(alice, bob)))
            let entry = try #require(try await store.page(dm).entries.first { $0.seq == stored.seq })
            #expect(entry.text == "hello" && entry.time == 1077 && entry.sender == alice)
        }
    }

    @Test(arguments: Kind.all) func `time never falls within a conversation`(_ kind: Kind) async throws {
        try await withStore(kind) { store in
            let (dm, notes) = (try await store.open(alice, bob), try await store.open(alice, alice))
            for time in [5_000, 3_000, 6_000, 1] as [Timestamp] {
                _ = try await store.commit([store.append("\(time.milliseconds)", to: dm)], time: time)
            }
            let times = try await store.page(dm).entries.map(\.time)
            #expect(times == times.sorted() && times.last == 6_000)
            // Of another conversation it is the clock's.
            guard kind.trouble != .interfered else { return }
            #expect(try await store.commit([store.append("x", to: notes)], time: 2_000).first?.stored?.time == 2_000)
        }
    }

    @Test(arguments: Kind.all) func `a duplicate is answered as the first time whatever else differs`(_ kind: Kind)
        async throws
    {
        try await withStore(kind) { store in
            let dm = try await store.open(alice, bob)
            let first = try #require(
                try await store.commit([store.append("one", to: dm, id: 5, advance: 3)], time: 1_010).first?.stored)
            _ = try await store.commit([store.append("two", to: dm, precondition: 3)], time: 1_011)
            var again = store.append("other", to: dm, id: 5, device: bobDevice, precondition: 99)
            for _ in 0..<2 {
                let outcome = try #require(try await store.commit([again], time: 1_012).first?.stored)
                #expect(outcome.duplicate && outcome.seq == first.seq && outcome.time == 1_010)
                #expect(outcome.digest == first.digest && outcome.position == first.position)
                again = store.append("third", to: dm, id: 5)
            }
            #expect(try await store.texts(dm) == ["one", "two"])
        }
    }

    @Test(arguments: Kind.all) func `what the caller objects to is refused unless it was stored before`(_ kind: Kind)
        async throws
    {
        try await withStore(kind) { store in
            let dm = try await store.open(alice, bob)
            var entry = store.entry("a", to: dm)
            let first = entry
            entry.object(Failure(.storeFull))
            var other = store.entry("b", to: dm)
            other.object(Failure(.rateLimited, retryAfter: .milliseconds(7)))
            // Also where the first one stands in the same batch.
            let outcomes = try await store.commit([.bundle(first), .bundle(entry), .bundle(other)])
            #expect(outcomes[1].seq == outcomes[0].seq && outcomes[0].seq != nil)
            #expect(outcomes.map(\.refusal) == [nil, nil, .rateLimited])
            #expect(outcomes[1].stored?.digest == SHA256.hash(Array("a".utf8)) && outcomes[1].stored?.duplicate == true)
            #expect(try await store.texts(dm) == ["a"])
        }
    }

    @Test(arguments: Kind.all) func `a duplicate within one batch is one entry`(_ kind: Kind) async throws {
        try await withStore(kind) { store in
            let dm = try await store.open(alice, bob)
            let outcomes = try await store.commit([store.append("a", to: dm, id: 5), store.append("a", to: dm, id: 5)])
            #expect(outcomes[0].seq == outcomes[1].seq && outcomes[1].stored?.duplicate == true)
            #expect(try await store.texts(dm) == ["a"])
        }
    }

    @Test(arguments: Kind.all) func `an id belongs to its sender and conversation`(_ kind: Kind) async throws {
        try await withStore(kind) { store in
            let dm = try await store.open(alice, bob)
            _ = try await store.commit([
                store.append("a", to: dm, id: 5), store.append("b", to: dm, id: 5, sender: bob),
                store.append("c", to: store.identity.everyone, id: 5),
            ])
            #expect(try await store.texts(dm) == ["a", "b"])
            #expect(try await store.texts(store.identity.everyone) == ["c"])
        }
    }

    @Test(arguments: Kind.quiet) func `a precondition that does not hold refuses and says what is current`(_ kind: Kind)
        async throws
    {
        try await withStore(kind) { store in
            let dm = try await store.open(alice, bob)
            let outcomes = try await store.commit([
                store.append("a", to: dm, precondition: 0, advance: 1), store.append("b", to: dm, precondition: 0),
                store.append("c", to: dm, precondition: 1), store.append("d", to: dm, precondition: 1, advance: 1),
            ])
            let current = ConversationPosition(generation: store.identity.generation, epoch: 1)
            #expect(outcomes.map(\.seq) == [1, nil, 2, nil])
            #expect(outcomes[1].refusal == .preconditionFailed && outcomes[1].current?.position == current)
            #expect(outcomes[3].refusal == .preconditionFailed)
            #expect(outcomes[2].stored?.position.epoch == 1)
        }
    }

    @Test(arguments: Kind.all) func `an epoch that another writer has advanced is seen`(_ kind: Kind) async throws {
        try await withStore(kind) { store in
            let dm = try await store.open(alice, bob)
            _ = try await store.commit([store.append("known", to: dm)])
            _ = try await store.base.commit([store.append("theirs", to: dm, advance: 4)])
            let outcomes = try await store.commit([
                store.append("stale", to: dm, precondition: 0), store.append("good", to: dm, precondition: 4),
            ])
            #expect(outcomes[0].refusal == .preconditionFailed && outcomes[0].current?.position.epoch == 4)
            #expect(outcomes[1].seq != nil)
        }
    }

    @Test(arguments: Kind.all) func `a precondition of another life of the store does not hold`(_ kind: Kind)
        async throws
    {
        try await withStore(kind) { store in
            let dm = try await store.open(alice, bob)
            var entry = store.entry("a", to: dm)
            entry.precondition = ConversationPosition(generation: StoreGeneration(high: 6, low: 6), epoch: 0)
            #expect(try await store.commit([.bundle(entry)]).first?.refusal == .preconditionFailed)
        }
    }

    @Test(arguments: Kind.all) func `one bad append fails alone`(_ kind: Kind) async throws {
        try await withStore(kind) { store in
            let dm = try await store.open(alice, bob)
            let outcomes = try await store.commit([
                store.append("a", to: dm), store.append("b", to: ConversationID(high: 7, low: 7)),
                store.append("c", to: dm, sender: carol), store.append("d", to: dm),
            ])
            #expect(outcomes.map(\.refusal) == [nil, .noSuchConversation, .notAMember, nil])
            #expect(outcomes[3].seq == outcomes[0].seq?.next)
            #expect(try await store.texts(dm) == ["a", "d"])
        }
    }

    @Test(arguments: Kind.all) func `news are what was stored in its order and with its readers`(_ kind: Kind)
        async throws
    {
        try await withStore(kind) { store in
            let (dm, notes) = (try await store.open(alice, bob), try await store.open(alice, alice))
            let everyone = store.identity.everyone
            let committed = try await store.committed([
                store.append("a", to: dm), store.append("b", to: everyone),
                store.append("no", to: dm, sender: carol), store.append("c", to: dm), store.append("d", to: notes),
            ])
            // What was deferred comes last.
            let order = kind.trouble == .deferred ? [everyone, notes, dm] : [dm, everyone, notes]
            #expect(committed.news.map(\.conversation.id) == order)
            let news = try [dm, everyone, notes].map { id in
                try #require(committed.news.first { $0.conversation.id == id })
            }
            #expect(news.map { $0.entries.map(\.text) } == [["a", "c"], ["b"], ["d"]])
            #expect(news.map(\.readers) == [.accounts([alice, bob]), .everyone, .accounts([alice])])
            #expect(news[0].entries.map(\.seq) == [committed.outcomes[0].seq, committed.outcomes[3].seq])
        }
    }

    @Test(arguments: Kind.all) func `what was stored before is no news`(_ kind: Kind) async throws {
        try await withStore(kind) { store in
            let dm = try await store.open(alice, bob)
            let batch = StoreBatch([store.append("a", to: dm, id: 5)])
            _ = try await store.commit(batch.operations)
            #expect(try await store.base.commit(batch).news.isEmpty)
            // Unless nobody knew of it.
            let repeated = try await store.base.commit(StoreBatch(batch.operations, isRepeated: true))
            #expect(repeated.news.map { $0.entries.map(\.text) } == [["a"]])
        }
    }

    @Test(arguments: [StoreUnderTest.Engine.sqlite, .memory]) func `what is deferred was not looked at`(
        _ engine: StoreUnderTest.Engine
    ) async throws {
        try await withStore(Kind(engine: engine, trouble: .deferred)) { store in
            let (dm, notes) = (try await store.open(alice, bob), try await store.open(alice, alice))
            let operations = [store.append("a", to: dm), store.append("b", to: notes), store.append("c", to: dm)]
            var outcomes: [OperationOutcome] = []
            // Every second batch meets somebody.
            while outcomes.first != .deferred { outcomes = try await store.store.commit(operations) }
            #expect(outcomes[2] == .deferred && outcomes[1].seq == 1)
            _ = try await store.commit([operations[0], operations[2]])
            #expect(try await store.texts(dm) == ["a", "c"])
        }
    }

    // MARK: Side rows

    @Test(arguments: Kind.all) func `side rows change with the entry or not at all`(_ kind: Kind) async throws {
        try await withStore(kind) { store in
            let dm = try await store.open(alice, bob)
            func change(_ text: String, _ rows: SideRowChange...) async throws -> OperationOutcome? {
                try await store.commit([.bundle(store.entry(text, to: dm, rows: rows))]).first
            }
            let first = try await change(
                "a", SideRowChange(kind: 1, index: [0], expected: 0, value: [7]),
                SideRowChange(kind: 1, index: [1], expected: 0, value: [8]))
            #expect(first?.seq != nil)
            let stale = try await change(
                "b", SideRowChange(kind: 1, index: [0], expected: 1, value: [9]),
                SideRowChange(kind: 1, index: [1], expected: 0, value: [9]))
            #expect(stale?.refusal == .preconditionFailed && stale?.current != nil)
            let second = try await change(
                "c", SideRowChange(kind: 1, index: [0], expected: 1, value: [10]),
                SideRowChange(kind: 1, index: [1], value: nil), SideRowChange(kind: 2, index: [0], value: [1]))
            #expect(second?.seq != nil)
            let rows = try await store.store.sideRows(of: dm, kind: 1, after: nil, limit: 9)
            #expect(rows == [SideRow(index: [0], version: 2, value: [10])])
            #expect(try await store.texts(dm) == ["a", "c"])
        }
    }

    @Test(arguments: Kind.all) func `side rows are read in pages and a duplicate changes none`(_ kind: Kind)
        async throws
    {
        try await withStore(kind) { store in
            let dm = try await store.open(alice, bob)
            let rows = (0..<5 as Range<UInt8>).map { SideRowChange(kind: 1, index: [$0], value: [$0]) }
            let entry = store.entry("a", to: dm, rows: rows)
            for _ in 0..<3 { _ = try await store.commit([.bundle(entry)]) }
            let first = try await store.store.sideRows(of: dm, kind: 1, after: nil, limit: 3)
            let rest = try await store.store.sideRows(of: dm, kind: 1, after: first.last?.index, limit: 3)
            #expect((first + rest).map(\.index) == [[0], [1], [2], [3], [4]])
            #expect((first + rest).allSatisfy { $0.version == 1 })
        }
    }

    @Test(arguments: Kind.all) func `no entry changes more side rows than its bounds`(_ kind: Kind) async throws {
        try await withStore(kind) { store in
            let dm = try await store.open(alice, bob)
            let large = [UInt8](repeating: 0, count: Bundle.mostRowBytes)
            let entry = store.entry(
                "a", to: dm,
                rows: [
                    SideRowChange(kind: 1, index: [0], value: large), SideRowChange(kind: 1, index: [1], value: [1]),
                ])
            #expect(try await store.commit([.bundle(entry)]).first?.refusal == .payloadTooLarge)
            #expect(try await store.store.sideRows(of: dm, kind: 1, after: nil, limit: 9).isEmpty)
        }
    }

    // MARK: Conversations

    @Test(arguments: Kind.all) func `a direct conversation is one for its pair in any order`(_ kind: Kind) async throws
    {
        try await withStore(kind) { store in
            let dm = try await store.open(alice, bob)
            #expect(dm == ConversationID.direct(bob, alice, on: store.identity.server))
            #expect(try await store.open(bob, alice) == dm)
            let own = try await store.open(alice, alice)
            #expect(own != dm)
            let outcomes = try await store.commit([
                store.append("note", to: own), store.append("no", to: own, sender: bob),
            ])
            #expect(outcomes[0].seq != nil && outcomes[1].refusal == .notAMember)
        }
    }

    @Test(arguments: Kind.all) func `one that was made under another identifier keeps it`(_ kind: Kind) async throws {
        try await withStore(kind) { store in
            let old = ConversationID(high: 5, low: 5)
            _ = try await store.base.commit([.openDirect(alice, bob, as: old)])
            #expect(try await store.open(bob, alice) == old)
        }
    }

    @Test(arguments: Kind.all) func `nothing is appended where an account was deleted also where all is known`(
        _ kind: Kind
    ) async throws {
        try await withStore(kind) { store in
            let (dm, everyone) = (try await store.open(alice, bob), store.identity.everyone)
            #expect(try await store.commit([store.append("a", to: dm, id: 5)]).first?.seq != nil)
            try await store.base.deleteAccount(bob, erasing: false)
            try await store.base.finishFollowUps()
            let outcomes = try await store.commit([
                store.append("b", to: dm), store.append("a", to: dm, id: 5), store.append("c", to: everyone),
            ])
            #expect(outcomes.map(\.refusal) == [.noSuchUser, nil, nil])
            #expect(try await store.texts(dm) == ["a"])
            let fresh = ConversationID.direct(carol, bob, on: store.identity.server)
            #expect(try await store.commit([.openDirect(carol, bob, as: fresh)]).first?.refusal == .noSuchUser)
        }
    }

    @Test(arguments: Kind.all) func `everyone is read from when an account joins and joining again changes nothing`(
        _ kind: Kind
    ) async throws {
        try await withStore(kind) { store in
            let everyone = store.identity.everyone
            _ = try await store.commit([store.append("before", to: everyone)])
            let device = DeviceID(high: 4, low: 4)
            let dave = try await store.account(40, "dave", device: device)
            let row = try #require(try await store.inbox(device, dave, everyone))
            #expect(row.start >= 1 && row.acked == row.start && !row.toldStart)
            #expect(row.before == [1...row.start])
            try await store.move(device, dave, everyone, told: true)
            _ = try await store.commit([.join(everyone, dave)])
            _ = try await store.commit([store.append("after", to: everyone)])
            let next = try #require(try await store.inbox(device, dave, everyone))
            #expect(next.toldStart && next.start == row.start && next.before.isEmpty)
            let read = try await store.page(everyone, after: next.acked).entries.map(\.text)
            #expect(read.contains("after") && !read.contains("before"))
        }
    }

    @Test(arguments: Kind.all) func `what a crash left out is found and done once`(_ kind: Kind) async throws {
        try await withStore(kind) { store in
            let dm = try await store.open(alice, bob)
            try await store.store.register(try StoreUnderTest.account(9, "zoe"), device: nil, invite: nil)
            try await store.store.deleteAccount(bob, erasing: false)
            let found = try await store.store.followUps(limit: 9)
            #expect(found.count == 2 && found.contains(.close(dm)))
            #expect(found.contains(.join(store.identity.everyone, AccountID(high: 0, low: 9))))
            try await store.store.finishFollowUps()
            #expect(try await store.store.followUps(limit: 9).isEmpty)
        }
    }

    // MARK: Reading

    @Test(arguments: Kind.quiet) func `a page holds what follows in order within its bounds`(_ kind: Kind) async throws
    {
        try await withStore(kind) { store in
            let dm = try await store.open(alice, bob)
            _ = try await store.commit((1...50).map { store.append("entry \($0)", to: dm) })
            let page = try await store.page(dm, after: 10, entries: 20)
            #expect(page.rows.count == 20 && page.through == 30 && !page.isLast)
            let rest = try await store.page(dm, after: 30, entries: 100)
            #expect(rest.rows.count == 20 && rest.through == 50 && rest.isLast)
            let small = try await store.page(dm, after: 0, entries: 100, bytes: 20)
            #expect(small.through == 2 && !small.isLast)
            #expect(try await store.page(dm, after: 0, entries: 100, bytes: 1).through == 1)
            let none = try await store.page(dm, after: 50, entries: 100, bytes: 1)
            #expect(none.rows.isEmpty && none.isLast)
        }
    }

    @Test(arguments: Kind.quiet) func `the inbox names what a device has to get`(_ kind: Kind) async throws {
        try await withStore(kind) { store in
            let dm = try await store.open(alice, bob)
            #expect(try await store.inbox(bobDevice, bob).isEmpty)
            _ = try await store.commit([store.append("a", to: dm), store.append("b", to: dm)])
            let row = try #require(try await store.inbox(bobDevice, bob).first)
            #expect(row.conversation.id == dm && row.head == 2 && row.acked == 0 && row.start == 0)
            try await store.move(bobDevice, bob, dm, acked: 2)
            #expect(try await store.inbox(bobDevice, bob).isEmpty)
            #expect(try await store.inbox(bobDevice, carol).isEmpty)
        }
    }

    @Test(arguments: Kind.all) func `the inbox is read in pages`(_ kind: Kind) async throws {
        try await withStore(kind) { store in
            var all: [ConversationID] = [store.identity.everyone]
            for number in 1...5 as ClosedRange<UInt64> {
                let other = try await store.account(50 + number, "u\(number)")
                all.append(try await store.open(alice, other))
            }
            _ = try await store.commit(all.map { store.append("x", to: $0) })
            var read: [ConversationID] = []
            while true {
                let page = try await store.store.inbox(of: aliceDevice, account: alice, after: read.last, limit: 4)
                read += page.map(\.conversation.id)
                guard page.count == 4 else { break }
            }
            #expect(read == all.sorted())
        }
    }

    // MARK: Cursors, marks, receipts

    @Test(arguments: Kind.all) func `cursors only go up and not beyond the head`(_ kind: Kind) async throws {
        try await withStore(kind) { store in
            let dm = try await store.open(alice, bob)
            _ = try await store.commit([store.append("a", to: dm), store.append("b", to: dm)])
            try await store.move(bobDevice, bob, dm, acked: 1, delivered: 1)
            try await store.move(bobDevice, bob, dm, acked: 0, delivered: 0)
            #expect(try await store.inbox(bobDevice, bob, dm)?.acked == 1)
            try await store.move(bobDevice, bob, dm, acked: 1000, delivered: 1000)
            let head = try await store.page(dm).through
            let delivered = try #require(
                try await store.store.receipts(of: dm, for: alice).first { $0.account == bob }?.delivered)
            #expect(delivered >= 2 && delivered <= head)
        }
    }

    @Test(arguments: Kind.all) func `receipts are the furthest of all devices an account has had`(_ kind: Kind)
        async throws
    {
        try await withStore(kind) { store in
            let dm = try await store.open(alice, bob)
            _ = try await store.commit((1...4).map { store.append("\($0)", to: dm) })
            let tablet = try await store.device(of: bob, 77)
            try await store.move(bobDevice, bob, dm, acked: 3, delivered: 2)
            try await store.move(tablet, bob, dm, acked: 1, delivered: 1)
            try await store.store.revokeDevice(bobDevice, of: bob)
            try await store.mark(bob, dm, read: 2)
            try await store.mark(bob, dm, read: 1)
            let states = try await store.store.receipts(of: dm, for: alice)
            #expect(
                states == [.init(account: alice, delivered: 0, read: 0), .init(account: bob, delivered: 2, read: 2)])
            let everyone = store.identity.everyone
            #expect(await refusal { _ = try await store.store.receipts(of: dm, for: carol) } == .notAMember)
            #expect(await refusal { _ = try await store.store.receipts(of: everyone, for: bob) } == .invalidTarget)
            let none = ConversationID(high: 7, low: 7)
            #expect(await refusal { _ = try await store.store.receipts(of: none, for: bob) } == .noSuchConversation)
        }
    }

    @Test(arguments: Kind.all) func `a cursor is of a member's device only`(_ kind: Kind) async throws {
        try await withStore(kind) { store in
            let dm = try await store.open(alice, bob)
            _ = try await store.commit([store.append("a", to: dm)])
            try await store.move(aliceDevice, bob, dm, acked: 1, delivered: 1)
            try await store.move(DeviceID(high: 3, low: 3), carol, dm, acked: 1, delivered: 1)
            let states = try await store.store.receipts(of: dm, for: alice)
            #expect(states.allSatisfy { $0.delivered == 0 } && states.count == 2)
        }
    }

    // MARK: Where a device begins

    @Test(arguments: Kind.all) func `a further device begins where the furthest stood when it was made`(_ kind: Kind)
        async throws
    {
        try await withStore(kind) { store in
            let dm = try await store.open(alice, bob)
            _ = try await store.commit((1...5).map { store.append("old \($0)", to: dm) }, time: 2_000)
            let head = try await store.page(dm).through
            try await store.move(bobDevice, bob, dm, acked: head)
            store.time = 3_000
            let tablet = try await store.device(of: bob, 77)
            // What comes after it was made it gets, though the other device had that long before it came.
            _ = try await store.commit((1...3).map { store.append("new \($0)", to: dm) }, time: 4_000)
            try await store.move(bobDevice, bob, dm, acked: try await store.page(dm).through)
            let row = try #require(try await store.inbox(tablet, bob, dm))
            let got = try await store.page(dm, after: row.acked).entries.map(\.text).filter { $0 != "~" }
            #expect(got == ["new 1", "new 2", "new 3"] && row.start == row.acked && !row.toldStart)
            try await store.move(tablet, bob, dm, told: true)
            #expect(try await store.inbox(tablet, bob, dm)?.start == row.start)
        }
    }

    @Test(arguments: Kind.quiet) func `a further device gets what no device has had`(_ kind: Kind) async throws {
        try await withStore(kind) { store in
            let dm = try await store.open(alice, bob)
            _ = try await store.commit((1...5).map { store.append("\($0)", to: dm) }, time: 2_000)
            try await store.move(bobDevice, bob, dm, acked: 3)
            store.time = 3_000
            let tablet = try await store.device(of: bob, 77)
            let row = try #require(try await store.inbox(tablet, bob, dm))
            #expect(row.start == 3 && row.acked == 3 && row.head == 5)
        }
    }
}
