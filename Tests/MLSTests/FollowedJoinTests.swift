import TestSupport
import Testing

@testable import MLS

/// Joining what one has followed, and what need not be kept.
@Suite struct FollowedJoinTests {
    private let groupId: [UInt8] = [1, 2, 3]

    private func resync(_ leaf: Int) -> ExternalJoinOptions {
        var options = ExternalJoinOptions()
        options.removing = LeafIndex(leaf)
        return options
    }

    @Test
    func `who lost its way follows the handshakes from its last good epoch and comes back`() throws {
        var team = try TestGroup(5)
        var follower = try PublicGroup(following: team.groups[4])
        for committer in [0, 2, 0] {
            let commit = try team.groups[committer].commit(now: testTime, judge: AcceptAll(), using: &team.generator)
            try team.deliver(commit.message, except: committer)
            try team.groups[committer].mergePending()
            try follower.process(commit.message)
        }
        let (again, commit) = try Group.joinExternally(
            following: follower, info: try team.groups[0].groupInfo(withTree: false),
            identity: team.clients[4].identity, options: resync(4), now: testTime, judge: AcceptAll(),
            using: &team.generator)
        team.groups.removeLast()
        try team.deliver(commit, except: nil)
        team.groups.append(again)
        try team.expectAgreement()
        // It stands in rows as whole as one that joined by the GroupInfo.
        let store = MemoryGroupStore()
        try team.groups[4].save(to: store)
        #expect(try Group.load(groupId, from: store, judge: AcceptAll()).context == team.groups[0].context)
    }

    @Test
    func `a GroupInfo of another epoch, state or signer is not believed by who has followed`() throws {
        var team = try TestGroup(4)
        let follower = try PublicGroup(following: team.groups[3])
        let old = try team.groups[0].groupInfo()
        func join(_ info: GroupInfo?) throws {
            _ = try Group.joinExternally(
                following: follower, info: info, identity: team.clients[3].identity, options: resync(3),
                now: testTime, judge: AcceptAll(), using: &team.generator)
        }
        expectRefusal(.externalPubMissing) { try join(nil) }
        expectRefusal(.externalPubMissing) { try join(try team.groups[0].groupInfo(withExternalPub: false)) }
        var forged = old
        forged.confirmationTag[0] ^= 1
        try forged.sign(team.clients[0].identity.signatureKey.privateKey)
        expectRefusal(.groupInfoMismatch) { try join(forged) }
        forged = old
        forged.signer = LeafIndex(2)
        expectRefusal(.groupInfoSignature) { try join(forged) }
        forged.signer = LeafIndex(9)
        expectRefusal(.groupInfoSigner) { try join(forged) }
        try team.commit(by: 1)
        expectRefusal(.epochFuture) { try join(try team.groups[0].groupInfo()) }
        try join(old)
    }

    @Test
    func `joining what one has followed verifies no leaf again`() throws {
        var team = try TestGroup(40, joining: 1)
        try team.follower.publish(try team.groups[0].groupInfo())
        let newcomer = try Client("new", using: &team.generator)
        let (counts, error) = OperationCount.of {
            _ = try Group.joinExternally(
                following: team.follower, identity: newcomer.identity, now: testTime, judge: AcceptAll(),
                using: &team.generator)
        }
        // The GroupInfo's own signature.
        #expect(error == nil && counts[.verify] == 1)
    }

    @Test
    func `a follower tells the proposals that a commit may name`() throws {
        var team = try TestGroup(4)
        #expect(team.follower.pendingProposals.isEmpty)
        try team.deliver(try team.groups[0].propose(.remove(LeafIndex(3)), using: &team.generator), except: 0)
        let known = team.follower.pendingProposals
        #expect(known.map(\.proposal) == [.remove(LeafIndex(3))] && known.map(\.sender) == [.member(LeafIndex(0))])
        #expect(known.map(\.reference) == team.groups[1].pendingProposals.map(\.reference))
        try team.commit(by: 1)
        #expect(team.follower.pendingProposals.isEmpty)
    }

    @Test
    func `message keys are forgotten once they are saved, and the rows go on`() throws {
        var team = try TestGroup(8)
        let store = MemoryGroupStore()
        expectRefusal(.storeMissing) { try team.groups[1].forgetMessageKeys() }
        try team.groups[1].save(to: store)
        try team.groups[1].forgetMessageKeys()
        #expect(team.groups[1].secretTree.nodes.isEmpty && team.groups[1].secretTree.ratchets.isEmpty)
        let message = try team.groups[5].send([5], using: &team.generator)
        expectRefusal(.ratchetMissing) { _ = try team.groups[1].open(message) }
        let opened = try StoredGroup.open(message, from: store)
        try store.apply(opened.changes)
        #expect(opened.message.data == [5])
        // Saving what came since then does not touch the keys in the rows.
        try team.deliver(try team.groups[0].propose(.remove(LeafIndex(7)), using: &team.generator), except: 0)
        try team.groups[1].save(to: store)
        var loaded = try Group.load(groupId, from: store, judge: AcceptAll())
        expectRefusal(.generationUsed) { _ = try loaded.open(message) }
        #expect(try loaded.read(try team.groups[6].send([6], ignoringProposals: &team.generator)).data == [6])
        try team.commit(by: 0)
        try team.groups[1].save(to: store)
        let next = try StoredGroup.send([1], to: groupId, from: store, using: &team.generator)
        #expect(try team.groups[2].read(next.message).data == [1])
    }

    @Test
    func `with no epoch to keep, no resumption secret of a past epoch is in memory or rows`() throws {
        var team = try TestGroup(3)
        let store = MemoryGroupStore()
        try team.groups[1].save(to: store)
        let first = try #require(team.groups[1].resumptionSecret(epoch: 1))
        team.groups[1].keepResumptionSecrets(ofEpochs: 0)
        try team.groups[1].save(to: store)
        #expect(try store.rows(.resumption, of: groupId).isEmpty)
        for _ in 0..<3 {
            try team.commit(by: 0)
            try team.groups[1].save(to: store)
            #expect(!store.contains(first) && team.groups[1].resumption.isEmpty)
            #expect(try store.rows(.resumption, of: groupId).isEmpty)
            team.groups[1] = try Group.load(groupId, from: store, judge: AcceptAll())
            #expect(team.groups[1].resumptionEpochs == 0)
        }
        let now = team.groups[1].epoch
        #expect(team.groups[1].resumptionSecret(epoch: 1) == nil)
        #expect(team.groups[1].resumptionSecret(epoch: now) == team.groups[0].resumptionSecret(epoch: now))
        // Who keeps them uses one; who does not cannot follow.
        var options = CommitOptions()
        let past = PreSharedKeyID.Key.resumption(usage: .application, groupId: groupId, epoch: 2)
        options.proposals = [team.groups[0].preSharedKeyProposal(past, using: &team.generator)]
        let commit = try team.groups[0].commit(options, now: testTime, judge: AcceptAll(), using: &team.generator)
        try team.groups[2].process(commit.message)
        expectRefusal(.pskUnknown) { try team.groups[1].process(commit.message) }
    }
}

extension Group {
    /// Seals although proposals wait, as somebody does who has not seen them.
    fileprivate mutating func send(_ data: [UInt8], ignoringProposals generator: inout SeededGenerator) throws
        -> MLSMessage
    {
        var copy = self
        copy.state.proposals = ProposalCache()
        return try copy.send(data, using: &generator)
    }
}
