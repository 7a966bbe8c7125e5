import ChatProtocol
import GroupRules
import MLS
import RulesSupport
import TestSupport
import Testing

@testable import ChatClient

@Suite struct WaitingCommitTests {
    private func waiting(_ pair: GroupPair, _ kind: WaitingCommit.Kind, _ bytes: UInt8) -> WaitingCommit {
        WaitingCommit(
            conversation: pair.conversation, kind: kind, id: MessageID(high: 1, low: UInt64(bytes)),
            position: pair.standing(1).position(epoch: 1), handshake: [bytes, 1], groupInfo: [bytes, 2],
            welcome: [bytes, 3], founding: kind == .founding ? [bytes, 4] : [])
    }

    @Test func `E3: a commit that waits is never overwritten, and is sent byte for byte by any process`() throws {
        let scene = try StoreScene()
        let pair = try GroupPair()
        for kind in [WaitingCommit.Kind.founding, .commit, .externalJoin] {
            let commit = waiting(pair, kind, 7)
            #expect(try scene.store.write { try scene.store.keepWaiting(commit) })
            let second = try scene.other()
            #expect(try second.write { try second.keepWaiting(waiting(pair, .commit, 8)) } == false)
            #expect(try second.waitingCommit(of: pair.conversation) == commit)
            try second.write { try second.dropWaitingCommit(of: pair.conversation) }
            #expect(try scene.store.waitingCommit(of: pair.conversation) == nil)
        }
    }

    @Test func `E3: a staged group stands beside the former one until it takes its place`() throws {
        let scene = try StoreScene()
        var pair = try GroupPair()
        try pair.join(scene.store)
        // Ann comes back over her own leaf.
        var options = ExternalJoinOptions()
        options.removing = pair.joined.ownLeaf
        let info = try pair.other.groupInfo()
        var (back, commit) = try Group.joinExternally(
            info, identity: try pair.ann.identity(), options: options, now: nil, judge: pair.judge,
            using: &pair.generator)
        try scene.store.write { try back.save(to: scene.store.stagedGroupRows) }
        // Until the log has it, she is the former member.
        let early = try pair.otherSends([1])
        var former = try pair.load(scene.store)
        try scene.store.write {
            let (content, changes) = try StoredGroup.open(early, from: scene.store.groupRows)
            #expect(content.data == [1])
            try scene.store.groupRows.apply(changes)
        }
        try pair.other.follow(commit, judge: pair.judge)
        #expect(try scene.store.write { try scene.store.promoteStagedGroup(pair.groupId) })
        #expect(try scene.store.write { try scene.store.promoteStagedGroup(pair.groupId) } == false)
        #expect(try pair.load(scene.store).context == pair.other.context)
        #expect(try StoredGroup.summary(of: pair.groupId, from: scene.store.stagedGroupRows) == nil)
        // Whoever had loaded the former state stores nothing of it.
        _ = try former.send([2], using: &pair.generator)
        try expectCheck(.storeConflict) { try scene.store.write { try former.save(to: scene.store.groupRows) } }
        let message = try scene.store.write {
            let (message, changes) = try StoredGroup.send(
                [3], to: pair.groupId, from: scene.store.groupRows, using: &pair.generator)
            try scene.store.groupRows.apply(changes)
            return message
        }
        #expect(try pair.other.read(message) == [3])
    }

    @Test func `K5: a tombstone stays, and its epoch only grows; of each life of the server's store it has its own`()
        throws
    {
        let scene = try StoreScene()
        let pair = try GroupPair()
        let name = pair.policy.group
        let (one, two) = (StoreGeneration(high: 1, low: 1), StoreGeneration(high: 2, low: 2))
        #expect(try scene.store.tombstone(of: name) == nil)
        let course: [(generation: StoreGeneration, epoch: Epoch, told: Epoch, there: Epoch)] = [
            (one, 3, 3, 3), (one, 2, 3, 3), (one, 5, 5, 5), (two, 2, 5, 2), (two, 4, 5, 4), (two, 3, 5, 4),
        ]
        for step in course {
            let standing = GroupStanding(group: name, generation: step.generation, seq: 1, hash: nil)
            try scene.store.write { try scene.store.bury(standing, epoch: step.epoch) }
            #expect(try scene.store.tombstone(of: name) == step.told)
            #expect(try scene.store.tombstone(of: name, in: step.generation) == step.there)
        }
        #expect(try scene.store.tombstone(of: name, in: one) == nil)
    }
}
