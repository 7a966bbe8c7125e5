import ChatProtocol
import GroupRules
import Testing

@testable import ChatServer

/// What every store tells of what was committed: whoever shares it hears from that, and from nobody else.
@Suite struct NewsContractTests {
    typealias Kind = StoreUnderTest.Kind

    private let room = ConversationID(high: 9, low: 2)
    private let alices = DeviceReader(account: alice, device: aliceDevice)
    private let bobs = DeviceReader(account: bob, device: bobDevice)
    private let both: [MembershipChange] = [
        .enter(aliceDevice, of: alice, leaf: 0), .enter(bobDevice, of: bob, leaf: 1),
    ]

    private func commit(
        _ id: UInt64, epoch: Epoch, incarnation: UInt32 = 0, _ members: [MembershipChange] = [],
        welcome: [DeviceID] = []
    ) -> StoreOperation {
        var bundle = Bundle(
            MessageID(high: 0, low: id), in: room, sender: alice, device: aliceDevice,
            entry: NewEntry(payloadKind: PayloadKind.commit.rawValue, payload: Array("commit \(id)".utf8)))
        bundle.advance = GroupMark(incarnation: incarnation, epoch: epoch)
        bundle.members = members
        if !welcome.isEmpty { bundle.welcome = NewWelcome(devices: welcome, payload: [7]) }
        return .bundle(bundle)
    }

    private func change(_ id: UInt64, _ change: MembershipChange) -> StoreOperation {
        var bundle = Bundle(
            MessageID(high: 5, low: id), in: room, sender: .server, device: DeviceReader.server.device)
        bundle.members = [change]
        return .bundle(bundle)
    }

    private func openRoom(_ store: StoreUnderTest) async throws {
        _ = try await store.commit([.openRoom(room, try #require(RoomName("ops")), by: alice)])
    }

    @Test(arguments: Kind.all) func `news say who comes and goes, and where they begin and end`(
        _ kind: Kind
    ) async throws {
        try await withStore(kind) { store in
            try await openRoom(store)
            let founded = try await store.committed([
                commit(1, epoch: 1, [.join(alice), .join(bob)] + both, welcome: [bobDevice])
            ])
            let first = try #require(founded.outcomes.first?.seq)
            #expect(
                founded.news.flatMap(\.changes)
                    == [.joined(bob), .began(alices, behind: first), .began(bobs, behind: first), .welcomed(bobs)])
            let left = try await store.committed([change(2, .leave(bob))])
            let last = try await store.head(room)
            #expect(left.news.flatMap(\.changes) == [.left(bob, after: last)])
            // The end is where the account has left, not where somebody has come round to the commit.
            let lost = try await store.committed([commit(3, epoch: 2, [.lose(bobDevice)])])
            #expect(lost.news.flatMap(\.changes) == [.ended(bobs, after: last)])
            try await store.move(bobDevice, bob, room, acked: last, told: true)
            let back = try await store.committed([change(4, .join(bob)), commit(5, epoch: 3, [both[1]])])
            let second = try #require(back.outcomes.last?.seq)
            #expect(back.news.flatMap(\.changes) == [.joined(bob), .began(bobs, behind: second)])
            let anew = try await store.committed([commit(6, epoch: 1, incarnation: 1, both)])
            #expect(anew.news.flatMap(\.changes) == [.began(alices, behind: nil), .began(bobs, behind: nil)])
            let removed = try await store.committed([.removeRoom(room)])
            #expect(removed.news.flatMap(\.changes).last == .removed)
        }
    }

    @Test(arguments: Kind.all) func `who comes and goes is news once, unless nobody knows whether it was told`(
        _ kind: Kind
    ) async throws {
        try await withStore(kind) { store in
            try await openRoom(store)
            let founding = [commit(1, epoch: 1, [.join(bob)] + both, welcome: [bobDevice])]
            let changes = try await store.committed(founding).news.flatMap(\.changes)
            #expect(changes.count == 4)
            #expect(try await store.base.commit(StoreBatch(founding)).news.isEmpty)
            let repeated = try await store.base.commit(StoreBatch(founding, isRepeated: true))
            #expect(repeated.news.flatMap(\.changes) == changes)
            let refused = try await store.committed([commit(2, epoch: 1, [.lose(bobDevice)])])
            #expect(refused.outcomes.map(\.refusal) == [.preconditionFailed] && refused.news.isEmpty)
        }
    }

    @Test(arguments: Kind.all) func `who is removed with a room is told so by the news of it`(_ kind: Kind) async throws
    {
        try await withStore(kind) { store in
            try await openRoom(store)
            _ = try await store.commit([commit(1, epoch: 1, [.join(bob)] + both)])
            let changes = try await store.committed([.removeRoom(room)]).news.flatMap(\.changes)
            let log = try await store.base.page(of: room, after: 0, entries: 1_000, bytes: 1 << 20)
            let head = try #require(log.entries.last?.seq)
            // Who was in it is not known any more where it is carried out again.
            guard kind.trouble != .answersLost else { return #expect(changes == [.removed]) }
            let left = [alice, bob].map { ReaderChange.left($0, after: head) }
            #expect(changes.count == 3 && left.allSatisfy(changes.contains) && changes.last == .removed)
        }
    }

    @Test(arguments: Kind.all) func `each entry is news of the writer who has stored it, and of no other`(
        _ kind: Kind
    ) async throws {
        try await withStore(kind) { store in
            let dm = try await store.open(alice, bob)
            var told: [SequenceNumber] = []
            for epoch in 1...4 as ClosedRange<UInt64> {
                let committed = try await store.committed([
                    store.append("a", to: dm), store.append("b", to: dm, advance: Epoch(epoch)),
                ])
                told += committed.news.flatMap(\.entries).map(\.seq)
            }
            let others = store.other?.told[dm] ?? []
            #expect(others.isEmpty == (store.other == nil))
            let log = try await store.base.page(of: dm, after: 0, entries: 1_000, bytes: 1 << 20)
            #expect((told + others).sorted() == log.entries.map(\.seq))
        }
    }
}
