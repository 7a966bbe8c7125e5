import CLISupport
import ChatProtocol
import GroupRules
import TestSupport
import Testing

@testable import ChatClient

/// Rooms that somebody has left, and of which a restored server does not know that.
@Suite(.endsWhatItStarts) struct LeftRoomTests {
    @Test func `S4: who has left, and was brought back by a restore, leaves or joins again`() async throws {
        try await withServer { server in
            let scene = try await RestoredRoomScene(server)
            try await scene.talks(access: .open)
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

    @Test(arguments: [GroupPolicy.Access.open, .closed])
    func `S4: who has left, and was brought back by a restore, is not in it again by that`(
        access: GroupPolicy.Access
    ) async throws {
        try await withServer { server in
            let scene = try await RestoredRoomScene(server)
            try await scene.alice.client().createRoom(scene.ops, access: access)
            try await scene.adds()
            try await scene.expectTalk()
            try await scene.restored {
                try await scene.ages()
                _ = try await scene.carol.client().leaveRoom(scene.ops)
            }
            #expect(try await scene.write("carol again", from: scene.carol) == "not_a_member")
            #expect(try await scene.write("without carol", from: scene.alice) == nil)
            let read = HostileScene.messages(try await HostileScene.read(scene.carol))
            #expect(!read.contains("without carol") && !read.contains("carol again"), "\(read)")
            #expect(try await scene.carol.client().rooms(all: false).isEmpty)
            #expect(try await scene.write("carol again", from: scene.carol) == "not_a_member")
            // Who is let in again is in it.
            if access == .closed {
                await expectRefusal(.refused, "not_a_member") { try await scene.carol.client().joinRoom(scene.ops) }
                try await scene.adds()
                _ = try await HostileScene.read(scene.carol)
            } else {
                try await scene.carol.client().joinRoom(scene.ops)
            }
            try await scene.expectTalk()
        }
    }

    @Test func `S4: who has left, and listens first behind a restore, is not in it again by that`() async throws {
        try await withServer { server in
            let scene = try await RestoredRoomScene(server)
            try await scene.talks(access: .closed)
            try await scene.restored {
                try await scene.ages()
                _ = try await scene.carol.client().leaveRoom(scene.ops)
            }
            let before = HostileScene.messages(try await HostileScene.shown(to: scene.carol))
            let read = HostileScene.messages(try await HostileScene.read(scene.carol))
            #expect(read == before, "\(read)")
            #expect(try await scene.write("without carol", from: scene.alice) == nil)
            #expect(HostileScene.messages(try await HostileScene.read(scene.carol)) == before)
            #expect(try await scene.carol.client().rooms(all: false).isEmpty)
        }
    }

    @Test func `S4: who has left, and came in again by another device, is not taken out behind a restore`() async throws
    {
        try await withServer { server in
            let scene = try await RestoredRoomScene(server)
            try await scene.talks(access: .open)
            _ = try await leavesAndComesInByPhone(scene, at: server)
            #expect(try await scene.write("again", from: scene.carol) == nil)
            try await losesALine(scene)
            #expect(try await scene.write("behind it", from: scene.carol) == nil)
            #expect(HostileScene.messages(try await HostileScene.read(scene.alice)).last == "behind it")
        }
    }

    @Test func `S4: who has left takes out nobody behind a restore who came in since by another device`() async throws {
        try await withServer { server in
            let scene = try await RestoredRoomScene(server)
            try await scene.talks(access: .open)
            let phone = try await leavesAndComesInByPhone(scene, at: server)
            #expect(try await scene.write("in it", from: phone) == nil)
            try await losesALine(scene)
            #expect(try await scene.carol.client().rooms(all: false).map(\.name) == [scene.ops])
            #expect(try await scene.write("still in it", from: phone) == nil)
            #expect(HostileScene.messages(try await HostileScene.read(scene.alice)).last == "still in it")
            #expect(try await scene.write("here, too", from: scene.carol) == nil)
            #expect(HostileScene.messages(try await HostileScene.read(phone)).last == "here, too")
        }
    }

    @Test func `S4: who has joined again by another device behind a restore is not taken out by the one that left`()
        async throws
    {
        try await withServer { server in
            let scene = try await RestoredRoomScene(server)
            try await scene.talks(access: .open)
            let phone = try Person("carol", at: server.address)
            _ = try await phone.joins(scene.carol)
            try await scene.restored { _ = try await scene.carol.client().leaveRoom(scene.ops) }
            try await phone.client().joinRoom(scene.ops)
            #expect(try await scene.write("in it", from: phone) == nil)
            for _ in 0..<2 { _ = try await scene.carol.client().rooms(all: false) }
            #expect(try await scene.write("still in it", from: phone) == nil)
            #expect(HostileScene.messages(try await HostileScene.read(scene.alice)).last == "still in it")
            // Whoever leaves by then leaves with all devices.
            _ = try await scene.carol.client().leaveRoom(scene.ops)
            #expect(try await scene.write("out of it", from: phone) == "not_a_member")
        }
    }

    /// - Returns: carol's other device, by which she is in the room; of that the one by which she has left hears nothing.
    private func leavesAndComesInByPhone(_ scene: RestoredRoomScene, at server: TestServer) async throws -> Person {
        let phone = try Person("carol", at: server.address)
        _ = try await phone.joins(scene.carol)
        _ = try await scene.carol.client().leaveRoom(scene.ops)
        try await phone.client().joinRoom(scene.ops)
        return phone
    }

    private func losesALine(_ scene: RestoredRoomScene) async throws {
        try await scene.restored {
            let refused = try await scene.write("lost", from: scene.alice)
            #expect(refused == nil)
        }
    }
}
