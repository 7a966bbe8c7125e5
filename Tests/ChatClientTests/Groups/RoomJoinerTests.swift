import CLISupport
import ChatProtocol
import GroupRules
import MLS
import Synchronization
import TestSupport
import Testing

@testable import ChatClient

/// How devices come into the groups of rooms, by way of a real server.
@Suite(.endsWhatItStarts) struct RoomJoinerTests {
    private static let ops = RoomName("ops")

    /// Somebody's device at a room.
    private struct Scene {
        let client: Client
        let link: ChatClient.Link
        let joiner: Joiner
        let name: RoomName

        /// - Parameter welcomeBytes: that its Welcomes may have.
        init(
            _ person: Person, losing kind: FrameKind? = nil, welcomeBytes: Int = ChatProtocol.Limits.groupWelcome,
            wire around: (any GroupWire) -> any GroupWire = { $0 }
        ) async throws {
            name = try #require(ops)
            client = try person.client()
            link = try await client.loggedInLink().0
            let made = try await client.joiner(on: link)
            let wire: any GroupWire = if let kind { LosingWire(link, losing: kind) } else { around(link) }
            var place = made.place
            place.welcomeBytes = welcomeBytes
            joiner = Joiner(
                place: place, store: made.store, wire: wire, gate: made.gate, log: made.log, refresh: made.refresh)
        }

        func created() async throws -> ConversationID {
            let rooms: Rooms = try await link.request(
                CreateRoom(id: try MessageIdentity.new(now: WallClock.now), name: name.spoken))
            return try #require(rooms.rooms.first).conversation
        }

        func found(_ room: ConversationID, _ access: GroupPolicy.Access = .closed) async throws -> GroupMark {
            try await joiner.enter(room, as: .room(name, founding: .init(access: access)))
        }

        var target: GroupTarget { .room(name) }

        func enter(_ room: ConversationID) async throws -> GroupMark { try await joiner.enter(room, as: target) }

        func add(_ person: Person, to room: ConversationID) async throws -> GroupMark {
            let account = try #require(
                try await client.users(onlineOnly: false).first { $0.account.name == person.name })
            let peer = Joiner.Peer(account: account.account.id, name: person.name)
            let packages = try await joiner.packagesToAdd(of: peer, in: room)
            return try await joiner.commit(.adding(packages), to: room, as: target)
        }

        /// What its leaf has now.
        func key(in room: ConversationID) async throws -> HPKEPublicKey {
            let judge = joiner.place.judge
            return try await client.withStore { store in
                let standing = try #require(try store.groupStanding(of: room))
                let group = try Group.load(standing.group.groupId, from: store.groupRows, judge: judge)
                return try #require(group.member(group.ownLeaf)).encryptionKey
            }
        }

        func gaps(in room: ConversationID) async throws -> [String] {
            try await client.withStore { store in
                try store.database.all(
                    """
                    SELECT g.reason FROM gaps g JOIN conversations c ON c.number = g.conversation WHERE c.id = ?
                    """, room
                ) { $0.text(0) }
            }
        }

        func devices(in room: ConversationID) async throws -> Set<DeviceID> {
            let judge = joiner.place.judge
            return try await client.withStore { store in
                let standing = try #require(try store.groupStanding(of: room))
                let group = try Group.load(standing.group.groupId, from: store.groupRows, judge: judge)
                return Set(group.members.compactMap { try? DeviceCredential($0.leaf.credential).device })
            }
        }

        func pinned() async throws -> ConversationID? {
            let name = name
            return try await client.withStore { try $0.pinnedRoom(name) }
        }
    }

    @Test func `a commit that adds somebody who has gone meanwhile keeps nobody from writing`() async throws {
        try await withServer { server in
            let alice = try await Person.registered("alice", at: server)
            let bob = try await Person.registered("bob", at: server)
            try await bob.client().leavesPackages()
            let scene = try await Scene(alice)
            let room = try await scene.created()
            #expect(try await scene.found(room) == GroupMark(epoch: 1))
            let account = try #require(
                try await scene.client.users(onlineOnly: false).first { $0.account.name == bob.name })
            let peer = Joiner.Peer(account: account.account.id, name: bob.name)
            let packages = try await scene.joiner.packagesToAdd(of: peer, in: room)
            try await server.administer(.setFlag(bob.name, .disabled, isOn: true))
            for _ in 0..<2 {
                // As a process that was killed leaves it.
                #expect(try await scene.joiner.make(.adding(packages), room) == .made(.commit))
                #expect(try await scene.enter(room) == GroupMark(epoch: 1))
            }
            await expectRefusal(.temporary, "no_device") {
                try await scene.joiner.commit(.adding(packages), to: room, as: scene.target)
            }
            #expect(try await scene.enter(room) == GroupMark(epoch: 1))
        }
    }

    @Test func `G1: who comes while chains are read is no ghost`() async throws {
        try await withServer { server in
            let (alice, bob) = (
                try await Person.registered("alice", at: server), try await Person.registered("bob", at: server)
            )
            let carol = try await Person.registered("carol", at: server)
            for person in [bob, carol] { try await person.client().leavesPackages() }
            let ops = try #require(Self.ops)
            try await alice.client().createRoom(ops, access: .closed)
            _ = try await alice.client().add([bob.name], to: ops)
            let adder = try alice.client()
            let scene = try await Scene(bob)
            let room = try #require(try await alice.client().withStore { try $0.pinnedRoom(ops) })
            _ = try await scene.enter(room)
            let other = scene.joiner
            let base = scene.joiner.refresh
            let hasCome = Atomic(false)
            let joiner = Joiner(
                place: other.place, store: other.store, wire: other.wire, gate: other.gate, log: other.log,
                refresh: { account, name throws(Problem) in
                    try await base(account, name)
                    guard !hasCome.exchange(true, ordering: .relaxed) else { return }
                    _ = try await adder.add([carol.name], to: ops)
                    _ = try await other.enter(room, as: .room(ops), after: .preconditionFailed)
                })
            try await joiner.settle(room)
            let gate = GroupGate(gate: other.gate)
            let passage = try await scene.client.withStore { store in
                try store.write { try gate.look(at: room, in: store, now: WallClock.now) }
            }
            #expect(passage == .open)
        }
    }

    @Test func `who makes a room founds it with all their devices, which enter by its Welcome`() async throws {
        try await withServer { server in
            let alice = try await Person.registered("alice", at: server)
            let phone = try Person("alice", at: server.address)
            _ = try await phone.joins(alice)
            let waiting = try phone.client()
            try await waiting.leavesPackages()
            let first = try await Scene(alice)
            let room = try await first.created()
            #expect(try await first.pinned() == nil)
            #expect(try await first.found(room) == GroupMark(epoch: 1))
            #expect(try await first.devices(in: room).count == 2)
            #expect(try await first.pinned() == room)
            let other = try await Scene(phone)
            // All that it knows is that a Welcome waits.
            #expect(try await other.joiner.enter(room, as: .unknown) == GroupMark(epoch: 1))
            #expect(try await other.devices(in: room).count == 2)
            #expect(try await other.pinned() == room)
            let name = try await other.client.withStore { try $0.conversation(room)?.name }
            #expect(name == .room(first.name.spoken))
        }
    }

    @Test(arguments: [nil, FrameKind.takeTurn, .readGroup, .commit])
    func `an open room is joined from outside, also when an answer is lost`(kind: FrameKind?) async throws {
        try await withServer { server in
            let alice = try await Person.registered("alice", at: server)
            let bob = try await Person.registered("bob", at: server)
            let first = try await Scene(alice)
            let room = try await first.created()
            _ = try await first.found(room, .open)
            let second = try await Scene(bob)
            await expectRefusal(.refused, "not_a_member") { _ = try await second.enter(room) }
            let request = JoinRoom(conversation: room, id: try MessageIdentity.new(now: WallClock.now))
            let _: Rooms = try await second.link.request(request)
            if let kind { _ = try? await Scene(bob, losing: kind).enter(room) }
            #expect(try await second.enter(room) == GroupMark(epoch: 2))
            #expect(try await second.devices(in: room).count == 2)
            #expect(try await second.pinned() == room)
        }
    }

    @Test(arguments: [false, true])
    func `a Welcome of a group too large for its tree is entered by the server's, or else from outside with a gap`(
        isLate: Bool
    ) async throws {
        try await withServer { server in
            let alice = try await Person.registered("alice", at: server)
            let bob = try await Person.registered("bob", at: server)
            try await bob.client().leavesPackages()
            let first = try await Scene(alice, welcomeBytes: 0)
            let room = try await first.created()
            #expect(try await first.found(room) == GroupMark(epoch: 1))
            #expect(try await first.add(bob, to: room) == GroupMark(epoch: 2))
            if isLate {
                _ = try await first.joiner.commit(.path(after: first.key(in: room)), to: room, as: first.target)
            }
            let second = try await Scene(bob)
            // What was written since it was added is for a leaf that it never had.
            #expect(try await second.enter(room) == GroupMark(epoch: isLate ? 4 : 2))
            #expect(try await second.devices(in: room).count == 2)
            #expect(try await second.gaps(in: room) == (isLate ? ["resync"] : []))
        }
    }

    @Test func `S3: all whom one commit has thrown out come back in turns, and none gets in another's way`()
        async throws
    {
        try await withTimelessServer { server in
            let alice = try await Person.registered("alice", at: server)
            let others = [
                try await Person.registered("bob", at: server), try await Person.registered("carol", at: server),
                try await Person.registered("dave", at: server),
            ]
            for person in others { try await person.client().leavesPackages() }
            let ops = try #require(Self.ops)
            try await alice.client().createRoom(ops, access: .closed)
            #expect(try await alice.client().add(others.map(\.name), to: ops).allSatisfy { $0.problem == nil })
            let room = try #require(try await alice.client().withStore { try $0.pinnedRoom(ops) })
            let books = others.map { _ in RecordingWire.Book() }
            var scenes: [Scene] = []
            for (person, book) in zip(others, books) {
                let scene = try await Scene(person) { RecordingWire($0, book) }
                _ = try await scene.enter(room)
                _ = try await scene.joiner.enter(room, as: scene.target, after: .preconditionFailed)
                scenes.append(scene)
            }
            let first = try await Scene(alice)
            _ = try await first.joiner.enter(room, as: first.target, after: .preconditionFailed)
            for scene in scenes {
                _ = try await scene.joiner.enter(room, as: scene.target, after: .preconditionFailed)
                try await scene.client.losesPrivateKeys()
            }
            _ = try await first.joiner.commit(.path(after: first.key(in: room)), to: room, as: first.target)
            for book in books { book.clear() }
            let coming = scenes.map { scene in
                Task { try await scene.joiner.enter(room, as: scene.target, after: .preconditionFailed) }
            }
            for task in coming { _ = try await task.value }
            for book in books {
                let kinds = book.asked.filter { [.takeTurn, .readGroup, .commit].contains($0.kind) }
                #expect(kinds.map(\.kind) == [.takeTurn, .readGroup, .commit], "\(kinds)")
                #expect(kinds.allSatisfy { $0.problem == nil }, "\(kinds)")
            }
            // Nobody waits in the same moment, and nobody for long.
            let waits = (0..<64).map { _ in GroupTarget.room(ops).jitter }
            #expect(Set(waits).count > 8 && waits.allSatisfy { $0 >= .zero && $0 < .seconds(2) })
        }
    }

    @Test func `nobody founds a room who did not say how it is to be`() async throws {
        try await withServer { server in
            let first = try await Scene(try await Person.registered("alice", at: server))
            let room = try await first.created()
            await expectRefusal(.temporary, "no_group") { _ = try await first.enter(room) }
            // Nor is a room entered by one that nobody knows of.
            await expectRefusal(.unknownName, "no_such_conversation") {
                _ = try await first.joiner.enter(ConversationID(high: 6, low: 6), as: .unknown)
            }
        }
    }

    @Test func `another room under a name that was used is neither founded nor joined until it is forgotten`()
        async throws
    {
        try await withServer { server in
            let first = try await Scene(try await Person.registered("alice", at: server))
            let room = try await first.created()
            let name = first.name
            let pinned = ConversationID(high: 6, low: 6)
            try await first.client.withStore { store in
                try store.write { try store.useRoom(name, pinned, now: 1) }
            }
            await expectRefusal(.untrusted, "room_changed") { _ = try await first.found(room) }
            let isForgotten = try await first.client.withStore { store in
                try store.write { try store.forgetRoom(name) }
            }
            #expect(isForgotten)
            #expect(try await first.found(room) == GroupMark(epoch: 1))
        }
    }

    @Test func `J7: who began anew has lost their place in a closed room, and is told to be added`() async throws {
        try await withServer { server in
            let alice = try await Person.registered("alice", at: server)
            let bob = try await Person.registered("bob", at: server)
            let ops = try #require(Self.ops)
            try await alice.client().createRoom(ops, access: .closed)
            #expect(try await alice.client().add([bob.name], to: ops).allSatisfy { $0.problem == nil })
            let fresh = try Person("bob", at: server.address)
            let client = try fresh.client()
            _ = try await client.login(
                user: bob.name, password: Person.password, deviceName: "new",
                wish: LoginWish(confirmReset: { _ in true }))
            let message = OutgoingMessage(conversation: .room(ops.spoken), body: "back")
            let sent = await client.send([message])
            #expect(
                sent.first?.problem?.code == "not_a_member" && sent.first?.problem?.exit == .refused,
                "\(String(describing: sent.first?.problem))")
            // Once he was added he writes.
            try await client.leavesPackages()
            _ = try await alice.client().key(of: bob.name)
            let present = try await alice.client().key(of: bob.name).present
            if let present { _ = try await alice.client().acceptKey(of: bob.name, present) }
            #expect(try await alice.client().add([bob.name], to: ops).allSatisfy { $0.problem == nil })
            #expect(await client.send([message]).map(\.status) == [.accepted])
        }
    }
}
