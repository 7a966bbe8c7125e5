import ChatProtocol
import GroupRules
import Testing

@testable import ChatServer

/// What every store has to do where an administrator looks at rooms and ends them.
@Suite struct RoomRemovalContractTests {
    typealias Kind = StoreUnderTest.Kind

    private let room = ConversationID(high: 9, low: 2)
    private let other = ConversationID(high: 9, low: 4)

    private func open(
        _ store: StoreUnderTest, _ id: ConversationID, by account: AccountID, named name: String = "ops"
    ) async throws -> OperationOutcome? {
        try await store.commit([.openRoom(id, try #require(RoomName(name)), by: account)]).first
    }

    private func bundle(
        _ id: UInt64, _ kind: PayloadKind = .commit, by account: AccountID = alice, _ device: DeviceID = aliceDevice
    ) -> Bundle {
        Bundle(
            MessageID(high: 0, low: id), in: room, sender: account, device: device,
            entry: NewEntry(payloadKind: kind.rawValue, payload: [UInt8(id)]))
    }

    /// A message in the first epoch.
    private func message(_ id: UInt64, by account: AccountID = alice, _ device: DeviceID = aliceDevice) -> Bundle {
        var message = bundle(id, .message, by: account, device)
        message.precondition = ConversationPosition(generation: StoreGeneration(high: 2, low: 2), GroupMark(epoch: 1))
        return message
    }

    /// Alice's room, in which bob is.
    private func found(_ store: StoreUnderTest, admins: [AccountID] = [alice]) async throws {
        _ = try await open(store, room, by: alice)
        var founding = bundle(1)
        founding.advance = GroupMark(epoch: 1)
        founding.members = [.join(bob), .enter(aliceDevice, of: alice, leaf: 0), .enter(bobDevice, of: bob, leaf: 1)]
        founding.room = RoomTraits(isOpen: false, admins: admins)
        founding.rows = [SideRowChange(kind: 7, index: [1], value: [1])]
        founding.welcome = NewWelcome(devices: [bobDevice], payload: [7])
        #expect(try await store.commit([.bundle(founding)]).first?.refusal == nil)
    }

    @Test(arguments: Kind.all) func `a removed room is nobody's, and its name is free`(_ kind: Kind) async throws {
        try await withStore(kind) { store in
            try await found(store)
            _ = try await store.commit([.bundle(message(2))])
            for _ in 0..<2 { #expect(try await store.commit([.removeRoom(room)]).first == .done) }
            let refused = try await store.commit([
                .bundle(message(3)), .bundle(bundle(4, by: carol, DeviceID(high: 1, low: 3))),
                .report(
                    CommitReport(
                        conversation: room, seq: 1, digest: [],
                        reporter: DeviceReader(account: bob, device: bobDevice))),
            ])
            #expect(refused.map(\.refusal) == [.noSuchRoom, .noSuchRoom, .noSuchRoom])
            // What was taken before stays taken.
            #expect(try await store.commit([.bundle(message(2))]).first?.refusal == nil)
            for reader in [DeviceReader(account: alice, device: aliceDevice), .server] {
                let refusal = await refusal { _ = try await store.store.standing(of: room, for: reader) }
                #expect(refusal == .noSuchRoom)
            }
            #expect(await refusal { try await self.ask(store) } == .noSuchRoom)
            #expect(try await store.store.rooms(.own(after: nil), for: alice, limit: 9) == [])
            #expect(try await store.store.memberships(of: bob, after: room, limit: 9).isEmpty)
            #expect(try await store.store.sideRows(of: room, kind: 7, after: nil, limit: 9) == [])
            // Without the Welcome nobody could read what is still delivered.
            #expect(try await store.store.welcomes(for: bobDevice, limit: 9) == [room])
            #expect(try await store.commit([.forgetRoom(room, by: bob)]).first == .done)
            #expect(try await store.store.welcomes(for: bobDevice, limit: 9) == [])
            #expect(try await store.store.lostGroups(of: nil) == [])
            // Its identifier is not given away with the name.
            #expect(try await open(store, room, by: alice)?.refusal == .nameTaken)
            guard case .opened(let info, _, _)? = try await open(store, other, by: bob) else {
                Issue.record("the name is not free")
                return
            }
            #expect(info.id == other)
            let direct = try await store.open(alice, bob)
            let kept = [direct, store.identity.everyone, ConversationID(high: 8, low: 8)]
            let outcomes = try await store.commit(kept.map { .removeRoom($0) })
            #expect(outcomes.map(\.refusal) == [.noSuchRoom, .noSuchRoom, .noSuchRoom])
            if kind.engine == .sqlite { #expect(try store.faults() == []) }
        }
    }

    private func ask(_ store: StoreUnderTest) async throws(StoreFailure) {
        _ = try await store.store.members(of: room, for: .server, after: nil, limit: 9)
    }

    @Test(arguments: Kind.quiet) func `what was written before the removal is still delivered`(_ kind: Kind)
        async throws
    {
        try await withStore(kind) { store in
            try await found(store)
            let committed = try await store.committed([.bundle(message(2)), .removeRoom(room)])
            if kind.trouble == .alone {
                #expect(committed.news.flatMap(\.entries).map(\.seq) == [2])
                let readers = [
                    DeviceReader(account: alice, device: aliceDevice), .init(account: bob, device: bobDevice),
                ]
                #expect(committed.news.first?.readers.devices == Set(readers))
            }
            let row = try #require(try await store.inbox(bobDevice, bob, room))
            #expect(row.head == 2 && row.isEnded)
            try await store.move(bobDevice, bob, room, acked: 2, told: true)
            #expect(try await store.inbox(bobDevice, bob, room) == nil)
            #expect(try await store.commit([.forgetRoom(room, by: bob)]).first == .done)
        }
    }

    @Test(arguments: Kind.all) func `a room that is not founded is removed, too`(_ kind: Kind) async throws {
        try await withStore(kind) { store in
            _ = try await open(store, room, by: alice)
            #expect(try await store.commit([.removeRoom(room)]).first == .done)
            #expect(try await open(store, other, by: bob)?.refusal == nil)
        }
    }

    @Test(arguments: Kind.quiet) func `an administrator sees all rooms, and who counts in them`(_ kind: Kind)
        async throws
    {
        try await withStore(kind) { store in
            try await found(store)
            _ = try await open(store, other, by: carol, named: "dev")
            let page = { try await store.store.survey(.all(after: $0), limit: 1) }
            let first = try #require(try await page(nil).first)
            #expect(first.name.text == "dev" && first.access == .unfounded && first.members == 1)
            #expect(first.mark == .none && first.devices == 0 && first.lastMessage == nil && first.admins == [])
            var ops = try #require(try await page(first.name).first)
            #expect(ops.conversation == room && ops.access == .closed && ops.mark == GroupMark(epoch: 1))
            #expect(ops.members == 2 && ops.devices == 2 && ops.admins.map(\.text) == ["alice"])
            #expect(try await page(ops.name) == [] && ops.lastMessage == nil)
            _ = try await store.commit([.bundle(message(2))], time: 5_000)
            try await store.store.setFlags(.disabled, clearing: [], of: bob)
            ops = try #require(try await store.store.survey(.named(ops.name), limit: 9).first)
            #expect(ops.members == 1 && ops.devices == 1 && ops.lastMessage == 5_000)
            #expect(try await store.store.counts().groups == 1)
            #expect(try await store.store.counts().rooms == 2)
            _ = try await store.commit([.removeRoom(room)])
            #expect(try await store.store.survey(.named(ops.name), limit: 9) == [])
            #expect(try await store.store.counts().groups == 0)
            #expect(try await store.store.counts().rooms == 1)
        }
    }

    @Test(arguments: Kind.all) func `a room is left by its last admin who is neither disabled nor deleted`(_ kind: Kind)
        async throws
    {
        try await withStore(kind) { store in
            try await found(store, admins: [alice, bob])
            let counts = {
                var counts: [Int] = []
                for account in [alice, bob, carol] {
                    counts.append(try await store.store.survey(.left(by: account, after: nil), limit: 9).count)
                }
                return counts
            }
            #expect(try await counts() == [0, 0, 0])
            try await store.store.setFlags(.disabled, clearing: [], of: bob)
            #expect(try await counts() == [1, 0, 0])
            try await store.store.deleteAccount(alice, erasing: false)
            #expect(try await counts() == [1, 1, 0])
            let after = try await store.store.survey(.left(by: alice, after: RoomName("ops")), limit: 9)
            #expect(after == [])
        }
    }
}

extension News.Readers {
    fileprivate var devices: Set<DeviceReader>? {
        if case .devices(let readers) = self { Set(readers) } else { nil }
    }
}
