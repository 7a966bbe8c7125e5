import ChatProtocol
import SQLite
import TestSupport
import Testing

@testable import ChatClient

@Suite struct EntryStoreTests {
    @Test func `readers get entries in the order of their numbers`() throws {
        let scene = try StoreScene()
        #expect(try scene.receive([StoreScene.entry(1), StoreScene.entry(2)]))
        #expect(try scene.receive([StoreScene.entry(3)]))
        #expect(try scene.told() == ["m1", "m2", "m3"])
        let reader = try #require(try scene.store.itemReader())
        let positions = try scene.store.items(after: 0, limit: 9, reader: reader).compactMap(\.cursor?.position)
        #expect(positions == [1, 2, 3])
    }

    @Test func `what comes again is dropped`() throws {
        let scene = try StoreScene()
        try scene.receive([StoreScene.entry(1), StoreScene.entry(2)])
        #expect(try !scene.receive([StoreScene.entry(1), StoreScene.entry(2, "another")]))
        #expect(try scene.told() == ["m1", "m2"])
    }

    @Test func `the same identifier from two senders is two messages`() throws {
        let scene = try StoreScene()
        var second = StoreScene.entry(2)
        second.place.id = StoreScene.entry(1).place.id
        try scene.receive([StoreScene.entry(1), second])
        #expect(try scene.told() == ["m1", "m2"])
    }

    @Test func `an own entry acknowledged early waits for what is before it`() throws {
        let scene = try StoreScene()
        #expect(try !scene.sent(3))
        #expect(try scene.told().isEmpty)
        let reader = try #require(try scene.store.itemReader())
        let history = try scene.store.history(HistoryQuery(), reader: reader)
        #expect(history.map(StoreScene.word) == ["own3"])
        try scene.receive([StoreScene.entry(1), StoreScene.entry(2)])
        #expect(try scene.told() == ["m1", "m2"])
        try scene.receive([StoreScene.entry(3, "own3", from: alice), StoreScene.entry(4)])
        #expect(try scene.told() == ["m1", "m2", "own3", "m4"])
    }

    @Test func `an own entry that is next is there at once and takes waiting ones along`() throws {
        let scene = try StoreScene()
        #expect(try !scene.sent(2))
        #expect(try !scene.sent(3))
        #expect(try scene.sent(1))
        #expect(try scene.told() == ["own1", "own2", "own3"])
        #expect(try !scene.sent(2))
        #expect(try scene.sent(4))
        #expect(try scene.told(after: 3) == ["own4"])
    }

    @Test func `an entry of the stream settles everything before it`() throws {
        let scene = try StoreScene()
        try scene.sent(40)
        // This device starts late in the conversation: nothing says so but the first number that comes.
        try scene.receive([StoreScene.entry(50)])
        #expect(try scene.told() == ["own40", "m50"])
        #expect(try !scene.sent(45))
    }

    @Test func `gaps stand in their place and are told once`() throws {
        let scene = try StoreScene()
        try scene.receive([StoreScene.entry(1)])
        try scene.sent(4)
        try scene.gap(2, 5)
        try scene.gap(2, 5)
        try scene.receive([StoreScene.entry(6)])
        #expect(try scene.told() == ["m1", "gap retention 4", "own4", "m6"])
    }

    @Test func `a gap that is partly known tells the rest`() throws {
        let scene = try StoreScene()
        try scene.receive([StoreScene.entry(1), StoreScene.entry(2)])
        try scene.gap(1, 9, .beforeJoin)
        #expect(try scene.told() == ["m1", "m2", "gap before_join 7"])
    }

    @Test func `a new life of the server is a gap in every conversation of which something is here`() throws {
        let scene = try StoreScene()
        try scene.receive([StoreScene.entry(1)])
        try scene.sent(9)
        let generation = StoreGeneration(high: 6, low: 6)
        try scene.store.write { try scene.store.storeNewGeneration(generation, now: 7) }
        #expect(try scene.store.identity()?.generation == generation)
        try scene.gap(2, (1 << 20) - 1, .restored)
        try scene.receive([StoreScene.entry(1 << 20)])
        #expect(try scene.told() == ["m1", "own9", "gap restored ?", "m\(1 << 20)"])
    }

    @Test(arguments: [false, true])
    func `a store that was rolled back says what it misses`(isReplay: Bool) throws {
        let scene = try StoreScene()
        // Of a conversation that is new here nothing is missed: a device begins somewhere.
        try scene.receive([StoreScene.entry(4)])
        // The device had acknowledged 5 to 7 before, and has 6, its own, again.
        try scene.sent(6)
        if isReplay {
            try scene.replay([StoreScene.entry(8), StoreScene.entry(9)])
        } else {
            try scene.receive([StoreScene.entry(8), StoreScene.entry(9)])
        }
        _ = try scene.store.settleReplay()
        #expect(Set(try scene.told()) == ["m4", "own6", "gap restored 2", "m8", "m9"])
    }

    @Test func `numbers that a restored server leaps over are no gap of their own`() throws {
        let scene = try StoreScene()
        try scene.receive([StoreScene.entry(1)])
        try scene.gap(2, 1 << 20, .restored)
        try scene.receive([StoreScene.entry((1 << 20) + 1), StoreScene.entry(9)])
        #expect(try scene.told() == ["m1", "m\((1 << 20) + 1)", "m9"])
    }

    @Test func `what was missed comes in the order of time across conversations`() throws {
        let scene = try StoreScene()
        try scene.replay([StoreScene.entry(1, "all 1", in: everyone, time: 10)])
        try scene.replay([StoreScene.entry(2, "all 2", in: everyone, time: 40)])
        try scene.replay([StoreScene.entry(1, time: 20), StoreScene.entry(2, time: 50)])
        // A clock that was set back.
        try scene.replay([StoreScene.entry(3, time: 5)])
        #expect(try scene.told().isEmpty)
        #expect(try scene.store.settleReplay())
        #expect(try scene.told() == ["all 1", "m1", "all 2", "m2", "m3"])
        #expect(try !scene.store.settleReplay())
        try scene.replay([StoreScene.entry(3)])
        #expect(try !scene.store.settleReplay())
    }

    @Test func `a process that dies while it catches up loses nothing`() throws {
        let scene = try StoreScene()
        try scene.sent(9)
        try scene.replay([StoreScene.entry(1), StoreScene.entry(2)])
        #expect(try scene.other().settleReplay())
        #expect(try scene.told() == ["m1", "m2"])
        try scene.replay([StoreScene.entry(3)])
        // One that is live meets what another process has fetched, and the same entry that waits.
        try scene.receive([StoreScene.entry(3), StoreScene.entry(4)])
        #expect(try scene.told() == ["m1", "m2", "m3", "m4"])
        #expect(try !scene.store.settleReplay())
    }

    @Test func `gaps of a replay stand behind what was there before`() throws {
        let scene = try StoreScene()
        try scene.replay([StoreScene.entry(1)])
        try scene.gap(2, 4)
        try scene.replay([StoreScene.entry(5)])
        #expect(try scene.store.settleReplay())
        #expect(try scene.told() == ["m1", "gap retention 3", "m5"])
    }

    private func strange(_ seq: UInt64, _ payload: [UInt8], kind: UInt8 = 1) -> ReceivedEntry {
        ReceivedEntry(
            Entry(
                conversation: withBob, seq: SequenceNumber(seq), id: .init(high: 1, low: seq), sender: bob,
                device: .init(high: 1, low: 1), payloadKind: kind, time: 5, payload: payload))
    }

    @Test func `a payload that cannot be read is a gap and is kept, and the rest of its batch is stored`() throws {
        let scene = try StoreScene()
        let batch = [strange(1, [1, 2, 3]), StoreScene.entry(2), strange(3, [])].map { Incoming.entry($0) }
        let stored = try scene.store.write { try scene.store.store(batch, own: alice, now: 5000) }
        #expect(stored.items.map(\.disposition) == [.undecryptable, .stored, .undecryptable])
        #expect(try scene.told() == ["gap undecryptable 1", "m2", "gap undecryptable 1"])
        let payload = try scene.store.database.first("SELECT payload FROM entries WHERE seq = 1") { $0.bytes(0) }
        #expect(payload == [1, 2, 3])
    }

    @Test(arguments: [false, true])
    func `what a later version knows is skipped, and nobody is told`(isReplay: Bool) throws {
        let scene = try StoreScene()
        let batch = [StoreScene.entry(1), strange(2, [77, 1]), strange(3, [1, 2], kind: 77)].map { Incoming.entry($0) }
        let stored = try scene.store.write {
            try scene.store.store(batch, own: alice, isReplay: isReplay, now: 5000)
        }
        #expect(stored.items.map(\.disposition) == [.stored, .skipped, .skipped])
        if isReplay { #expect(try scene.store.settleReplay()) }
        #expect(try !scene.store.settleReplay())
        try scene.receive([strange(2, [77, 1]), StoreScene.entry(4)])
        #expect(try scene.told() == ["m1", "m4"])
    }

    @Test func `another message under a number that is here says that the server lost something`() throws {
        let scene = try StoreScene()
        try scene.receive([StoreScene.entry(1), StoreScene.entry(2)])
        var other = StoreScene.entry(2, "another")
        other.place.id = MessageID(high: 77, low: 77)
        try scene.receive([other, StoreScene.entry(3)])
        #expect(try scene.told() == ["m1", "m2", "gap restored 1", "m3"])
    }

    @Test(arguments: [false, true])
    func `a number far beyond what a conversation can have is refused, what came before it is kept`(
        isGap: Bool
    ) throws {
        let scene = try StoreScene()
        let far = UInt64(ClientStore.longestLeap) + 2
        let leap =
            isGap
            ? Incoming.gap(Gap(conversation: withBob, reason: .restored, first: 2, last: SequenceNumber(far)))
            : .entry(StoreScene.entry(far))
        let stored = try scene.store.write {
            try scene.store.store(
                [.entry(StoreScene.entry(1)), leap, .entry(StoreScene.entry(2))], own: alice, now: 5000)
        }
        #expect(stored.refused == leap && stored.items.map(\.seq) == [1])
        try scene.receive([StoreScene.entry(2)])
        #expect(try scene.told() == ["m1", "m2"])
    }

    @Test func `what is neither direct nor everybody's is not taken for everybody's`() throws {
        let scene = try StoreScene()
        let other = ConversationID(high: 9, low: 7)
        try scene.store.database.run("INSERT INTO conversations(id, type, peer) VALUES (?, 4, NULL)", other.bytes)
        try scene.receive([StoreScene.entry(1, "for some", in: other), StoreScene.entry(1, "for all", in: everyone)])
        let reader = try #require(try scene.store.itemReader())
        let items = try scene.store.items(after: 0, limit: 9, reader: reader)
        let messages = items.compactMap { if case .message(let message) = $0 { message } else { nil } }
        #expect(messages.map { $0.conversation == .everyone } == [false, true])
        #expect(messages.first?.conversation.text.hasPrefix("#") == true && messages.first?.to == nil)
        let filter = MessageFilter(everyone: true)
        #expect(messages.map(filter.matches) == [false, true])
        #expect(messages.map(MessageFilter(toMe: true).matches) == [false, false])
    }

    @Test func `who is not known has a harmless name`() throws {
        let scene = try StoreScene()
        try scene.receive([StoreScene.entry(1, from: AccountID(high: .max, low: 1))])
        let reader = try #require(try scene.store.itemReader())
        guard case .message(let message)? = try scene.store.items(after: 0, limit: 1, reader: reader).first else {
            Issue.record("no message")
            return
        }
        #expect(message.from.text.hasPrefix("unknown-ffffffff"))
    }

    @Test func `many processes store the same and each message is there once`() async throws {
        let scene = try StoreScene()
        let directory = scene.directory
        let failures = await withTaskGroup(of: String?.self) { group in
            for number in 0..<12 {
                group.addTask {
                    do {
                        let store = try ClientStore(directory, mode: .write)
                        for start in stride(from: UInt64(1), through: 100, by: 5) {
                            try store.write {
                                if number % 2 == 0 {
                                    let batch = (start..<start + 5).map { Incoming.entry(StoreScene.entry($0)) }
                                    _ = try store.store(batch, own: alice, now: 1)
                                } else {
                                    _ = try store.loginTicketNumber()
                                    for seq in start..<start + 5 {
                                        let place = StoreScene.entry(seq, from: alice).place
                                        _ = try store.storeSent(place, Content(body: "m\(seq)", sent: 1), now: 5000)
                                    }
                                }
                            }
                        }
                        return nil
                    } catch { return "\(error)" }
                }
            }
            return await group.reduce(into: []) { failures, failure in failures += failure.map { [$0] } ?? [] }
        }
        #expect(failures == [])
        #expect(try scene.told() == (1...100).map { "m\($0)" })
    }

    @Test func `a reader sees what another process commits`() throws {
        let scene = try StoreScene()
        let reading = try scene.other(.read)
        let reader = try #require(try reading.itemReader())
        let before = try reading.database.dataVersion
        #expect(try reading.items(after: 0, limit: 9, reader: reader).isEmpty)
        try scene.receive([StoreScene.entry(1)])
        #expect(try reading.database.dataVersion != before)
        #expect(try reading.items(after: 0, limit: 9, reader: reader).map(StoreScene.word) == ["m1"])
    }
}

extension ClientStore {
    /// Something that every process writes.
    fileprivate func loginTicketNumber() throws -> Int64 {
        try database.run("UPDATE identity SET login_number = login_number + 1")
        return 0
    }
}
