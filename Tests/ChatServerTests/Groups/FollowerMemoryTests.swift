import ChatProtocol
import GroupRules
import TestSupport
import Testing

@testable import ChatServer

/// What groups take in the server's memory, whoever does what.
@Suite(.endsWhatItStarts) struct FollowerMemoryTests {
    private func follower(_ scene: GroupScene, on server: TestServer) async throws -> GroupFollower {
        let rows = try await GroupRows.read(GroupFollower.kinds, of: scene.dm, from: server.store)
        let authority = try await server.server.hub.value { $0.desk.authority }
        return try GroupFollower.load(rows, of: GroupName(conversation: scene.dm, incarnation: 0), by: authority)
    }

    @Test func `the shelf holds as many bytes as it may and those that were used last`() async throws {
        try await withServer { server in
            var scene = try await GroupScene(server)
            try await scene.found()
            let follower = try await follower(scene, on: server)
            let tree = follower.tree
            var shelf = FollowerShelf(bytes: 10 * follower.bytes)
            let ids = (0..<1_000 as Range<UInt64>).map { ConversationID(high: 7, low: $0) }
            for id in ids {
                shelf.put(follower, for: id)
                #expect(shelf.bytes <= 10 * follower.bytes)
                _ = shelf.latest(of: ids[0])
            }
            #expect(shelf.count == 10 && shelf.latest(of: ids[0]) != nil && shelf.latest(of: ids[999]) != nil)
            #expect(shelf.latest(of: ids[500]) == nil)
            // Trees count, and what is put again is not there twice.
            for _ in 0..<100 { shelf.put(follower, tree: tree, for: ids[0]) }
            #expect(shelf.bytes <= 10 * follower.bytes && shelf.tree(of: ids[0])?.tree == tree)
            // One that is larger than all is not kept.
            shelf.put(follower, tree: [UInt8](repeating: 0, count: 10 * follower.bytes), for: ids[1])
            #expect(shelf.count == 0 && shelf.bytes == 0)
            for id in ids { shelf.put(follower, for: id) }
            for id in ids { shelf.drop(id) }
            #expect(shelf.count == 0 && shelf.bytes == 0)
        }
    }

    @Test func `ten thousand groups of two and one of a thousand fit`() async throws {
        try await withServer { server in
            var scene = try await GroupScene(server)
            try await scene.found()
            let follower = try await follower(scene, on: server)
            #expect(follower.bytes == GroupFollower.bytes(members: 2))
            var shelf = FollowerShelf()
            for number in 0..<10_000 as Range<UInt64> {
                shelf.put(follower, for: ConversationID(high: 7, low: number))
            }
            #expect(shelf.count == 10_000)
            #expect(shelf.bytes + GroupFollower.bytes(members: 1_000) <= FollowerShelf.defaultBytes)
            // Those that are used again and again stay, whatever comes and goes.
            for number in 10_000..<60_000 as Range<UInt64> {
                shelf.put(follower, for: ConversationID(high: 7, low: number))
                _ = shelf.latest(of: ConversationID(high: 7, low: number % 7))
            }
            #expect(shelf.count == FollowerShelf.defaultBytes / follower.bytes)
            let kept = (0..<9 as Range<UInt64>).filter { shelf.latest(of: ConversationID(high: 7, low: $0)) != nil }
            #expect(kept == [0, 1, 2, 3, 4, 5, 6])
        }
    }

    @Test func `of commits that are refused nothing stays in memory`() async throws {
        try await withServer { server in
            var scene = try await GroupScene(server)
            try await scene.found()
            let position = try #require(scene.bob.position)
            let prepared = try scene.bob.commit()
            let figures = { try await server.server.hub.value { $0.desk.figures } }
            try await scene.alice.send(try scene.alice.commit())
            let before = try await figures()
            #expect(before.followers == 1)
            var current = position
            current.epoch = 2
            for round in 0..<40 as Range<UInt64> {
                let junk = [UInt8](repeating: UInt8(round), count: 100_000)
                let elsewhere = ConversationID(high: 8, low: round)
                let hostile: [any FrameBody] = [
                    ChatProtocol.Commit(
                        conversation: scene.dm, id: .unique, position: current, handshake: junk, groupInfo: [1]),
                    ChatProtocol.Commit(
                        conversation: scene.dm, id: .unique, position: position, handshake: prepared.handshake,
                        groupInfo: prepared.info),
                    ChatProtocol.Commit(
                        conversation: elsewhere, id: .unique, position: position, handshake: junk, groupInfo: [1]),
                    FoundGroup(
                        conversation: scene.dm, id: .unique, founding: [1], handshake: junk, groupInfo: [1]),
                    FoundGroup(
                        conversation: scene.bob.hello.everyone, id: .unique, founding: [2], handshake: junk,
                        groupInfo: [1]),
                    ReadGroup(conversation: elsewhere), TakeTurn(conversation: elsewhere),
                    ReportCommit(conversation: elsewhere, seq: 1, digest: [UInt8](repeating: 1, count: 32)),
                ]
                for request in hostile {
                    let refused = try await failure { try await scene.bob.ask(request) }
                    #expect(refused != nil)
                }
            }
            let after = try await figures()
            #expect(after.followers == before.followers && after.bytes == before.bytes && after.lines == 0)
            #expect(after.refused >= 80 && after.handshakes == before.handshakes)
            // And the group goes on.
            _ = try await scene.alice.message("on")
        }
    }
}

extension GroupMember {
    /// Asks what is to be refused.
    fileprivate func ask(_ request: any FrameBody) async throws {
        func ask(_ request: some FrameBody) async throws { let _: Done = try await client.reply(to: request) }
        try await ask(request)
    }
}
