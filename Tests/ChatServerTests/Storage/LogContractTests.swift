import ChatProtocol
import SQLite
import TestSupport
import Testing
import Transport

@testable import ChatServer

/// What every store of logs has to do (`LogWriter`, `LogReader`). An implementation is made by a function; SQLite is
/// the only one so far.
@Suite struct LogContractTests {
    private let store: StoreUnderTest
    private var identity: StoreIdentity { store.identity }

    init() throws { store = try StoreUnderTest() }

    // MARK: Appending

    @Test func numbersAreGivenOneByOneInTheOrderOfTheOperations() throws {
        let dm = try store.open(alice, bob)
        let outcomes = try store.commit([
            store.append("a", to: dm), store.append("b", to: identity.everyone), store.append("c", to: dm),
        ])
        #expect(outcomes.map(\.seq) == [1, 1, 2])
        #expect(try store.commit([store.append("d", to: dm)]).map(\.seq) == [3])
    }

    @Test func theAcknowledgementSaysWhatIsStored() throws {
        let dm = try store.open(alice, bob)
        let stored = try #require(try store.commit([store.append("hello", to: dm)], time: 77).first?.stored)
        #expect(stored.time == 77 && stored.digest == SHA256.hash(Array("hello".utf8)) && !stored.duplicate)
        #expect(stored.position == ConversationPosition(generation: identity.generation, epoch: 0))
        #expect(stored.conversation == ConversationInfo(id: dm, audience: .direct(alice, bob)))
        #expect(try store.texts(dm) == ["hello"])
    }

    @Test func aDuplicateIsAnsweredAsTheFirstTimeWhateverElseDiffers() throws {
        let dm = try store.open(alice, bob)
        let first = try #require(
            try store.commit([store.append("one", to: dm, id: 5, advance: 3)], time: 10).first?.stored)
        _ = try store.commit([store.append("two", to: dm)], time: 11)
        var again = store.append("other", to: dm, id: 5, device: bobDevice, precondition: 99)
        for _ in 0..<2 {
            let outcome = try #require(try store.commit([again], time: 12).first?.stored)
            #expect(outcome.duplicate && outcome.seq == first.seq && outcome.time == 10)
            #expect(outcome.digest == first.digest && outcome.position == first.position)
            again = store.append("third", to: dm, id: 5)
        }
        #expect(try store.texts(dm) == ["one", "two"])
    }

    @Test func whatTheCallerObjectsToIsRefusedUnlessItWasStoredBefore() throws {
        let dm = try store.open(alice, bob)
        var entry = store.entry("a", to: dm)
        let first = entry
        entry.object(Failure(.storeFull))
        var other = store.entry("b", to: dm)
        other.object(Failure(.rateLimited, retryAfter: 7))
        // Also where the first one stands in the same batch.
        let outcomes = try store.commit([.append(entry), .append(first), .append(entry), .append(other)])
        #expect(outcomes.map(\.seq) == [nil, 1, 1, nil])
        #expect(outcomes.map(\.refusal) == [.storeFull, nil, nil, .rateLimited])
        #expect(outcomes[2].stored?.digest == SHA256.hash(Array("a".utf8)) && outcomes[2].stored?.duplicate == true)
        #expect(try store.texts(dm) == ["a"])
    }

    @Test func aDuplicateWithinOneBatchIsOneEntry() throws {
        let dm = try store.open(alice, bob)
        let outcomes = try store.commit([store.append("a", to: dm, id: 5), store.append("a", to: dm, id: 5)])
        #expect(outcomes.map(\.seq) == [1, 1] && outcomes.map { $0.stored?.duplicate } == [false, true])
    }

    @Test func anIdBelongsToItsSenderAndConversation() throws {
        let dm = try store.open(alice, bob)
        let outcomes = try store.commit([
            store.append("a", to: dm, id: 5), store.append("b", to: dm, id: 5, sender: bob),
            store.append("c", to: identity.everyone, id: 5),
        ])
        #expect(outcomes.allSatisfy { $0.stored?.duplicate == false })
    }

    @Test func nothingIsStoredForWhoWasDeletedAlsoWhereTheConversationIsKnown() throws {
        let dm = try store.open(alice, bob)
        #expect(try store.commit([store.append("a", to: dm, id: 5)]).map(\.seq) == [1])
        try store.database.run("UPDATE accounts SET flags = 4 WHERE id = ?", bob)
        let outcomes = try store.commit([
            store.append("b", to: dm), store.append("a", to: dm, id: 5), store.append("c", to: identity.everyone),
        ])
        #expect(outcomes.map(\.refusal) == [.noSuchUser, nil, nil])
        #expect(outcomes.map(\.seq) == [nil, 1, 1])
        #expect(try store.texts(dm) == ["a"])
    }

    @Test func aPreconditionThatDoesNotHoldRefusesAndSaysWhatIsCurrent() throws {
        let dm = try store.open(alice, bob)
        let outcomes = try store.commit([
            store.append("a", to: dm, precondition: 0, advance: 1), store.append("b", to: dm, precondition: 0),
            store.append("c", to: dm, precondition: 1), store.append("d", to: dm, precondition: 1, advance: 1),
        ])
        let current = ConversationPosition(generation: identity.generation, epoch: 1)
        #expect(outcomes.map(\.seq) == [1, nil, 2, nil])
        #expect(outcomes[1].refusal == .preconditionFailed && outcomes[1].current == current)
        #expect(outcomes[3].refusal == .preconditionFailed)
        #expect(outcomes[2].stored?.position.epoch == 1)
    }

    @Test func aPreconditionOfAnotherLifeOfTheStoreDoesNotHold() throws {
        let dm = try store.open(alice, bob)
        var entry = store.entry("a", to: dm)
        entry.precondition = ConversationPosition(generation: StoreGeneration(high: 6, low: 6), epoch: 0)
        #expect(try store.commit([.append(entry)]).first?.refusal == .preconditionFailed)
    }

    @Test func oneBadAppendFailsAlone() throws {
        let dm = try store.open(alice, bob)
        let outcomes = try store.commit([
            store.append("a", to: dm), store.append("b", to: ConversationID(high: 7, low: 7)),
            store.append("c", to: dm, sender: carol), store.append("d", to: dm),
        ])
        #expect(outcomes.map(\.seq) == [1, nil, nil, 2])
        #expect(outcomes.map(\.refusal) == [nil, .noSuchConversation, .notAMember, nil])
        #expect(try store.texts(dm) == ["a", "d"])
    }

    @Test func aBatchThatFailsLeavesNothing() throws {
        let dm = try store.open(alice, bob)
        _ = try store.commit([store.append("kept", to: dm)])
        try store.refuseWrites(true)
        #expect(throws: StoreFailure.self) { try store.commit([store.append("lost", to: dm, id: 5)]) }
        try store.refuseWrites(false)
        #expect(try store.commit([store.append("next", to: dm, id: 5)]).map(\.seq) == [2])
        #expect(try store.texts(dm) == ["kept", "next"])
    }

    @Test func aDirectConversationIsOneForItsPairInAnyOrder() throws {
        let dm = try store.open(alice, bob)
        #expect(try store.open(bob, alice, fresh: 99) == dm)
        let own = try store.open(alice, alice, fresh: 100)
        #expect(own != dm)
        #expect(try store.commit([store.append("note", to: own)]).map(\.seq) == [1])
        #expect(try store.commit([store.append("no", to: own, sender: bob)]).first?.refusal == .notAMember)
    }

    // MARK: Reading

    @Test func aPageHoldsWhatFollowsInOrderWithinItsBounds() throws {
        let dm = try store.open(alice, bob)
        _ = try store.commit((1...50).map { store.append("entry \($0)", to: dm) })
        let page = try store.reader.page(of: dm, after: 10, entries: 20, bytes: 1 << 20)
        #expect(page.rows.count == 20 && page.through == 30 && !page.isLast)
        let rest = try store.reader.page(of: dm, after: 30, entries: 100, bytes: 1 << 20)
        #expect(rest.rows.count == 20 && rest.through == 50 && rest.isLast)
        let small = try store.reader.page(of: dm, after: 0, entries: 100, bytes: 20)
        #expect(small.through == 2 && !small.isLast)
        let one = try store.reader.page(of: dm, after: 0, entries: 100, bytes: 1)
        #expect(one.through == 1)
        let none = try store.reader.page(of: dm, after: 50, entries: 100, bytes: 1)
        #expect(none.rows.isEmpty && none.isLast)
    }

    @Test func theInboxNamesWhatADeviceHasToGet() throws {
        let dm = try store.open(alice, bob)
        #expect(try store.inbox(bobDevice, bob).isEmpty)
        _ = try store.commit([store.append("a", to: dm), store.append("b", to: dm)])
        let row = try #require(try store.inbox(bobDevice, bob).first)
        #expect(row.conversation.id == dm && row.head == 2 && row.acked == 0 && row.start == 0)
        try store.move(bobDevice, bob, dm, acked: 2)
        #expect(try store.inbox(bobDevice, bob).isEmpty)
        #expect(try store.inbox(DeviceID(high: 8, low: 8), bob).count == 1)
        #expect(try store.inbox(bobDevice, carol).isEmpty)
    }

    @Test func theInboxIsReadInPages() throws {
        let all = try (1...5).map {
            try store.open(alice, AccountID(high: 50, low: UInt64($0)), fresh: UInt64(200 + $0))
        }
        _ = try store.commit(all.map { store.append("x", to: $0) })
        let first = try store.reader.inbox(of: aliceDevice, account: alice, after: nil, limit: 3)
        let second = try store.reader.inbox(
            of: aliceDevice, account: alice, after: first.last?.conversation.id, limit: 3)
        #expect((first + second).map(\.conversation.id) == all.sorted() && second.count == 2)
    }

    // MARK: Cursors, marks, receipts

    @Test func cursorsOnlyGoUpAndNotBeyondTheHead() throws {
        let dm = try store.open(alice, bob)
        _ = try store.commit([store.append("a", to: dm), store.append("b", to: dm)])
        try store.move(bobDevice, bob, dm, acked: 1, delivered: 1)
        try store.move(bobDevice, bob, dm, acked: 0, delivered: 0)
        #expect(try store.inbox(bobDevice, bob).first?.acked == 1)
        try store.move(bobDevice, bob, dm, acked: 1000, delivered: 1000)
        #expect(try store.receipts(dm, for: alice).contains(ReceiptState(account: bob, delivered: 2, read: 0)))
    }

    @Test func receiptsAreTheFurthestOfAnAccountsDevices() throws {
        let dm = try store.open(alice, bob)
        _ = try store.commit((1...4).map { store.append("\($0)", to: dm) })
        let tablet = try store.device(of: bob, 77)
        try store.move(bobDevice, bob, dm, acked: 3, delivered: 2)
        try store.move(tablet, bob, dm, acked: 1, delivered: 1)
        try store.mark(bob, dm, read: 2)
        try store.mark(bob, dm, read: 1)
        let states = try store.receipts(dm, for: alice)
        #expect(states == [.init(account: alice, delivered: 0, read: 0), .init(account: bob, delivered: 2, read: 2)])
        #expect(try store.commit([.receipts(dm, for: carol)]).first?.refusal == .notAMember)
        #expect(try store.commit([.receipts(identity.everyone, for: bob)]).first?.refusal == .invalidTarget)
    }

    @Test func aQuestionForReceiptsSeesWhatMovedInTheSameBatch() throws {
        let dm = try store.open(alice, bob)
        _ = try store.commit([store.append("a", to: dm)])
        let batch = StoreBatch(
            time: 5, operations: [.receipts(dm, for: alice)],
            cursors: [CursorMove(device: bobDevice, account: bob, conversation: dm, acked: 1, delivered: 1)],
            readMarks: [ReadMark(account: bob, conversation: dm, seq: 900)])
        guard case .receipts(let states) = try store.writer.commit(batch).first else {
            throw StoreUnderTest.Unexpected()
        }
        #expect(states.contains(.init(account: bob, delivered: 1, read: 1)))
    }

    // MARK: Where a device begins

    @Test func everyoneIsReadFromTheAccountsCreationOn() throws {
        _ = try store.commit([store.append("before", to: identity.everyone)])
        let dave = try store.account(40, "dave")
        let device = try store.device(of: dave, 41)
        let row = try #require(try store.inbox(device, dave).first)
        #expect(row.start == 1 && row.acked == 1 && !row.toldStart)
        try store.move(device, dave, identity.everyone, told: true)
        #expect(try store.inbox(device, dave).isEmpty)
        _ = try store.commit([store.append("after", to: identity.everyone)])
        let next = try #require(try store.inbox(device, dave).first)
        #expect(next.toldStart && next.acked == 1 && next.head == 2)
    }

    @Test func aFurtherDeviceBeginsWhereTheMostAdvancedStands() throws {
        let dm = try store.open(alice, bob)
        _ = try store.commit((1...5).map { store.append("\($0)", to: dm) })
        try store.move(bobDevice, bob, dm, acked: 4)
        let tablet = try store.device(of: bob, 77)
        let row = try #require(try store.inbox(tablet, bob).first)
        #expect(row.start == 4 && row.acked == 4 && row.head == 5)
    }
}
