import CLISupport
import ChatProtocol
import GroupRules
import TestSupport
import Testing

@testable import ChatClient

/// Rooms that the server knows by name, and that have no group.
@Suite(.endsWhatItStarts) struct LostFoundingTests {
    /// The maker has asked for the room, and not come any further.
    private static func isAskedFor(_ room: RoomName, by person: Person) async throws {
        let request = CreateRoom(id: try MessageIdentity.new(now: WallClock.now), name: room.spoken)
        let made: Rooms = try await person.client().ask(request)
        #expect(made.rooms.map(\.access) == [.unfounded])
    }

    @Test func `S4: who has made a room hears at once that a restore has lost its founding, and makes it anew`()
        async throws
    {
        try await withServer { server in
            let scene = try await RestoredRoomScene(server)
            try await Self.isAskedFor(scene.ops, by: scene.alice)
            try await scene.restored { try await scene.talks(access: .closed) }
            let spy = HostileServer { [$0] }
            let client = try scene.alice.client(line: { spy.line($0) })
            let message = OutgoingMessage(conversation: .room(scene.ops.spoken), body: "lost")
            let refused = await client.send([message], options: SendOptions(timeout: .patience)).first?.problem
            #expect(refused?.code == "no_such_room" && refused?.advice == .createRoomAnew("ops"), "\(refused as Any)")
            #expect(spy.bodies(ListRooms.self).count <= 2)
            await client.close()
            // Whoever asks what is wrong is told the same.
            let asking = try scene.alice.client()
            let check = try await asking.groupsCheck(on: asking.loggedInLink().0)
            #expect(check.status == .warning && check.text.contains("#ops"), "\(check.text)")
            try await scene.alice.client().createRoom(scene.ops, access: .closed)
            #expect(try await scene.write("anew", from: scene.alice) == nil)
            #expect(try await scene.write("who is that", from: scene.carol) == "not_a_member")
            try await scene.adds()
            // It is another room than the one that she was in.
            #expect(try await scene.write("where", from: scene.carol) == "history_forked")
            _ = try await scene.carol.client().acceptFork(in: .room(scene.ops.spoken))
            _ = try await HostileScene.read(scene.carol)
            try await scene.expectTalk()
        }
    }

    @Test func `what is written to a room before it is founded goes out when it is, and asks once a second until then`()
        async throws
    {
        try await withServer { server in
            let scene = try await RestoredRoomScene(server)
            try await Self.isAskedFor(scene.ops, by: scene.alice)
            let early = try scene.alice.client()
            var told: Problem?
            do throws(Problem) { try await early.joinRoom(scene.ops) } catch { told = error }
            #expect(told?.code == "no_group" && told?.advice == .createRoom("ops") && told?.retryAfter == .seconds(1))
            let message = OutgoingMessage(conversation: .room(scene.ops.spoken), body: "early")
            async let sent = early.send([message], options: SendOptions(timeout: .patience))
            try await scene.alice.client().createRoom(scene.ops, access: .closed)
            #expect(await sent.map { $0.problem?.code } == [nil])
        }
    }
}
