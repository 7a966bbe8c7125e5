import CLISupport
import ChatProtocol
import GroupRules
import TestSupport
import Testing

@testable import ChatClient

/// Rooms of which a restored server has an earlier state, or none.
@Suite(.endsWhatItStarts) struct RestoredRoomTests {
    @Test func `S4: who knows of a removal that a restore has lost comes in again when they are added again`()
        async throws
    {
        try await withServer { server in
            let scene = try await RestoredRoomScene(server)
            try await scene.talks(access: .closed)
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

    @Test(arguments: [false, true])
    func `S4: an admin whose own change a restore has lost reads on when the fork is accepted`(
        writesFirst: Bool
    ) async throws {
        try await withServer { server in
            let scene = try await RestoredRoomScene(server)
            try await scene.talks(access: .closed)
            try await scene.restored {
                try await scene.alice.client().setRoom(scene.ops, access: nil, adders: .members)
            }
            if !writesFirst { #expect(try await scene.write("for alice", from: scene.carol) == nil) }
            #expect(try await scene.write("from alice", from: scene.alice) == "history_forked")
            let told = try await scene.alice.client().historyChecks().filter { $0.status == .failed }
            #expect(told.first?.problem?.advice == .acceptFork("#ops"))
            _ = try await scene.alice.client().acceptFork(in: .room(scene.ops.spoken))
            _ = try await HostileScene.read(scene.alice)
            #expect(try await scene.write("now", from: scene.carol) == nil)
            #expect(HostileScene.messages(try await HostileScene.read(scene.alice)).last == "now")
            try await scene.expectTalk()
            try await scene.alice.client().setRoom(scene.ops, access: nil, adders: .members)
            try await scene.expectTalk()
        }
    }

    @Test func `S4: the policy that was held last counts, also where the room had begun with it`() async throws {
        try await withServer { server in
            let scene = try await RestoredRoomScene(server)
            try await scene.talks(access: .closed)
            try await scene.alice.client().setRoom(scene.ops, access: nil, adders: .members)
            try await scene.expectTalk()
            try await scene.restored {
                try await scene.alice.client().setRoom(scene.ops, access: nil, adders: .admins)
            }
            #expect(try await scene.write("for alice", from: scene.carol) == nil)
            #expect(try await scene.write("from alice", from: scene.alice) == "history_forked")
        }
    }

    @Test func `a room goes on when a restore has lost the account of somebody who was added since`() async throws {
        try await withServer { server in
            let scene = try await RestoredRoomScene(server)
            try await scene.talks(access: .closed)
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
            let scene = try await RestoredRoomScene(server)
            try await scene.restored {
                try await scene.talks(access: .closed)
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
