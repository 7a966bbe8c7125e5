import TestSupport
import Testing
import WireCodec

@testable import MLS

/// Refusals: commits and paths (RFC 9420 §7.5, §7.9, §12.4).
@Suite struct CommitRefusals {
    @Test
    func `a path is demanded of every commit but those of Add, PSK and ReInit alone (ValSem201)`() throws {
        var team = try TestGroup(4)
        team.expectRefusal(of: try team.forge([], withPath: false), .pathMissing)
        team.expectRefusal(of: try team.forge([.remove(LeafIndex(3))], withPath: false), .pathMissing)
        team.expectRefusal(of: try team.forge([.groupContextExtensions(.none)], withPath: false), .pathMissing)
        let package = try team.keyPackage()
        team.expectRefusal(
            of: try team.forge([.add(package), .remove(LeafIndex(3))], withPath: false), .pathMissing)
        // An Add alone needs none: what is wrong here is only the forged tag.
        team.expectRefusal(
            of: try team.forge([.add(package)], withPath: false), .confirmationTag, follower: .accepts)
        let reInit = ReInit(groupId: [9], cipherSuite: team.suite)
        team.expectRefusal(
            of: try team.forge([.reInit(reInit)], withPath: false), .confirmationTag, follower: .accepts)
    }

    /// A commit of member 0 whose path was changed by `edit`; the leaf is signed again, its parent hash is as it was.
    private func forge(
        _ team: inout TestGroup, resign: Bool = true, by committer: Int = 0, edit: (inout UpdatePath) throws -> Void
    ) throws -> MLSMessage {
        var path = try team.groups[committer].honestPath(&team.generator)
        try edit(&path)
        if resign { try team.groups[committer].resign(&path.leafNode) }
        return try team.groups[committer].forge(Commit(proposals: [], path: path))
    }

    @Test
    func `a path that is too long or too short, or has too many or too few ciphertexts (ValSem202)`() throws {
        var team = try TestGroup(7)
        team.expectRefusal(of: try forge(&team) { $0.nodes.removeLast() }, .pathLength)
        team.expectRefusal(of: try forge(&team) { $0.nodes = [] }, .pathLength)
        team.expectRefusal(of: try forge(&team) { $0.nodes.append($0.nodes[0]) }, .pathLength)
        for place in 0..<3 {
            team.expectRefusal(
                of: try forge(&team) { $0.nodes[place].encryptedPathSecret = [] }, .pathCiphertextCount)
            team.expectRefusal(
                of: try forge(&team) { path in
                    let extra = path.nodes[place].encryptedPathSecret[0]
                    path.nodes[place].encryptedPathSecret.append(extra)
                }, .pathCiphertextCount)
        }
    }

    @Test
    func `keys of a path that stand in the tree, in the path, or are no keys (ValSem206, 207)`() throws {
        var team = try TestGroup(6)
        let other = try #require(team.groups[0].member(LeafIndex(3)))
        let own = try #require(team.groups[0].member(LeafIndex(0)))
        team.expectRefusal(
            of: try forge(&team) { $0.leafNode.encryptionKey = other.encryptionKey }, .pathKeyNotUnique)
        team.expectRefusal(
            of: try forge(&team) { $0.leafNode.encryptionKey = own.encryptionKey }, .encryptionKeyUnchanged)
        team.expectRefusal(of: try forge(&team) { $0.nodes[1].encryptionKey = other.encryptionKey }, .pathKeyNotUnique)
        team.expectRefusal(
            of: try forge(&team) { $0.nodes[1].encryptionKey = $0.nodes[0].encryptionKey }, .pathKeyNotUnique)
        team.expectRefusal(
            of: try forge(&team) { $0.nodes[1].encryptionKey = $0.leafNode.encryptionKey }, .pathKeyNotUnique)
        // The committer's own parent nodes are replaced: their old keys are not acceptable as new ones either.
        try team.commit()
        let parent = try #require(team.groups[0].state.tree.parent(NodeIndex(1)))
        team.expectRefusal(of: try forge(&team) { $0.nodes[0].encryptionKey = parent.encryptionKey }, .pathKeyNotUnique)
        team.expectRefusal(
            of: try forge(&team) { $0.nodes[0].encryptionKey = HPKEPublicKey([UInt8](repeating: 0, count: 32)) },
            .invalidPublicKey)
    }

    @Test
    func `the leaf of a path: source, signature, signature key of another, identity`() throws {
        var team = try TestGroup(5)
        let other = try #require(team.groups[0].member(LeafIndex(3)))
        team.expectRefusal(of: try forge(&team) { $0.leafNode.source = .update }, .leafSource)
        team.expectRefusal(of: try forge(&team) { $0.leafNode.source = .keyPackage(testLifetime) }, .leafSource)
        team.expectRefusal(of: try forge(&team, resign: false) { $0.leafNode.signature[0] ^= 1 }, .leafSignature)
        team.expectRefusal(
            of: try forge(&team) { $0.leafNode.credential = .basic(identity: [66]) }, .identityChanged)
        // Two members conspire: one signs with the other's key.
        let key = team.groups[3].signatureKey.privateKey
        var path = try team.groups[0].honestPath(&team.generator)
        path.leafNode.signatureKey = other.signatureKey
        try team.groups[0].resign(&path.leafNode, key: key)
        team.expectRefusal(of: try team.forge([], path: path), .signatureKeyNotUnique)
    }

    @Test
    func `a parent hash that is wrong, missing or of a shorter chain`() throws {
        var team = try TestGroup(6)
        for hash in [[], [UInt8](repeating: 0, count: 32)] as [[UInt8]] {
            team.expectRefusal(
                of: try forge(&team) { $0.leafNode.source = .commit(parentHash: hash) }, .parentHashMismatch)
        }
        // Another key in the path than the one that the leaf's hash covers.
        team.expectRefusal(
            of: try forge(&team) { $0.nodes[0].encryptionKey = HPKEPublicKey([9] + [UInt8](repeating: 7, count: 31)) },
            .parentHashMismatch)
    }

    @Test
    func `ciphertexts that do not open, or give another key; only who decrypts them sees it (ValSem203, 204)`() throws {
        var team = try TestGroup(6)
        let options = CommitOptions()
        // Member 1 is under the lowest node of the path of member 0, members 2 and 3 under the next.
        let honest = try team.groups[0].honestPath(&team.generator)
        var broken = honest
        broken.nodes[0].encryptedPathSecret[0].ciphertext[0] ^= 1
        team.expectRefusal(of: try team.forge([], path: broken), .decryptionFailed, follower: .accepts)
        broken = honest
        broken.nodes[0].encryptedPathSecret[0].kemOutput = [UInt8](repeating: 0, count: 32)
        team.expectRefusal(of: try team.forge([], path: broken), .invalidPublicKey, follower: .accepts)
        // A member further up sees nothing of that, and finds the forged tag only.
        let message = try team.forge([], path: broken)
        expectRefusal(.confirmationTag) { try team.groups[4].process(message) }
        // A secret that does not belong to the published key.
        let wrong = try team.groups[0].wrongSecretPath(options, &team.generator)
        team.expectRefusal(of: try team.forge([], path: wrong), .pathSecretMismatch, follower: .accepts)
    }

    @Test
    func `a member's own commit that is not pending, and messages of our own`() throws {
        var team = try TestGroup(3)
        let pending = try team.groups[1].commit(now: testTime, judge: AcceptAll(), using: &team.generator)
        team.groups[1].discardPending()
        expectRefusal(.ownMessage) { try team.groups[1].process(pending.message) }
        try team.groups[0].process(pending.message)
    }

    @Test
    func `a commit that removes us while ours is pending, and an external one that wins`() throws {
        var team = try TestGroup(4)
        _ = try team.groups[2].commit(now: testTime, judge: AcceptAll(), using: &team.generator)
        try team.commit(CommitOptions([.remove(LeafIndex(2))]))
        #expect(team.groups[2].status == .removed)
        #expect(team.groups[2].pendingCommit == nil)
        _ = try team.groups[1].commit(now: testTime, judge: AcceptAll(), using: &team.generator)
        let client = try Client("x", using: &team.generator)
        let (joined, commit) = try Group.joinExternally(
            try team.groups[0].groupInfo(), identity: client.identity, now: testTime, judge: AcceptAll(),
            using: &team.generator)
        try team.deliver(commit, except: nil)
        team.groups.append(joined)
        #expect(team.groups[1].pendingCommit == nil)
        try team.expectAgreement()
    }

    @Test
    func `an unmerged member is reached through its own leaf, by committers on every side`() throws {
        var team = try TestGroup(7)
        for committer in 0..<7 { try team.commit(by: committer) }
        // The eighth is unmerged at each node above it, which all have keys.
        let client = try Client("8", using: &team.generator)
        let own = try client.keyPackage(using: &team.generator)
        var options = CommitOptions([.add(own.keyPackage)])
        options.forcePath = false
        guard case .welcome(let welcome)? = try team.commit(options, by: 0)?.body else { return }
        team.groups.append(try Group.join(welcome, with: own, now: testTime, judge: AcceptAll()))
        #expect(team.groups[0].state.tree.parent(NodeIndex(11))?.unmergedLeaves == [LeafIndex(7)])
        for committer in [0, 6, 3, 7, 5] {
            try team.commit(by: committer)
            try team.expectAgreement()
        }
    }

    @Test
    func `external commits: what their list must and must not hold (ValSem240 to 245)`() throws {
        var team = try TestGroup(4)
        let client = try Client("outside", using: &team.generator)
        let (joined, message) = try Group.joinExternally(
            try team.groups[0].groupInfo(), identity: client.identity, now: testTime, judge: AcceptAll(),
            using: &team.generator)
        guard case .publicMessage(let honest) = message.body, case .commit(let commit) = honest.content.body,
            let path = commit.path, case .proposal(let initial) = commit.proposals[0]
        else { return }
        let key = client.identity.signatureKey.privateKey
        let outside = team.groups[0]
        func forge(_ list: [ProposalOrRef], path: UpdatePath? = path) throws -> MLSMessage {
            try outside.forge(Commit(proposals: list, path: path), sender: .newMemberCommit, key: key)
        }
        let package = try team.keyPackage()
        let removal = try team.groups[2].forge(.proposal(.remove(LeafIndex(3))))
        try team.deliver(removal, except: nil)
        let reference = try #require(team.groups[1].pendingProposals.first?.reference)
        let leaf = try #require(outside.member(LeafIndex(2)))
        let all = ProposalOrRef.proposal(initial)
        let cases: [(Check, [ProposalOrRef])] = [
            (.externalInitCount, []),
            (.externalInitCount, [all, all]),
            (.externalCommitReference, [all, .reference(reference)]),
            (.externalCommitRemoves, [all, .proposal(.remove(LeafIndex(1))), .proposal(.remove(LeafIndex(2)))]),
            (.externalCommitProposal, [all, .proposal(.add(package))]),
            (.externalCommitProposal, [all, .proposal(.groupContextExtensions(.none))]),
            (.externalCommitProposal, [all, .proposal(.reInit(ReInit(groupId: [1], cipherSuite: team.suite)))]),
            (.proposalSender, [all, .proposal(.update(leaf))]),
            (.removedNotMember, [all, .proposal(.remove(LeafIndex(9)))]),
        ]
        for (check, list) in cases { team.expectRefusal(of: try forge(list), check) }
        // Its removal of somebody else: the credential of the new leaf may not follow that of the old one.
        var inPlace = path
        try outside.resign(&inPlace.leafNode, at: LeafIndex(1), key: key)
        team.expectRefusal(
            of: try forge([all, .proposal(.remove(LeafIndex(1)))], path: inPlace), .identityChanged)
        team.expectRefusal(of: try forge([all], path: nil), .externalCommitPath)
        // Signed by another key than its leaf's (ValSem246).
        let foreign = try outside.forge(
            Commit(proposals: [all], path: path), sender: .newMemberCommit,
            key: team.groups[3].signatureKey.privateKey)
        team.expectRefusal(of: foreign, .messageSignature)
        // A wrong KEM output: the follower cannot see it.
        let wrong = Proposal.externalInit(kemOutput: [9] + [UInt8](repeating: 1, count: 31))
        team.expectRefusal(of: try forge([.proposal(wrong)]), .confirmationTag, follower: .accepts)
        let zero = Proposal.externalInit(kemOutput: [UInt8](repeating: 0, count: 32))
        team.expectRefusal(of: try forge([.proposal(zero)]), .invalidPublicKey, follower: .accepts)
        #expect(joined.epoch == team.groups[0].epoch + 1)
    }
}

extension Group {
    /// A path whose lowest secret is another one than the one that its keys come from.
    func wrongSecretPath(_ options: CommitOptions, _ generator: inout SeededGenerator) throws -> UpdatePath {
        var provisional = try state.applying(
            [], committer: .member(ownLeaf), now: testTime, judge: AcceptAll())
        guard let leaf = member(ownLeaf) else { throw TestFailure("not a member") }
        let before = provisional.tree
        let made = try MadePath(
            &provisional, identity: leaf.identity, key: signatureKey, using: &generator)
        var path = made.path
        let target = before.resolution(made.generated.steps[0].copathChild)[0]
        guard let key = before[target]?.encryptionKey else { throw TestFailure("blank") }
        path.nodes[0].encryptedPathSecret[0] = try algorithms.encrypt(
            [UInt8](repeating: 3, count: 32), to: key, label: "UpdatePathNode",
            context: provisional.context.wireBytes)
        return path
    }
}
