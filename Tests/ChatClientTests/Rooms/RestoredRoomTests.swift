import CLISupport
import ChatProtocol
import GroupRules
import TestSupport
import Testing

@testable import ChatClient

/// Rooms of which a restored server has an earlier state, or none.
@Suite(.endsWhatItStarts) struct RestoredRoomTests {
    private struct Scene {
        let server: TestServer
        let alice: Person
        let carol: Person
        let ops: RoomName

        init(_ server: TestServer) async throws {
            self.server = server
            alice = try await Person.registered("alice", at: server)
            carol = try await Person.registered("carol", at: server)
            for person in [alice, carol] { try await person.client().leavesPackages() }
            ops = try #require(RoomName("ops"))
        }

        func restored(after change: () async throws -> Void) async throws {
            try await server.isRestored(after: change)
        }

        func adds() async throws {
            let changes = try await alice.client().add([carol.name], to: ops)
            #expect(changes.map { $0.problem?.code } == [nil])
        }

        /// Many epochs later.
        func ages() async throws {
            for adders in [GroupPolicy.Adders.members, .admins, .members, .admins] {
                try await alice.client().setRoom(ops, access: nil, adders: adders)
            }
            _ = try await HostileScene.read(carol)
        }

        func write(_ body: String, from person: Person) async throws -> String? {
            try await refusal(of: body, from: person)?.code
        }

        func refusal(of body: String, from person: Person) async throws -> Problem? {
            let message = OutgoingMessage(conversation: .room(ops.spoken), body: body)
            return try await person.client().send([message]).first?.problem
        }

        func expectTalk() async throws {
            for (one, other) in [(alice, carol), (carol, alice)] {
                let body = "from \(one.name)"
                #expect(try await write(body, from: one) == nil)
                #expect(HostileScene.messages(try await HostileScene.read(other)).last == body)
            }
        }
    }

    @Test func `S4: who knows of a removal that a restore has lost comes in again when they are added again`()
        async throws
    {
        try await withServer { server in
            let scene = try await Scene(server)
            try await scene.alice.client().createRoom(scene.ops, access: .closed)
            try await scene.adds()
            try await scene.expectTalk()
            try await scene.restored {
                try await scene.ages()
                _ = try await scene.alice.client().remove([scene.carol.name], from: scene.ops)
                _ = try await HostileScene.read(scene.carol)
            }
            #expect(try await scene.write("not for carol", from: scene.alice) == "restored_member")
            // Whoever asks what is wrong is told, and that it is theirs to do.
            let told = try await scene.alice.client().roomChecks().filter { $0.status == .failed }
            #expect(told.map { $0.problem?.exit } == [.untrusted])
            #expect(told.first?.problem?.advice == .removeFromRoom("ops", user: "carol", isAdmin: true))
            let removed = try await scene.alice.client().remove([scene.carol.name], from: scene.ops)
            #expect(removed.map { $0.problem?.code } == [nil])
            #expect(try await scene.write("not for carol either", from: scene.alice) == nil)
            #expect(try await scene.alice.client().roomChecks().allSatisfy { $0.status != .failed })
            try await scene.adds()
            _ = try await HostileScene.read(scene.carol)
            try await scene.expectTalk()
            let read = HostileScene.messages(try await HostileScene.read(scene.carol))
            #expect(!read.contains { $0.hasPrefix("not for") }, "\(read)")
        }
    }

    @Test func `S4: who has left, and was brought back by a restore, leaves or joins again`() async throws {
        try await withServer { server in
            let scene = try await Scene(server)
            try await scene.alice.client().createRoom(scene.ops, access: .open)
            try await scene.carol.client().joinRoom(scene.ops)
            try await scene.expectTalk()
            try await scene.restored {
                try await scene.ages()
                _ = try await scene.carol.client().leaveRoom(scene.ops)
            }
            _ = try await scene.carol.client().leaveRoom(scene.ops)
            #expect(try await scene.write("without carol", from: scene.alice) == nil)
            try await scene.carol.client().joinRoom(scene.ops)
            try await scene.expectTalk()
        }
    }

    @Test func `a room goes on when a restore has lost the account of somebody who was added since`() async throws {
        try await withServer { server in
            let scene = try await Scene(server)
            try await scene.alice.client().createRoom(scene.ops, access: .closed)
            try await scene.adds()
            try await scene.expectTalk()
            try await scene.restored {
                let dan = try await Person.registered("dan", at: server)
                try await dan.client().leavesPackages()
                let added = try await scene.alice.client().add([dan.name], to: scene.ops)
                #expect(added.map { $0.problem?.code } == [nil])
                for person in [scene.alice, scene.carol] {
                    #expect(try await scene.write("with dan", from: person) == nil)
                }
                _ = try await HostileScene.read(scene.alice)
            }
            for person in [scene.alice, scene.carol] {
                #expect(try await scene.write("without dan", from: person) == nil)
            }
            try await scene.expectTalk()
        }
    }

    @Test func `a room that a restore has lost is made anew, and who was in it enters when they have forgotten it`()
        async throws
    {
        try await withServer { server in
            let scene = try await Scene(server)
            try await scene.restored {
                try await scene.alice.client().createRoom(scene.ops, access: .closed)
                try await scene.adds()
                try await scene.expectTalk()
            }
            for person in [scene.alice, scene.carol] {
                let refused = try await scene.refusal(of: "lost", from: person)
                #expect(refused?.code == "no_such_room" && refused?.advice == .createRoomAnew("ops"))
            }
            try await scene.alice.client().createRoom(scene.ops, access: .closed)
            try await scene.adds()
            #expect(try await scene.write("anew", from: scene.alice) == nil)
            #expect(try await scene.write("where", from: scene.carol) == "room_changed")
            try await scene.carol.client().forgetRoom(scene.ops)
            _ = try await HostileScene.read(scene.carol)
            try await scene.expectTalk()
        }
    }
}
