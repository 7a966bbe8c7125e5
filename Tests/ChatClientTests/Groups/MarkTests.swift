import CLISupport
import ChatProtocol
import GroupRules
import MLS
import RulesSupport
import TestSupport
import Testing

@testable import ChatClient

/// What messages say of their senders' chains (G2) and of the log (M3), where they are read.
@Suite struct MarkTests {
    private struct Scene {
        var pair: GroupPair
        var ann: GroupMember
        var bob: GroupMember
        var log: TestLog

        init() throws {
            pair = try GroupPair()
            (ann, bob) = try GroupMember.founded(&pair)
            log = TestLog(pair.conversation, generation: GroupPair.generation)
            _ = log.commit(WaitingCommit.first(pair), by: bob.identity)
            // Both have the same hash at the founding.
            for member in [ann, bob] {
                try member.store.write {
                    var standing = pair.standing(1)
                    standing.hash = LogChain(group: pair.policy.group, generation: GroupPair.generation).hash
                    try member.store.setGroupStanding(standing)
                }
            }
        }

        mutating func bobWrites(_ body: String, _ number: UInt64) throws {
            try bob.read(log, pair)
            let append = try bob.sealed(bob.text(body, number, in: pair.conversation))
            _ = try bob.acknowledged(log.append(append, by: bob.identity))
        }

        mutating func annWrites(_ body: String, _ number: UInt64) throws {
            try ann.read(log, pair)
            let append = try ann.sealed(ann.text(body, number, in: pair.conversation))
            _ = try ann.acknowledged(log.append(append, by: ann.identity))
        }

        /// What the gate says of the leaves.
        func passage() throws -> KeyGate.Passage {
            try ann.store.write {
                try GroupGate(gate: .plain).look(
                    atLeavesOf: pair.conversation, called: .user(pair.bob.name), in: ann.store, now: 1_000)
            }
        }
    }

    private func read(_ account: TestAccount, _ member: GroupMember) throws {
        try member.store.write {
            _ = try member.store.meet(account.chain, named: account.name, generation: GroupPair.generation, now: 900)
        }
    }

    @Test func `M3: who has read the same log says so, and nothing is found`() throws {
        var scene = try Scene()
        for number in UInt64(1)...40 {
            try scene.bobWrites("b\(number)", number)
            try scene.annWrites("a\(number)", number)
        }
        #expect(try scene.bob.read(scene.log, scene.pair).findings.isEmpty)
        #expect(try scene.ann.store.doubt(in: scene.pair.conversation) == nil)
        #expect(try scene.bob.store.doubt(in: scene.pair.conversation) == nil)
        let (ann, bob) = (
            try scene.ann.store.groupStanding(of: scene.pair.conversation),
            try scene.bob.store.groupStanding(of: scene.pair.conversation)
        )
        #expect(ann == bob && ann?.hash != nil)
    }

    @Test func `M3: who has read another log stops a direct conversation until somebody accepts it`() throws {
        var scene = try Scene()
        try read(scene.pair.ann, scene.ann)
        try read(scene.pair.bob, scene.ann)
        #expect(try scene.passage() == .open)
        try scene.bobWrites("not for ann", 1)
        // The server shows ann that something else stood there.
        var entry = try #require(scene.log.entries.last)
        entry.payload = Array(repeating: 9, count: 32)
        #expect(try scene.ann.open([.hashed(ReceivedEntry(entry))], scene.pair).stop == nil)
        try scene.bobWrites("for ann", 2)
        let part = try scene.ann.read(scene.log, scene.pair)
        #expect(part.findings == [.historyDiffers(3, scene.pair.bob.place.account, stops: true)])
        // It is shown nevertheless, and said once.
        #expect(try scene.ann.told() == ["gap undecryptable 1", "for ann"])
        try scene.bobWrites("and more", 3)
        #expect(try scene.ann.read(scene.log, scene.pair).findings.isEmpty)
        guard case .closed(let problem) = try scene.passage() else { throw TestFailure("open") }
        #expect(problem.code == "history_forked" && problem.exit == .untrusted)
        let accepted = try scene.ann.store.write { try scene.ann.store.acceptHistory(of: .user(scene.pair.bob.name)) }
        #expect(accepted)
        #expect(try scene.passage() == .open)
        try scene.bobWrites("again", 4)
        #expect(try scene.ann.read(scene.log, scene.pair).findings.isEmpty)
        #expect(try !scene.ann.store.write { try scene.ann.store.acceptHistory(of: .user(scene.pair.bob.name)) })
    }

    @Test func `M3: a difference is kept with what both say until somebody goes on in spite of it`() throws {
        var scene = try Scene()
        try scene.bobWrites("not for ann", 1)
        var entry = try #require(scene.log.entries.last)
        entry.payload = Array(repeating: 9, count: 32)
        _ = try scene.ann.open([.hashed(ReceivedEntry(entry))], scene.pair)
        let ours = try #require(try scene.ann.store.groupStanding(of: scene.pair.conversation)?.hash).mark
        let theirs = try #require(try scene.bob.store.groupStanding(of: scene.pair.conversation)?.hash).mark
        try scene.bobWrites("for ann", 2)
        _ = try scene.ann.read(scene.log, scene.pair)
        let evidence = try #require(try scene.ann.store.historyEvidence().first)
        #expect(evidence.conversation == .user(scene.pair.bob.name) && evidence.stops)
        let claim = HistoryEvidence.LogClaim(seen: 2, theirs: theirs, ours: ours)
        let device = scene.bob.identity.device
        #expect(evidence.kind == .read(by: scene.pair.bob.name, device, in: 3, claim, stops: true))
        #expect(ours != theirs)
        let store = scene.ann.store
        #expect(try store.write { try store.acceptHistory(of: .user(scene.pair.bob.name)) })
        #expect(try store.historyEvidence().isEmpty)
        // What is held of the group stays: only the log was doubted.
        #expect(try store.groupStanding(of: scene.pair.conversation) != nil)
    }

    /// Ann's store takes the conversation for a room.
    private func makeRoom(_ scene: Scene) throws {
        try scene.ann.store.database.run(
            "UPDATE conversations SET type = ?, peer = 'ops' WHERE id = ?", ClientStore.roomType,
            scene.pair.conversation)
    }

    /// Bob writes, and ann is shown another entry in its place; then he writes again.
    private func lie(_ scene: inout Scene) throws -> OpenedPart {
        try scene.bobWrites("not for ann", 1)
        var entry = try #require(scene.log.entries.last)
        entry.payload = Array(repeating: 9, count: 32)
        #expect(try scene.ann.open([.hashed(ReceivedEntry(entry))], scene.pair).stop == nil)
        try scene.bobWrites("for ann", 2)
        return try scene.ann.read(scene.log, scene.pair)
    }

    @Test func `M3: in a room another log is a warning, told once, which names who says so`() throws {
        var scene = try Scene()
        try makeRoom(scene)
        let bob = scene.pair.bob
        #expect(try lie(&scene).findings == [.historyDiffers(3, bob.place.account, stops: false)])
        #expect(try scene.ann.store.doubt(in: scene.pair.conversation) == nil)
        let ops = try #require(UserName("ops"))
        let told = try scene.ann.store.write { try scene.ann.store.takeUntoldDoubts() }
        #expect(told.map(\.conversation) == [.room(ops)] && told.map(\.stops) == [false])
        let again = try scene.ann.store.write { try scene.ann.store.takeUntoldDoubts() }
        #expect(again.isEmpty)
        // Who asks for it sees it still, until it is accepted.
        #expect(try scene.ann.store.historyEvidence() == told)
        let accepted = try scene.ann.store.write { try scene.ann.store.acceptHistory(of: .room(ops)) }
        #expect(accepted)
        #expect(try scene.ann.store.historyEvidence().isEmpty)
    }

    @Test func `M3: in a room another log that one's own other device has read stops it`() throws {
        var scene = try Scene()
        try makeRoom(scene)
        let bob = scene.pair.bob
        try scene.ann.store.database.run("UPDATE identity SET account = ?", bob.place.account)
        scene.ann.identity.account = bob.place.account
        #expect(try lie(&scene).findings == [.historyDiffers(3, bob.place.account, stops: true)])
        #expect(try scene.ann.store.doubt(in: scene.pair.conversation)?.seq == 3)
    }

    @Test func `M3: what lies behind a hole is compared with nothing`() throws {
        var scene = try Scene()
        try scene.bobWrites("b1", 1)
        let gap = Gap(conversation: scene.pair.conversation, reason: .erased, first: 2, last: 2)
        #expect(try scene.ann.open([.gap(gap)], scene.pair).stop == nil)
        try scene.bobWrites("b2", 2)
        #expect(try scene.ann.read(scene.log, scene.pair).findings.isEmpty)
    }

    @Test func `G2: a chain that goes on is read before anything is sent there, another one closes the gate`() throws {
        var scene = try Scene()
        try read(scene.pair.ann, scene.ann)
        try read(scene.pair.bob, scene.ann)
        var bob = scene.pair.bob
        let account = bob.place.account
        // His own device holds more of it than ann does.
        _ = try bob.add(.certify)
        try read(bob, scene.bob)
        #expect(try scene.passage() == .open)
        try scene.bobWrites("b1", 1)
        #expect(try scene.ann.read(scene.log, scene.pair).findings == [.chainGoesOn(account)])
        #expect(try scene.passage() == .unsettled)
        // Somebody has shown her another link at that number.
        var other = scene.pair.bob
        _ = try other.add([])
        try read(other, scene.ann)
        try scene.bobWrites("b2", 2)
        #expect(try scene.ann.read(scene.log, scene.pair).findings == [.chainForked(account)])
        guard case .closed(let problem) = try scene.passage() else { throw TestFailure("open") }
        #expect(problem.code == "chain_forked")
    }
}
