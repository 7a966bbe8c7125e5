import CLISupport
import ChatProtocol
import GroupRules
import MLS
import Synchronization
import TestSupport
import Testing

@testable import ChatClient

/// Who was added to a room while they were away, and for longer than the Welcome waited.
@Suite(.endsWhatItStarts) struct MissedWelcomeTests {
    /// Two people, and a room that one of them was added to and knows nothing of: the Welcome is gone.
    private struct Scene {
        let server: TestServer
        let alice: Person
        let bob: Person
        let ops: RoomName

        init(_ server: TestServer, _ access: GroupPolicy.Access) async throws {
            self.server = server
            alice = try await Person.registered("alice", at: server)
            bob = try await Person.registered("bob", at: server)
            try await bob.client().leavesPackages()
            ops = try #require(RoomName("ops"))
            try await alice.client().createRoom(ops, access: access)
            let changes = try await alice.client().add([bob.name], to: ops)
            #expect(changes.map { $0.problem?.code } == [nil])
            await write("missed")
            try await server.writing { database in
                for table in ["welcome_devices", "welcomes"] { try database.execute(text: "DELETE FROM \(table)") }
            }
        }

        func write(_ body: String) async {
            let message = OutgoingMessage(conversation: .room(ops.spoken), body: body)
            let sent = await (try? alice.client())?.send([message])
            #expect(sent?.map(\.problem) == [nil])
        }
    }

    @Test func `a Welcome whose answer is lost is asked for again by who reads next, though nothing was written`()
        async throws
    {
        try await withServer { server in
            let alice = try await Person.registered("alice", at: server)
            let bob = try await Person.registered("bob", at: server)
            for person in [alice, bob] { try await person.client().leavesPackages() }
            #expect(try await Joining(alice, with: bob).enter() == GroupMark(epoch: 1))
            let lost = try await Joining(bob, with: alice, losing: .readWelcome)
            await expectRefusal(.unreachable, "unreachable") { _ = try await lost.enter() }
            let conversation = lost.conversation
            await lost.client.close()
            _ = try await HostileScene.read(bob)
            let held = try await bob.client().withStore { try $0.heldGroup(of: conversation) }
            #expect(held.mark == GroupMark(epoch: 1))
        }
    }

    @Test(arguments: [GroupPolicy.Access.closed, .open])
    func `who does not know a room that they were added to, and whose Welcome is gone, comes in from outside`(
        access: GroupPolicy.Access
    ) async throws {
        try await withServer { server in
            let scene = try await Scene(server, access)
            // What was written for a leaf that nobody had is told as that, once.
            let first = try await HostileScene.read(scene.bob)
            #expect(first.count == 1 && HostileScene.messages(first).isEmpty, "\(first)")
            await scene.write("heard")
            #expect(try await HostileScene.read(scene.bob) == first + ["heard"])
            let answer = OutgoingMessage(conversation: .room(scene.ops.spoken), body: "here")
            #expect(try await scene.bob.client().send([answer]).map(\.problem) == [nil])
            #expect(HostileScene.messages(try await HostileScene.read(scene.alice)).last == "here")
        }
    }

    @Test func `a name that was another room's is not given to one that the server says an account is in`() async throws
    {
        try await withServer { server in
            let scene = try await Scene(server, .closed)
            let name = scene.ops
            try await scene.bob.client().withStore { store in
                try store.write { try store.useRoom(name, ConversationID(high: 6, low: 6), now: 1) }
            }
            _ = try await HostileScene.read(scene.bob)
            await scene.write("not read")
            #expect(HostileScene.messages(try await HostileScene.read(scene.bob)).isEmpty)
            let answer = OutgoingMessage(conversation: .room(name.spoken), body: "no")
            #expect(try await scene.bob.client().send([answer]).map { $0.problem?.code } == ["room_changed"])
        }
    }

    @Test func `who is added while they come in from outside reads what is written to the leaf that they were given`()
        async throws
    {
        try await withServer { server in
            let alice = try await Person.registered("alice", at: server)
            let bob = try await Person.registered("bob", at: server)
            try await bob.client().leavesPackages()
            let ops = try #require(RoomName("ops"))
            try await alice.client().createRoom(ops, access: .open)
            let client = try bob.client()
            let link = try await client.loggedInLink().0
            let room = try await client.roomBook.find(ops, on: link).conversation
            let _: Rooms = try await link.request(
                JoinRoom(conversation: room, id: try MessageIdentity.new(now: WallClock.now)))
            let made = try await client.joiner(on: link)
            let adder = try alice.client()
            let wire = MeanwhileWire(link, after: .readWelcome) {
                _ = try await adder.add([bob.name], to: ops)
                _ = await adder.send([OutgoingMessage(conversation: .room(ops.spoken), body: "for bob")])
            }
            let joiner = Joiner(
                place: made.place, store: made.store, wire: wire, gate: made.gate, log: made.log, refresh: made.refresh)
            _ = try await joiner.enter(room, as: .room(ops))
            let read = try await HostileScene.read(bob)
            #expect(HostileScene.messages(read) == ["for bob"], "\(read)")
        }
    }

    @Test func `who was removed again meanwhile stays outside`() async throws {
        try await withServer { server in
            let scene = try await Scene(server, .closed)
            #expect(
                try await scene.alice.client().remove([scene.bob.name], from: scene.ops).allSatisfy {
                    $0.problem == nil
                })
            await scene.write("not for bob")
            #expect(HostileScene.messages(try await HostileScene.read(scene.bob)).isEmpty)
            let people = try await scene.alice.client().members(of: scene.ops)
            #expect(people.map(\.user) == [scene.alice.name])
        }
    }
}

/// A wire on which something happens behind the first answer to a kind of request.
private final class MeanwhileWire: GroupWire {
    private let base: any GroupWire
    private let kind: FrameKind
    private let meanwhile: @Sendable () async throws -> Void
    private let hasHappened = Mutex(false)

    init(_ base: any GroupWire, after kind: FrameKind, _ meanwhile: @escaping @Sendable () async throws -> Void) {
        self.base = base
        self.kind = kind
        self.meanwhile = meanwhile
    }

    func ask<Body: FrameBody, Reply: FrameBody>(_ body: Body) async throws(Problem) -> Reply {
        let reply: Reply = try await base.ask(body)
        let isFirst = hasHappened.withLock { hasHappened in
            defer { hasHappened = hasHappened || Body.kind == kind }
            return Body.kind == kind && !hasHappened
        }
        if isFirst { try? await meanwhile() }
        return reply
    }
}
