import ChatProtocol
import GroupRules
import Testing

@testable import ChatServer

/// What every store has to do with rooms: names, who may join, who is a member.
@Suite struct RoomContractTests {
    typealias Kind = StoreUnderTest.Kind

    private let ops = RoomName("ops")
    private let room = ConversationID(high: 9, low: 2)
    private let other = ConversationID(high: 9, low: 4)

    private func open(
        _ store: StoreUnderTest, _ id: ConversationID, by account: AccountID, named name: String = "ops"
    ) async throws -> OperationOutcome? {
        try await store.commit([.openRoom(id, try #require(RoomName(name)), by: account)]).first
    }

    /// A commit by alice's device.
    private func commit(
        _ id: UInt64, epoch: Epoch, incarnation: UInt32 = 0, _ members: [MembershipChange] = [],
        traits: RoomTraits? = nil, in room: ConversationID? = nil
    ) -> StoreOperation {
        var bundle = Bundle(
            MessageID(high: 0, low: id), in: room ?? self.room, sender: alice, device: aliceDevice,
            entry: NewEntry(payloadKind: PayloadKind.commit.rawValue, payload: Array("commit \(id)".utf8)))
        bundle.advance = GroupMark(incarnation: incarnation, epoch: epoch)
        bundle.members = members
        bundle.room = traits
        return .bundle(bundle)
    }

    private func change(_ id: UInt64, _ members: [MembershipChange]) -> StoreOperation {
        var bundle = Bundle(
            MessageID(high: 5, low: id), in: room, sender: .server, device: DeviceID(high: 0, low: 0))
        bundle.members = members
        return .bundle(bundle)
    }

    private let both: [MembershipChange] = [
        .join(bob), .enter(aliceDevice, of: alice, leaf: 0), .enter(bobDevice, of: bob, leaf: 1),
    ]

    /// Alice's room, in which bob is.
    private func found(_ store: StoreUnderTest, isOpen: Bool = false) async throws {
        _ = try await open(store, room, by: alice)
        let traits = RoomTraits(isOpen: isOpen, admins: [alice, AccountID(high: 66, low: 66)])
        let outcome = try await store.commit([commit(1, epoch: 1, both, traits: traits)])
        #expect(outcome.first?.stored != nil)
    }

    private func record(_ store: StoreUnderTest, for account: AccountID) async throws -> RoomRecord? {
        try await store.store.rooms(.of(room), for: account, limit: 9).first
    }

    // MARK: Names

    @Test(arguments: Kind.all) func `a name belongs to one room`(_ kind: Kind) async throws {
        try await withStore(kind) { store in
            for _ in 0..<2 {
                guard case .opened(let info, let head, let epoch)? = try await open(store, room, by: alice) else {
                    Issue.record("it is not made")
                    return
                }
                #expect(info == ConversationInfo(id: room, audience: .room) && epoch == 0)
                #expect(head == 0 || kind.trouble == .interfered)
            }
            #expect(try await open(store, other, by: bob)?.refusal == .nameTaken)
            // Who has made it and lost the answer gets it by another request, too.
            guard case .opened(let again, _, _)? = try await open(store, other, by: alice) else { return }
            #expect(again.id == room)
            let direct = try await store.open(alice, bob)
            #expect(try await open(store, direct, by: alice, named: "dm")?.refusal == .nameTaken)
            try await found(store)
            #expect(try await open(store, other, by: alice)?.refusal == .nameTaken)
            guard case .opened(let repeated, _, _)? = try await open(store, room, by: alice) else {
                Issue.record("the same request is answered as the first time")
                return
            }
            #expect(repeated.id == room)
            #expect(try await store.store.roomName(of: room) == ops)
            #expect(try await store.store.roomName(of: direct) == nil)
        }
    }

    @Test(arguments: Kind.all) func `a name that nobody founded and nobody holds is free`(_ kind: Kind) async throws {
        try await withStore(kind) { store in
            _ = try await open(store, room, by: alice)
            _ = try await store.commit([change(1, [.leave(alice)])])
            guard case .opened(let info, _, _)? = try await open(store, other, by: bob) else {
                Issue.record("it is not free")
                return
            }
            #expect(info.id == other)
            // The first request, come again, takes nothing away.
            #expect(try await open(store, room, by: alice)?.refusal == .nameTaken)
            #expect(try await store.store.roomName(of: room) == nil)
            #expect(try await store.commit([change(2, [.admit(alice)])]).first?.refusal == .noSuchRoom)
        }
    }

    @Test(arguments: Kind.all) func `a name is free where whoever has made the room and not founded it was deleted`(
        _ kind: Kind
    ) async throws {
        try await withStore(kind) { store in
            _ = try await open(store, room, by: alice)
            try await store.store.setFlags(.disabled, clearing: [], of: alice)
            #expect(try await open(store, other, by: bob)?.refusal == .nameTaken)
            try await store.store.deleteAccount(alice, erasing: false)
            guard case .opened(let info, _, _)? = try await open(store, other, by: bob) else {
                Issue.record("it is not free")
                return
            }
            #expect(info.id == other)
        }
    }

    @Test(arguments: Kind.all) func `names are not kept by who founds nothing`(_ kind: Kind) async throws {
        try await withStore(kind) { store in
            for number in 0..<UInt64(Limits.unfoundedRooms) {
                let id = ConversationID(high: 8, low: number)
                let outcome = try await open(store, id, by: alice, named: "r\(number)")
                #expect(outcome?.refusal == nil)
            }
            #expect(try await open(store, room, by: alice)?.refusal == .rateLimited)
            let first = ConversationID(high: 8, low: 0)
            _ = try await store.commit([commit(1, epoch: 1, [.enter(aliceDevice, of: alice, leaf: 0)], in: first)])
            #expect(try await open(store, room, by: alice)?.refusal == nil)
        }
    }

    @Test(arguments: Kind.all) func `a room that is not founded within a day is gone, and whoever founds has its name`(
        _ kind: Kind
    ) async throws {
        try await withStore(kind) { store in
            for number in 0..<UInt64(Limits.unfoundedRooms) {
                _ = try await open(store, ConversationID(high: 8, low: number), by: alice, named: "r\(number)")
            }
            let first = ConversationID(high: 8, low: 0)
            _ = try await store.commit([commit(1, epoch: 1, [.enter(aliceDevice, of: alice, leaf: 0)], in: first)])
            let day = Duration.seconds(Int64(Limits.unfoundedHours) * 3_600)
            let year = Duration.seconds(365 * 86_400)
            _ = try await store.sweep(now: store.time + day, retention: year)
            #expect(try await open(store, other, by: bob, named: "r1")?.refusal == .nameTaken)
            _ = try await store.sweep(now: store.time + day + .milliseconds(2), retention: year)
            #expect(try await store.store.rooms(.own(after: nil), for: alice, limit: 99).map(\.name.text) == ["r0"])
            guard case .opened(let info, _, _)? = try await open(store, other, by: bob, named: "r1") else {
                Issue.record("it is not free")
                return
            }
            #expect(info.id == other)
            // Who made it first is told so, and makes others again.
            let former = ConversationID(high: 8, low: 1)
            #expect(try await open(store, former, by: alice, named: "r1")?.refusal == .nameTaken)
            let late = commit(2, epoch: 1, [.enter(aliceDevice, of: alice, leaf: 0)], in: former)
            #expect(try await store.commit([late]).first?.refusal == .noSuchRoom)
            #expect(try await open(store, room, by: alice, named: "r2")?.refusal == nil)
        }
    }

    @Test(arguments: Kind.all) func `a room that nobody is left in is a former admin's again`(_ kind: Kind) async throws
    {
        try await withStore(kind) { store in
            try await found(store)
            _ = try await store.commit([change(1, [.leave(alice)])])
            #expect(try await open(store, other, by: alice)?.refusal == .nameTaken, "bob is there")
            try await store.store.revokeDevice(bobDevice, of: bob)
            #expect(try await open(store, other, by: bob)?.refusal == .nameTaken)
            #expect(try await open(store, other, by: carol)?.refusal == .nameTaken)
            guard case .opened(let info, _, let epoch)? = try await open(store, other, by: alice) else {
                Issue.record("it is dead")
                return
            }
            #expect(info.id == room && epoch == 1)
            let again = commit(
                2, epoch: 1, incarnation: 1, [.lose(bobDevice), .enter(aliceDevice, of: alice, leaf: 0), .leave(bob)])
            #expect(try await store.commit([again]).first?.refusal == nil)
            #expect(try await store.store.lostLeaves(of: room) == [])
            #expect(try await record(store, for: alice)?.members == 1)
        }
    }

    @Test(arguments: Kind.quiet) func `members are told when something was written last, and nobody else`(_ kind: Kind)
        async throws
    {
        try await withStore(kind) { store in
            _ = try await open(store, room, by: alice)
            try await found(store, isOpen: true)
            #expect(try await record(store, for: bob)?.lastTime == store.time)
            #expect(try await record(store, for: carol)?.lastTime == 0)
            store.time = store.time + .milliseconds(5)
            _ = try await store.commit([commit(2, epoch: 2)])
            #expect(try await record(store, for: bob)?.lastTime == store.time)
            let made = try await store.commit([.openDirect(alice, bob, as: other)])
            #expect(made.first?.refusal == nil)
            #expect(try await store.store.conversations([other], of: bob).map(\.lastTime) == [0])
            let founding = commit(3, epoch: 1, both.suffix(2), in: other)
            #expect(try await store.commit([founding]).first?.refusal == nil)
            #expect(try await store.store.conversations([other], of: bob).map(\.lastTime) == [store.time])
        }
    }

    // MARK: Coming

    @Test(arguments: Kind.all) func `joining is open or closed by what the commit has brought`(_ kind: Kind)
        async throws
    {
        try await withStore(kind) { store in
            let admit = { try await store.commit([self.change($0, [.admit(carol)])]).first }
            #expect(try await admit(1)?.refusal == .noSuchConversation)
            _ = try await open(store, room, by: alice)
            #expect(try await admit(1)?.refusal == .noGroup)
            try await found(store)
            #expect(try await admit(1)?.refusal == .notAMember)
            _ = try await store.commit([
                commit(2, epoch: 2, traits: RoomTraits(isOpen: true, admins: [alice])),
                commit(3, epoch: 3, traits: RoomTraits(isOpen: false, admins: [alice])),
            ])
            #expect(try await admit(1)?.refusal == .notAMember)
            _ = try await store.commit([commit(4, epoch: 4, traits: RoomTraits(isOpen: true, admins: [alice]))])
            #expect(try await admit(1)?.refusal == nil)
            #expect(try await record(store, for: carol)?.isMember == true)
            // A request that comes again after the account has left does not bring it back.
            _ = try await store.commit([change(9, [.leave(carol)])])
            #expect(try await admit(1)?.refusal == nil)
            #expect(try await record(store, for: carol)?.isMember == false)
        }
    }

    @Test(arguments: Kind.all) func `an admin joins a closed room`(_ kind: Kind) async throws {
        try await withStore(kind) { store in
            try await found(store)
            _ = try await store.commit([
                commit(2, epoch: 2, traits: RoomTraits(isOpen: false, admins: [alice, carol])),
                change(1, [.admit(carol)]), change(2, [.admit(bob)]),
            ])
            #expect(try await record(store, for: carol)?.isMember == true)
            let direct = try await store.open(alice, bob)
            var bundle = Bundle(
                MessageID(high: 5, low: 9), in: direct, sender: .server, device: DeviceID(high: 0, low: 0))
            bundle.members = [.admit(carol)]
            #expect(try await store.commit([.bundle(bundle)]).first?.refusal == .invalidTarget)
            bundle.conversation = store.identity.everyone
            #expect(try await store.commit([.bundle(bundle)]).first?.refusal == .noSuchRoom)
        }
    }

    // MARK: Going

    @Test(arguments: Kind.quiet) func `who leaves gets what came before and nothing that follows`(_ kind: Kind)
        async throws
    {
        try await withStore(kind) { store in
            try await found(store)
            _ = try await store.commit([
                store.append("a", to: room, precondition: 1), change(1, [.leave(bob)]),
                store.append("b", to: room, precondition: 1),
            ])
            let row = try #require(try await store.inbox(bobDevice, bob, room))
            #expect(row.head == 2 && row.isEnded && row.acked == 1)
            let refused = try await store.commit([
                store.append("c", to: room, sender: bob, device: bobDevice, precondition: 1)
            ])
            #expect(refused.first?.refusal == .notAMember)
            let lost = LostLeaf(leaf: 1, reader: DeviceReader(account: bob, device: bobDevice))
            #expect(try await store.store.lostLeaves(of: room) == [lost])
            #expect(try await store.store.lostGroups(of: bob) == [room])
            let committed = try await store.committed([store.append("d", to: room, precondition: 1)])
            #expect(
                committed.news.first?.readers == .devices([DeviceReader(account: alice, device: aliceDevice)])
                    || kind.trouble != .alone)
            try await store.move(bobDevice, bob, room, acked: 2, told: true)
            #expect(try await store.inbox(bobDevice, bob, room) == nil)
            _ = try await store.commit([commit(2, epoch: 2, [.lose(bobDevice), .leave(bob)])])
            #expect(try await store.store.lostLeaves(of: room) == [])
            #expect(try await store.inbox(bobDevice, bob, room) == nil)
        }
    }

    @Test(arguments: Kind.all) func `who comes back before the removal reads with the next leaf`(_ kind: Kind)
        async throws
    {
        try await withStore(kind) { store in
            try await found(store, isOpen: true)
            _ = try await store.commit([change(1, [.leave(bob)]), change(2, [.admit(bob)])])
            // The leaf that is there is still to be removed, and writes nothing.
            #expect(try await store.store.lostLeaves(of: room).map(\.leaf) == [1])
            let early = try await store.commit([
                store.append("a", to: room, sender: bob, device: bobDevice, precondition: 1)
            ])
            #expect(early.first?.refusal == .notInGroup)
            _ = try await store.commit([
                commit(2, epoch: 2, [.lose(bobDevice), .enter(bobDevice, of: bob, leaf: 1)])
            ])
            #expect(try await store.store.lostLeaves(of: room) == [])
            let sent = try await store.commit([
                store.append("b", to: room, sender: bob, device: bobDevice, precondition: 2)
            ])
            #expect(sent.first?.refusal == nil)
        }
    }

    @Test(arguments: Kind.all) func `who comes back goes on from what was fetched, so that the removal is too`(
        _ kind: Kind
    ) async throws {
        try await withStore(kind) { store in
            try await found(store)
            let reader = DeviceReader(account: bob, device: bobDevice)
            let leaf = { try await store.store.standing(of: self.room, for: reader).leaf }
            let first = try #require(try await leaf())
            let seq = { (operation: StoreOperation) in
                try #require(try await store.commit([operation]).first?.seq)
            }
            for number: UInt64 in [2, 4] {
                _ = try await seq(commit(number, epoch: Epoch(number), [.lose(bobDevice), .leave(bob)]))
                let back = try await seq(
                    commit(number + 1, epoch: Epoch(number + 1), [.join(bob), .enter(bobDevice, of: bob, leaf: 1)]))
                #expect(try await leaf() == first)
                let row = try #require(try await store.inbox(bobDevice, bob, room))
                #expect(row.acked == first.since && row.head >= back && !row.isEnded)
            }
            // Whoever has fetched the removal begins where they come back.
            let removal = try await seq(commit(6, epoch: 6, [.lose(bobDevice), .leave(bob)]))
            try await store.move(bobDevice, bob, room, acked: removal, told: true)
            let last = try await seq(commit(7, epoch: 7, [.join(bob), .enter(bobDevice, of: bob, leaf: 1)]))
            #expect(try await leaf() == LeafSpan(since: last))
        }
    }

    @Test(arguments: Kind.all) func `whose leaf has ended is told where a room stands as long as it keeps the leaf`(
        _ kind: Kind
    ) async throws {
        try await withStore(kind) { store in
            try await found(store)
            let reader = DeviceReader(account: bob, device: bobDevice)
            let former = { try await store.store.formerStanding(of: self.room, for: reader) }
            #expect(try await former() == nil)
            _ = try await store.commit([commit(2, epoch: 2, [.lose(bobDevice), .leave(bob)])])
            _ = try await store.commit([commit(3, epoch: 3)])
            #expect(await refusal { _ = try await store.store.standing(of: room, for: reader) } == .notAMember)
            let found = try #require(try await former())
            let (until, head) = (try #require(found.leaf?.until), found.standing.head)
            #expect(until < head)
            #expect(found.ended(after: 0).standing.head == until && found.ended(after: head).standing.head == head)
            // Nobody else is.
            let other = DeviceReader(account: bob, device: DeviceID(high: 7, low: 7))
            #expect(try await store.store.formerStanding(of: room, for: other) == nil)
            #expect(try await store.commit([.forgetRoom(room, by: bob)]).first == .done)
            #expect(try await former() == nil)
        }
    }

    @Test(arguments: Kind.all) func `what is forgotten is not delivered any more`(_ kind: Kind) async throws {
        try await withStore(kind) { store in
            try await found(store)
            let forget = { try await store.commit([.forgetRoom(self.room, by: bob)]).first }
            #expect(try await forget()?.refusal == .forbidden)
            var welcome = Bundle(
                MessageID(high: 0, low: 2), in: room, sender: alice, device: aliceDevice,
                entry: NewEntry(payloadKind: PayloadKind.commit.rawValue, payload: [1]))
            welcome.advance = GroupMark(epoch: 2)
            welcome.welcome = NewWelcome(devices: [bobDevice, aliceDevice], payload: [7])
            _ = try await store.commit([.bundle(welcome), change(1, [.leave(bob)])])
            #expect(try await store.store.welcomes(for: bobDevice, limit: 9) == [room])
            #expect(try await forget() == .done)
            #expect(try await forget() == .done)
            #expect(try await store.inbox(bobDevice, bob, room) == nil)
            #expect(try await store.store.welcomes(for: bobDevice, limit: 9) == [])
            #expect(try await store.store.welcomes(for: aliceDevice, limit: 9) == [room])
            // The leaf is in the tree still, and has to go.
            #expect(try await store.store.lostLeaves(of: room).map(\.leaf) == [1])
            let direct = try await store.open(alice, bob)
            #expect(try await store.commit([.forgetRoom(direct, by: carol)]).first?.refusal == .noSuchRoom)
            if kind.engine == .sqlite { #expect(try store.faults() == []) }
        }
    }

    // MARK: Told

    @Test(arguments: Kind.all) func `rooms are told a page at a time and closed ones to members and by name`(
        _ kind: Kind
    )
        async throws
    {
        try await withStore(kind) { store in
            try await found(store)
            _ = try await open(store, other, by: carol, named: "dev")
            let mine = try await store.store.rooms(.own(after: nil), for: alice, limit: 9)
            #expect(mine.map(\.name.text) == ["ops"])
            let told = try #require(mine.first)
            #expect(told.isMember && told.access == .closed && told.members == 2 && told.admins.map(\.id) == [alice])
            #expect(try await store.store.rooms(.all(after: nil), for: carol, limit: 9).map(\.name.text) == ["dev"])
            let named = try await store.store.rooms(.named(try #require(ops)), for: carol, limit: 9)
            #expect(named.map(\.members) == [0] && named.first?.admins.map(\.id) == [alice])
            #expect(named.first?.isMember == false)
            _ = try await store.commit([commit(2, epoch: 2, traits: RoomTraits(isOpen: true, admins: [alice]))])
            let all = try await store.store.rooms(.all(after: nil), for: carol, limit: 9)
            #expect(all.map(\.name.text) == ["dev", "ops"] && all.map(\.members) == [1, 2])
            #expect(all.map(\.access) == [.unfounded, .open])
            let page = try await store.store.rooms(.all(after: RoomName("dev")), for: carol, limit: 1)
            #expect(page.map(\.name.text) == ["ops"])
            #expect(try await store.store.conversations([room], of: alice) == [])
        }
    }

    @Test(arguments: Kind.all) func `members are told to members and of an open room to all`(_ kind: Kind) async throws
    {
        try await withStore(kind) { store in
            try await found(store)
            let members = { (account: AccountID, after: AccountID?) in
                try await store.store.members(of: self.room, for: account, after: after, limit: 2)
            }
            #expect(await refusal { _ = try await members(carol, nil) } == .notAMember)
            let all = try await members(bob, nil)
            #expect(all.map(\.account.id) == [alice, bob] && all.map(\.isAdmin) == [true, false])
            #expect(all.map(\.devices) == [[aliceDevice], [bobDevice]])
            #expect(try await members(bob, alice).map(\.account.id) == [bob])
            _ = try await store.commit([
                commit(2, epoch: 2, [.lose(bobDevice)], traits: RoomTraits(isOpen: true, admins: [alice]))
            ])
            #expect(try await members(carol, nil).map(\.devices) == [[aliceDevice], []])
            let direct = try await store.open(alice, bob)
            let none = await refusal {
                _ = try await store.store.members(of: direct, for: alice, after: nil, limit: 1)
            }
            #expect(none == .noSuchRoom)
        }
    }
}
