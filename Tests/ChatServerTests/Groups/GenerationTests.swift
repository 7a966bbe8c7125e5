import ChatProtocol
import GroupRules
import MLS
import SQLite
import TestSupport
import Testing

@testable import ChatServer

/// Groups of a store that was restored from a backup: members may know later epochs than it does.
@Suite(.endsWhatItStarts) struct GenerationTests {
    /// What a restore does to the store of a server that has ended.
    private func restore(_ scratch: Scratch) throws {
        let path = scratch.url.appendingPathComponent("server.db").path
        let database = try Database(path: path, options: DatabaseOptions(mode: .readWrite))
        try database.transaction {
            try MetaStore.beginGeneration(StoreGeneration(high: 8, low: 8), floor: 0, in: database)
        }
    }

    private func commit(
        _ prepared: GroupMember.Prepared, in conversation: ConversationID, at position: ConversationPosition
    ) -> ChatProtocol.Commit {
        ChatProtocol.Commit(
            conversation: conversation, id: .unique, position: position, handshake: prepared.handshake,
            groupInfo: prepared.info)
    }

    private func message(
        _ member: inout GroupMember, in conversation: ConversationID, at position: ConversationPosition
    ) throws -> Append {
        let sealed = try member.group?.send(Array("hi".utf8), using: &member.generator)
        return Append(
            conversation: conversation, id: .unique, payloadKind: PayloadKind.message.rawValue, precondition: position,
            payload: try #require(sealed).encoded)
    }

    @Test func `S4: after a restore no group takes a message before a commit of the new generation`() async throws {
        let scratch = try Scratch()
        let first = try await TestServer.start(scratch: scratch)
        var scene = try await GroupScene(first)
        try await scene.found()
        let (dm, former) = (scene.dm, try #require(scene.alice.position))
        await first.stop()
        try restore(scratch)
        let second = try await TestServer.start(scratch: scratch)
        let client = try await second.logIn("alice", device: scene.alice.device, enters: false)
        let bob = try await second.logIn("bob", device: scene.bob.device, enters: false)
        var position = former
        position.generation = try client.welcome.generation
        #expect(position.generation != former.generation)
        let prepared = try scene.alice.commit()
        // Neither a message nor a handshake of the former generation is taken, and it is said where the group stands.
        let late = try message(&scene.bob, in: dm, at: former)
        let refusals = [
            try await failure { let _: Appended = try await bob.reply(to: late) },
            try await failure { let _: Appended = try await client.reply(to: commit(prepared, in: dm, at: former)) },
        ]
        #expect(refusals.map(\.?.errorCode) == [.preconditionFailed, .preconditionFailed])
        #expect(refusals.map(\.?.current?.position) == [position, position])
        let early = try message(&scene.bob, in: dm, at: position)
        #expect(
            try await failure { let _: Appended = try await bob.reply(to: early) }?.errorCode == .removalPending)
        let done: Appended = try await client.reply(to: commit(prepared, in: dm, at: position))
        #expect(done.position.epoch == 2 && done.position.generation == position.generation)
        scene.alice.group = prepared.next
        let sent: Appended = try await client.reply(
            to: try message(&scene.alice, in: dm, at: done.position))
        #expect(sent.position == done.position)
    }

    @Test func `a generation that another writer begins counts from the next login on`() async throws {
        let scratch = try Scratch()
        let server = try await TestServer.start(scratch: scratch)
        var scene = try await GroupScene(server)
        try await scene.found()
        try restore(scratch)
        let client = try await server.logIn("alice", device: scene.alice.device, enters: false)
        let generation = try await server.store.identity().generation
        #expect(try client.welcome.generation == generation && scene.alice.hello.generation != generation)
        // What the server writes by itself is of it, too.
        try await server.store.revokeDevice(scene.bob.device, of: scene.bob.account.place.account)
        try await server.server.hub.closeConnections(account: scene.bob.account.place.account)
        let page = try await server.store.page(of: scene.dm, after: 0, entries: 100, bytes: 1 << 20)
        #expect(page.entries.last?.payloadKind == PayloadKind.proposal.rawValue)
    }

    @Test func `S4: a proposal does not lift what a restore holds, in open groups either`() async throws {
        let scratch = try Scratch()
        let first = try await TestServer.start(scratch: scratch)
        var carol = try await GroupMember("carol", on: first, seed: 3)
        let everyone = carol.hello.everyone
        let policy = GroupPolicy(
            server: carol.hello.server, group: GroupName(conversation: everyone, incarnation: 0), kind: .everyone)
        try await carol.found(try carol.founding(policy), policy)
        var dan = try await GroupMember("dan", on: first, seed: 4)
        try await dan.join(everyone)
        try await carol.catchUp(in: everyone)
        await first.stop()
        try restore(scratch)
        let second = try await TestServer.start(scratch: scratch)
        let authority = try await second.server.hub.value { $0.desk.authority }
        let rows = try await GroupRows.read(GroupFollower.kinds, of: everyone, from: second.store)
        let follower = try GroupFollower.load(
            rows, of: GroupName(conversation: everyone, incarnation: 0), by: authority)
        let generation = try await second.store.identity().generation
        let ruling = try #require(try follower.removals(of: [dan.device], by: authority).first)
        let proposal = try #require(ruling.bundle(in: everyone, generation: generation))
        guard case .appended? = try await second.store.settle([.bundle(proposal)]).first else {
            Issue.record("the proposal is not taken")
            return
        }
        let client = try await second.logIn("carol", device: carol.device, enters: false)
        var position = try #require(carol.position)
        position.generation = generation
        let early = try message(&carol, in: everyone, at: position)
        #expect(
            try await failure { let _: Appended = try await client.reply(to: early) }?.errorCode == .removalPending)
    }

    @Test func `S4: behind a restore the next incarnation may be founded, until somebody has committed`() async throws {
        let scratch = try Scratch()
        let first = try await TestServer.start(scratch: scratch)
        var scene = try await GroupScene(first)
        try await scene.found()
        let group = try #require(scene.alice.group)
        await first.stop()
        try restore(scratch)
        let second = try await TestServer.start(scratch: scratch)
        let client = try await second.logIn("alice", device: scene.alice.device, enters: false)
        #expect(try await second.store.isRestored(scene.dm))
        let previous = GroupPolicy.Previous(
            incarnation: 0, epoch: Epoch(group.epoch), confirmedTranscriptHash: group.context.confirmedTranscriptHash)
        // What the backup has not got may have been some incarnations.
        let policy = scene.alice.direct(with: scene.bob, incarnation: 3, previous: previous)
        let package = try scene.bob.keyPackage()
        let prepared = try scene.alice.founding(policy, adding: [package.keyPackage])
        func request(_ prepared: GroupMember.Prepared) -> FoundGroup {
            FoundGroup(
                conversation: scene.dm, id: .unique, founding: prepared.founding, handshake: prepared.handshake,
                groupInfo: prepared.info, welcome: prepared.welcome)
        }
        let done: Appended = try await client.reply(to: request(prepared))
        #expect(done.position.mark == GroupMark(incarnation: 3, epoch: 1))
        #expect(try await !second.store.isRestored(scene.dm))
        // Bob had a leaf, and goes on: what was written before is still for him.
        let bob = DeviceReader(account: scene.bob.hello.account.id, device: scene.bob.device)
        let standing = try await second.store.standing(of: scene.dm, for: bob)
        #expect(try #require(standing.leaf).since < done.seq && standing.leaf?.until == nil)
        let again = scene.alice.direct(
            with: scene.bob, incarnation: 4,
            previous: GroupPolicy.Previous(
                incarnation: 3, epoch: 1, confirmedTranscriptHash: prepared.next.context.confirmedTranscriptHash))
        let late = try scene.alice.founding(again, adding: [try scene.bob.keyPackage().keyPackage])
        #expect(
            try await failure { let _: Appended = try await client.reply(to: request(late)) }?.errorCode == .groupExists
        )
    }

    @Test func `S4: where a restore has lost the group it goes on from what its members know`() async throws {
        let scratch = try Scratch()
        let first = try await TestServer.start(scratch: scratch)
        var scene = try await GroupScene(first)
        let (alice, dm) = (scene.alice.device, scene.dm)
        await first.stop()
        try restore(scratch)
        let second = try await TestServer.start(scratch: scratch)
        let client = try await second.logIn("alice", device: alice, enters: false)
        let policy = scene.alice.direct(
            with: scene.bob, incarnation: 1,
            previous: GroupPolicy.Previous(
                incarnation: 0, epoch: 7, confirmedTranscriptHash: Array(repeating: 1, count: 32)))
        let prepared = try scene.alice.founding(policy, adding: [try scene.bob.keyPackage().keyPackage])
        let done: Appended = try await client.reply(
            to: FoundGroup(
                conversation: dm, id: .unique, founding: prepared.founding, handshake: prepared.handshake,
                groupInfo: prepared.info, welcome: prepared.welcome))
        #expect(done.position.mark == GroupMark(incarnation: 1, epoch: 1))
    }
}
