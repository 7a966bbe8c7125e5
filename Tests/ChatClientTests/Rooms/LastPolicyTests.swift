import ChatProtocol
import GroupRules
import TestSupport
import Testing

@testable import ChatClient

/// The policy that a room had last: behind a restore of the server, and in a later incarnation.
@Suite(.endsWhatItStarts) struct LastPolicyTests {
    /// - Parameter isChanged: the lost incarnation had another policy in the end.
    @Test(arguments: [false, true])
    func `S4: into an earlier incarnation of a room that a restore has brought back one goes with the policy last held`(
        isChanged: Bool
    ) async throws {
        try await withServer { server in
            let scene = try await RestoredRoomScene(server)
            try await scene.alice.client().createRoom(scene.ops, access: .closed)
            #expect(try await scene.write("one", from: scene.alice) == nil)
            try await scene.restored {
                _ = try await scene.alice.client().leaveRoom(scene.ops)
                let adders: GroupPolicy.Adders = isChanged ? .members : .admins
                #expect(try await scene.alice.client().createRoom(scene.ops, access: .closed, adders: adders))
                #expect(try await scene.write("two", from: scene.alice) == nil)
            }
            #expect(try await scene.write("three", from: scene.alice) == (isChanged ? "history_forked" : nil))
            if isChanged { _ = try await scene.alice.client().acceptFork(in: .room(scene.ops.spoken)) }
            try await scene.adds()
            _ = try await HostileScene.read(scene.carol)
            try await scene.expectTalk()
        }
    }

    @Test func `I2: a later incarnation of a room is entered by what it was founded as, whatever was changed since`()
        async throws
    {
        try await withServer { server in
            let scene = try await RestoredRoomScene(server)
            let (alice, carol, ops) = (scene.alice, scene.carol, scene.ops)
            try await scene.talks(access: .closed)
            try await server.administer(.setFlag(carol.name, .disabled, isOn: true))
            _ = try await alice.client().leaveRoom(ops)
            #expect(try await alice.client().createRoom(ops, access: .closed, adders: .members))
            try await server.administer(.setFlag(carol.name, .disabled, isOn: false))
            let held = try await carol.client().withStore { store in
                try store.pinnedRoom(ops).map { try store.heldGroup(of: $0) }
            }
            #expect(held?.mark?.incarnation == 0 && held?.isRemoved == false)
            try await carol.client().leavesPackages()
            try await scene.adds()
            _ = try await HostileScene.read(carol)
            try await scene.expectTalk()
        }
    }

    @Test func `S4: a room whose policy was changed long before goes on where a restore has lost something else`()
        async throws
    {
        try await withServer { server in
            let scene = try await RestoredRoomScene(server)
            try await scene.talks(access: .closed)
            try await scene.alice.client().setRoom(scene.ops, access: nil, adders: .members)
            try await scene.expectTalk()
            try await scene.restored {
                let dan = try await Person.registered("dan", at: server)
                try await dan.client().leavesPackages()
                let added = try await scene.alice.client().add([dan.name], to: scene.ops)
                #expect(added.map { $0.problem?.code } == [nil])
            }
            // Others go on from there before whoever knows of the lost epoch.
            #expect(try await scene.write("for alice", from: scene.carol) == nil)
            #expect(try await scene.write("from alice", from: scene.alice) == nil)
            try await scene.expectTalk()
        }
    }
}
