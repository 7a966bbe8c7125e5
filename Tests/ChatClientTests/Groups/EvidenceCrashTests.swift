import ChatProtocol
import GroupRules
import MLS
import RulesSupport
import TestSupport
import Testing

@testable import ChatClient

/// What is known of a log, of a leaf, and of who lies, when a process ends before any statement.
@Suite struct EvidenceCrashTests {
    /// Ann and bob at the beginning of their log.
    private func scene() throws -> (pair: GroupPair, ann: GroupMember, bob: GroupMember, log: TestLog) {
        var pair = try GroupPair()
        let (ann, bob) = try GroupMember.founded(&pair)
        var log = TestLog(pair.conversation, generation: GroupPair.generation)
        _ = log.commit(WaitingCommit.first(pair), by: bob.identity)
        for member in [ann, bob] {
            try member.store.write {
                var standing = pair.standing(1)
                standing.hash = LogChain(group: pair.policy.group, generation: GroupPair.generation).hash
                try member.store.setGroupStanding(standing)
            }
        }
        return (pair, ann, bob, log)
    }

    @Test
    func `M3: evidence is on the disk with the message that brought it, and nothing is written there from then on`()
        throws
    {
        var (pair, ann, bob, log) = try scene()
        let conversation = pair.conversation
        _ = try bob.acknowledged(
            log.append(try bob.sealed(bob.text("not for ann", 1, in: conversation)), by: bob.identity))
        var entry = try #require(log.entries.last)
        entry.payload = Array(repeating: 9, count: 32)
        #expect(try ann.open([.hashed(ReceivedEntry(entry))], pair).stop == nil)
        _ = try bob.acknowledged(log.append(try bob.sealed(bob.text("for ann", 2, in: conversation)), by: bob.identity))
        let items = log.items(after: 2, to: ann.identity)
        let (judge, identity) = (pair.judge, ann.identity)
        func open(_ store: ClientStore) throws {
            var opener = Opener(judge: judge)
            _ = try opener.open(items, of: conversation, in: store, as: identity, now: 5_000, clock: { .zero })
        }
        let ends = try StatementEnds.each(of: ann.scene, open) { left in
            let isRead = try left.store.groupStanding(of: conversation)?.seq == 3
            #expect(try (left.store.doubt(in: conversation) != nil) == isRead)
            #expect(try left.store.historyEvidence().count == (isRead ? 1 : 0))
            try open(left.store)
            #expect(try left.store.historyEvidence().count == 1)
            let told = try left.store.write { try left.store.takeUntoldDoubts() }
            #expect(told.count == 1)
        }
        #expect(ends > 10)
    }

    @Test func `C4: what contradicts a chain is evidence at once, and no pin has moved`() throws {
        let scene = try StoreScene()
        let place = AccountPlace(server: ScriptedServer.id, account: bob)
        var (known, other) = (
            try TestAccount("bob", seed: 1, at: place), try TestAccount("bob", seed: 1, at: place)
        )
        _ = try known.add(.certify)
        _ = try other.add([])
        var identity = try scene.identity()
        identity.server = ScriptedServer.id
        let (held, lie) = (known.chain, other.chain)
        try scene.store.write {
            try scene.store.setIdentity(identity)
            _ = try scene.store.meet(held, named: known.name, generation: GroupPair.generation, now: 900)
        }
        let name = known.name
        func meet(_ store: ClientStore) throws {
            _ = try store.write { try store.meet(lie, named: name, generation: GroupPair.generation, now: 1_000) }
        }
        let ends = try StatementEnds.each(of: scene, meet) { left in
            #expect(try left.store.chain(of: bob)?.head == held.head)
            #expect(try left.store.keyAlarms().count <= 1)
            try meet(left.store)
            #expect(try left.store.keyAlarms().count == 1)
            #expect(try left.store.chain(of: bob)?.head == held.head)
        }
        #expect(ends > 3)
    }

    @Test func `M3: a claim of the server is kept with what it is compared with later`() throws {
        var (pair, ann, bob, log) = try scene()
        let conversation = pair.conversation
        _ = try bob.acknowledged(log.append(try bob.sealed(bob.text("one", 1, in: conversation)), by: bob.identity))
        try ann.read(log, pair)
        let known = try #require(try ann.store.groupStanding(of: conversation))
        let hash = try #require(known.hash)
        try ann.store.write {
            var standing = known
            standing.hash = nil
            try ann.store.setGroupStanding(standing)
            try ann.store.database.run("DELETE FROM log_marks")
        }
        let page = LogPage(
            conversation: conversation,
            standing: ConversationStanding(position: known.position(epoch: 1), head: known.seq), through: known.seq)
        let ends = try StatementEnds.each(of: ann.scene) { store in
            try store.write { try store.takeClaim(hash, of: page) }
        } expect: { left in
            let isTaken = try left.store.groupStanding(of: conversation)?.hash != nil
            #expect(try left.store.logMark(of: known.group, known.seq) == (isTaken ? hash.mark : nil))
            try left.store.write { try left.store.takeClaim(hash, of: page) }
            #expect(try left.store.groupStanding(of: conversation) == known)
        }
        #expect(ends > 3)
    }

    @Test func `E8: since when a leaf has its keys is known, or begins again, and is never later than now`() throws {
        let (pair, ann, _, _) = try scene()
        let conversation = pair.conversation
        let secret = try #require(pair.ann.present[pair.ann.first]).privateKey.bytes
        let device = ann.identity.device
        try ann.store.write { try ann.store.addChainKeys(ChainKeys(granting: secret), of: device) }
        let ends = try StatementEnds.each(of: ann.scene) { store in
            _ = try store.ownLeaf(in: conversation, now: 1_000)
        } expect: { left in
            let since = try #require(try left.store.ownLeaf(in: conversation, now: 2_000)).facts.leafSince
            #expect(since == 1_000 || since == 2_000)
            #expect(try left.store.ownLeaf(in: conversation, now: 3_000)?.facts.leafSince == since)
        }
        #expect(ends > 0)
    }

    @Test func `K4: the private half of a package dies with the statement that makes the group, and not before`() throws
    {
        let welcomed = try WelcomedScene()
        let scene = try StoreScene()
        let reference = try welcomed.package.keyPackage.reference()
        let owner = PackageOwner(
            device: welcomed.place.own.device, instance: 0, generation: welcomed.place.generation)
        try scene.store.write {
            try scene.store.setIdentity(welcomed.identity)
            try scene.store.keep(
                [MadePackage(welcomed.package, isLastResort: false)], of: owner, now: WallClock.now)
        }
        let group = try WelcomedGroup(welcomed.welcome, with: welcomed.package, welcomed.place)
        let ends = try StatementEnds.each(of: scene) { store in
            try store.write { try group.enter(store, welcomed.place, seq: 1, hash: nil) }
        } expect: { left in
            let isIn = try left.store.groupStanding(of: group.name.conversation) != nil
            #expect(try (left.store.keyPackageSecrets(reference) == nil) == isIn)
            let summary = try StoredGroup.summary(of: group.name.groupId, from: left.store.groupRows)
            #expect((summary != nil) == isIn)
        }
        #expect(ends > 10)
    }
}
