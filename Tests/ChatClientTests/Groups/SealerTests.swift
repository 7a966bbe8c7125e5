import CLISupport
import ChatProtocol
import GroupRules
import MLS
import RulesSupport
import SQLite
import TestSupport
import Testing

@testable import ChatClient

@Suite struct SealerTests {
    private func opened(_ append: Append, by pair: inout GroupPair) throws -> Content {
        try Content(wireBytes: try pair.other.read(try MLSMessage(decoding: append.payload)))
    }

    @Test func `E4: a text is on the disk with its ciphertext and the ratchet before anything is sent`() throws {
        var pair = try GroupPair()
        var (ann, _) = try GroupMember.founded(&pair)
        let message = ann.text("hi", 1, in: pair.conversation)
        let append = try ann.sealed(message)
        // Another process finds all of it.
        let other = try ann.scene.other()
        let kept = try #require(try other.sealedMessage(message.id, in: pair.conversation))
        #expect(kept.position == pair.standing(1).position(epoch: 1) && append.precondition == kept.position)
        #expect(kept.digest == Primitives.sha256(append.payload))
        guard case .whole(let payload, let content) = kept.kept else { throw TestFailure("not whole") }
        #expect(payload == append.payload && content.body == "hi")
        let next = try ann.sealed(ann.text("ho", 2, in: pair.conversation))
        #expect(try opened(next, by: &pair).body == "ho")
        #expect(try opened(append, by: &pair).body == "hi")
    }

    @Test func `E4: a retry in the same epoch is the same ciphertext, after the gate was asked again`() throws {
        var pair = try GroupPair()
        var (ann, _) = try GroupMember.founded(&pair)
        let message = ann.text("hi", 1, in: pair.conversation)
        let first = try ann.sealed(message)
        #expect(try ann.sealed(message) == first)
        let closed = Problem(.keyChanged, "bob's key has changed")
        ann.passage = .closed(closed)
        #expect(try ann.seal([message]) == [.held(.closed(closed))])
        ann.passage = .unsettled
        #expect(try ann.seal([message]) == [.held(.unsettled)])
        ann.passage = .open
        #expect(try ann.sealed(message) == first)
        // In the next epoch it is another one, under the same id.
        let commit = try pair.otherCommits()
        var group = try pair.load(ann.store)
        try group.follow(commit, judge: pair.judge)
        try ann.store.write { try group.save(to: ann.store.groupRows) }
        let second = try ann.sealed(message)
        #expect(second.id == first.id && second.payload != first.payload && second.precondition?.epoch == 2)
        #expect(try opened(second, by: &pair).body == "hi")
    }

    @Test func `E4: sixty-four share a transaction, and beyond five hundred under way a commit comes first`() throws {
        var pair = try GroupPair()
        var (ann, _) = try GroupMember.founded(&pair)
        let messages = (1...600).map { ann.text("m\($0)", $0, in: pair.conversation) }
        var outcomes: [SealingOutcome] = []
        while outcomes.count < messages.count {
            let part = try ann.seal(Array(messages.dropFirst(outcomes.count)))
            #expect(part.count == min(Sealer.batch, messages.count - outcomes.count))
            outcomes += part
        }
        let appends = outcomes.compactMap { if case .append(let append) = $0 { append } else { nil } }
        #expect(appends.map(\.id) == messages.prefix(500).map(\.id))
        #expect(outcomes.dropFirst(500).allSatisfy { $0 == .held(.commitFirst) })
        // What is sealed goes out again all the same; and others can follow to the last.
        #expect(try ann.sealed(messages[3]) == appends[3])
        #expect(try opened(appends[499], by: &pair).body == "m500")
        // Once the server has taken one there is room for another.
        try ann.store.write {
            try ann.store.noteTaken(messages[0].id, in: pair.conversation, seq: 2, time: 1)
        }
        #expect(try ann.seal([messages[0], messages[599]]).first == .known(seq: 2, time: 1, ann.identity.generation))
        #expect(try ann.store.sealedMessage(messages[599].id, in: pair.conversation) != nil)
    }

    @Test func `M2: one's own id with another text is refused, and with the same it is known`() throws {
        var pair = try GroupPair()
        var (ann, _) = try GroupMember.founded(&pair)
        var log = TestLog(pair.conversation, generation: GroupPair.generation)
        _ = log.commit(WaitingCommit.first(pair), by: try GroupMember(pair.bob, in: pair, seed: 3).identity)
        let message = ann.text("hi", 1, in: pair.conversation)
        var another = message
        another.content.body = "ho"
        func refusal(_ outcomes: [SealingOutcome]) -> String? {
            if case .refused(let problem)? = outcomes.first { problem.code } else { nil }
        }
        let append = try ann.sealed(message)
        #expect(try refusal(ann.seal([another])) == "id_reused")
        let answer = log.append(append, by: ann.identity)
        _ = try ann.acknowledged(answer)
        #expect(try ann.seal([message]) == [.known(seq: 2, time: 1_001, ann.identity.generation)])
        #expect(try refusal(ann.seal([another])) == "id_reused")
    }

    @Test func `S4: what a restore may have lost goes out again under its id, and stands once in the history`() throws {
        var pair = try GroupPair()
        var (ann, _) = try GroupMember.founded(&pair)
        var log = TestLog(pair.conversation, generation: GroupPair.generation)
        _ = log.commit(WaitingCommit.first(pair), by: try GroupMember(pair.bob, in: pair, seed: 3).identity)
        let message = ann.text("hi", 1, in: pair.conversation)
        _ = try ann.acknowledged(log.append(try ann.sealed(message), by: ann.identity))
        #expect(try ann.seal([message]) == [.known(seq: 2, time: 1_001, ann.identity.generation)])
        try ann.store.write { try ann.store.storeNewGeneration(GroupPair.generation, now: 2) }
        var another = message
        another.content.body = "ho"
        guard case .refused(let problem)? = try ann.seal([another]).first else { throw TestFailure("not refused") }
        #expect(problem.code == "id_reused")
        let again = try ann.sealed(message)
        #expect(again.id == message.id)
        #expect(try opened(again, by: &pair).body == "hi")
        // Behind it there is what the server had, and has lost.
        _ = try ann.acknowledged(log.append(again, by: ann.identity))
        let known = try ann.store.knownMessage(message.id, from: ann.identity.account, in: pair.conversation)
        #expect(known?.seq == 2)
        #expect(try ann.store.content(of: pair.conversation, seq: 3) == nil)
    }

    @Test func `nothing is sealed without a group, in another life of the server, or while proposals wait`() throws {
        var pair = try GroupPair()
        var (ann, _) = try GroupMember.founded(&pair)
        let message = ann.text("hi", 1, in: pair.conversation)
        let elsewhere = ann.text("hi", 1, in: ConversationID(high: 1, low: 9))
        #expect(try ann.seal([elsewhere]) == [.held(.noGroup)])
        let standing = pair.standing(1)
        var older = standing
        older.generation = StoreGeneration(high: 8, low: 8)
        try ann.store.write { try ann.store.setGroupStanding(older) }
        #expect(try ann.seal([message]) == [.held(.newGeneration)])
        try ann.store.write { try ann.store.setGroupStanding(standing) }
        // The server's Remove of bob.
        let key = try #require(GroupPair.groupKey)
        let proposal = try ExternalProposal.make(
            .remove(pair.other.ownLeaf), context: pair.other.context, index: 0, key: key)
        var group = try pair.load(ann.store)
        guard case .proposal(let verified) = try group.open(proposal) else { throw TestFailure("no proposal") }
        try group.cache(verified)
        try ann.store.write { try group.save(to: ann.store.groupRows) }
        #expect(try ann.seal([message]) == [.held(.commitFirst)])
    }

    @Test func `a message says how far its sender had read the log, and hides its length`() throws {
        var pair = try GroupPair()
        var (ann, _) = try GroupMember.founded(&pair)
        let chain = pair.ann.chain
        let marked = LogChain(claimed: LogChain(group: pair.policy.group, generation: GroupPair.generation).hash, at: 9)
        try ann.store.write {
            _ = try ann.store.meet(chain, named: pair.ann.name, generation: GroupPair.generation, now: 1)
            try ann.store.setGroupStanding(pair.standing(9))
        }
        let content = try opened(try ann.sealed(ann.text("hi", 1, in: pair.conversation)), by: &pair)
        #expect(try MessageMarks(content) == MessageMarks(chain: ChainMark(chain), seen: marked.seen))
        // Up to a kilobyte a length says no more than a multiple of 128.
        let sizes = try (1...8).map { count in
            try ann.sealed(ann.text(String(repeating: "x", count: count), UInt64(count) + 10, in: pair.conversation))
                .payload.count
        }
        #expect(Set(sizes).count == 1)
    }
}

extension WaitingCommit {
    /// Stands for what came into the log before.
    static func first(_ pair: GroupPair) -> WaitingCommit {
        WaitingCommit(
            conversation: pair.conversation, kind: .founding, id: MessageID(high: 76, low: 0),
            position: pair.standing(1).position(epoch: 0), handshake: [0], groupInfo: [])
    }
}
