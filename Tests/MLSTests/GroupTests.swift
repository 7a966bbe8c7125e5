import TestSupport
import Testing

@testable import MLS

@Suite struct GroupTests {
    static let suites = CipherSuite.supported

    @Test(arguments: suites)
    func `members of a new group agree, and each reads what another sends, once`(_ suite: CipherSuite) throws {
        var team = try TestGroup(4, suite: suite)
        try team.expectAgreement()
        let message = try team.groups[2].send([1, 2, 3], authenticatedData: [9], using: &team.generator)
        for index in [0, 1, 3] {
            let read = try team.groups[index].read(message)
            #expect(read.data == [1, 2, 3])
            #expect(read.authenticatedData == [9])
            #expect(read.sender == LeafIndex(2))
            expectRefusal(.generationUsed) { _ = try team.groups[index].open(message) }
        }
        expectRefusal(.ownMessage) { _ = try team.groups[2].open(message) }
    }

    @Test
    func `add, update, remove and empty commits, by value and by reference, public and private`() throws {
        var team = try TestGroup(5)
        try team.commit(by: 3)
        try team.expectAgreement()
        let update = try team.groups[1].proposeUpdate(using: &team.generator)
        try team.deliver(update, except: 1)
        let removal = try team.groups[4].propose(.remove(LeafIndex(2)), using: &team.generator)
        try team.deliver(removal, except: 4)
        try team.commit(by: 0)
        #expect(team.groups[2].status == .removed)
        try team.expectAgreement()
        try team.add(3, by: 4)
        try team.expectAgreement()
        #expect(team.groups[5].ownLeaf == LeafIndex(2))
        expectRefusal(.notMember) { _ = try team.groups[2].send([1], using: &team.generator) }
        var options = CommitOptions()
        options.framing = .privateMessage(.multiple(of: 256))
        let pending = try team.groups[5].commit(options, now: testTime, judge: AcceptAll(), using: &team.generator)
        for index in [0, 1, 3, 4, 6, 7] { try team.groups[index].process(pending.message) }
        try team.groups[5].process(pending.message)
        #expect(Set(team.groups.filter { $0.status == .active }.map(\.epochAuthenticator.bytes)).count == 1)
    }

    @Test
    func `a commit may add members without a path, and they read what comes after`() throws {
        var team = try TestGroup(3)
        let client = try Client("new", using: &team.generator)
        let own = try client.keyPackage(using: &team.generator)
        var options = CommitOptions([.add(own.keyPackage)])
        options.forcePath = false
        options.welcomeCarriesTree = false
        guard case .welcome(let welcome)? = try team.commit(options, by: 1)?.body else {
            Issue.record("no Welcome")
            return
        }
        expectRefusal(.treeMissing) { _ = try Group.join(welcome, with: own, now: testTime, judge: AcceptAll()) }
        team.groups.append(
            try Group.join(
                welcome, with: own, tree: team.groups[0].ratchetTree, now: testTime, judge: AcceptAll()))
        try team.expectAgreement()
        // The newcomer is unmerged everywhere: each can still reach it, and it can commit itself.
        for committer in [0, 2, 3, 1] {
            try team.commit(by: committer)
            try team.expectAgreement()
        }
    }

    @Test
    func `external joins, and a resync that removes the former leaf`() throws {
        var team = try TestGroup(3)
        let client = try Client("outside", using: &team.generator)
        let info = try team.groups[1].groupInfo()
        let (joined, commit) = try Group.joinExternally(
            info, identity: client.identity, now: testTime, judge: AcceptAll(), using: &team.generator)
        try team.deliver(commit, except: nil)
        team.groups.append(joined)
        try team.expectAgreement()
        var options = ExternalJoinOptions()
        options.removing = joined.ownLeaf
        let (again, resync) = try Group.joinExternally(
            try team.groups[0].groupInfo(), identity: client.identity, options: options, now: testTime,
            judge: AcceptAll(), using: &team.generator)
        try team.deliver(resync, except: nil)
        #expect(team.groups[3].status == .removed)
        team.groups[3] = again
        try team.expectAgreement()
        try team.commit(by: 3)
        try team.expectAgreement()
    }

    @Test
    func `pre-shared keys, external and of a past epoch, enter the key schedule`() throws {
        var team = try TestGroup(3)
        let past = team.groups[0].epoch
        try team.commit()
        let external = PreSharedKeyID.Key.external(id: [7])
        let keys = PreSharedKeys([external: Secret([1, 2, 3])])
        var options = CommitOptions()
        options.proposals = [
            team.groups[0].preSharedKeyProposal(external, using: &team.generator),
            team.groups[0].preSharedKeyProposal(
                .resumption(usage: .application, groupId: team.groups[0].groupId, epoch: past), using: &team.generator),
        ]
        try team.commit(options, psks: keys)
        try team.expectAgreement()
        options.proposals = [team.groups[0].preSharedKeyProposal(.external(id: [8]), using: &team.generator)]
        expectRefusal(.pskUnknown) { try team.commit(options, psks: keys) }
    }

    @Test
    func `external senders and newcomers propose, and members commit it`() throws {
        var generator = SeededGenerator(seed: 5)
        let service = try Client("service", using: &generator)
        let sender = ExternalSender(
            signatureKey: service.identity.signatureKey.publicKey, credential: service.identity.credential)
        var team = try TestGroup(3, extensions: [.externalSenders([sender])])
        let removal = try ExternalProposal.make(
            .remove(LeafIndex(1)), context: team.follower.context, index: 0, key: service.identity.signatureKey)
        try team.deliver(removal, except: nil)
        let client = try Client("new", using: &team.generator)
        let own = try client.keyPackage(using: &team.generator)
        try team.deliver(try ExternalProposal.add(own, context: team.follower.context), except: nil)
        guard case .welcome(let welcome)? = try team.commit()?.body else {
            Issue.record("no Welcome")
            return
        }
        #expect(team.groups[1].status == .removed)
        team.groups.append(try Group.join(welcome, with: own, now: testTime, judge: AcceptAll()))
        try team.expectAgreement()
    }

    @Test
    func `a group is re-initialised in another suite, with the same members`() throws {
        var team = try TestGroup(3)
        let wanted = ReInit(groupId: [9, 9], cipherSuite: .p256Aes128GcmSha256P256)
        try team.commit(CommitOptions([.reInit(wanted)]), by: 1)
        #expect(team.groups.allSatisfy { $0.status == .reInit(wanted) })
        expectRefusal(.groupReInitialised) { _ = try team.groups[0].send([1], using: &team.generator) }
        var clients: [Client] = []
        var secrets: [KeyPackageSecrets] = []
        for name in ["0", "1", "2"] {
            clients.append(try Client(name, suite: wanted.cipherSuite, using: &team.generator))
            secrets.append(try clients[clients.count - 1].keyPackage(using: &team.generator))
        }
        let founded = try team.groups[2].reInitialize(
            identity: clients[2].identity, keyPackages: [secrets[0].keyPackage, secrets[1].keyPackage], now: testTime,
            judge: AcceptAll(), using: &team.generator)
        guard case .welcome(let welcome)? = founded.welcome?.body else { return }
        for index in 0..<2 {
            let group = try Group.join(
                welcome, with: secrets[index], predecessor: .reInit(of: team.groups[index]), now: testTime,
                judge: AcceptAll())
            #expect(group.epochAuthenticator == founded.group.epochAuthenticator)
        }
        expectRefusal(.pskUnknown) {
            _ = try Group.join(welcome, with: secrets[0], now: testTime, judge: AcceptAll())
        }
    }

    @Test
    func `some members branch off`() throws {
        var team = try TestGroup(4)
        let own = try team.clients[3].keyPackage(using: &team.generator)
        let founded = try team.groups[1].branch(
            groupId: [5], identity: team.clients[1].identity, keyPackages: [own.keyPackage], now: testTime,
            judge: AcceptAll(), using: &team.generator)
        guard case .welcome(let welcome)? = founded.welcome?.body else { return }
        let group = try Group.join(
            welcome, with: own, predecessor: .branch(of: team.groups[3]), now: testTime, judge: AcceptAll())
        #expect(group.epochAuthenticator == founded.group.epochAuthenticator)
        let stranger = try Client("stranger", using: &team.generator)
        let package = try stranger.keyPackage(using: &team.generator).keyPackage
        expectRefusal(.predecessorMembers) {
            _ = try team.groups[1].branch(
                groupId: [6], identity: team.clients[1].identity, keyPackages: [package], now: testTime,
                judge: AcceptAll(), using: &team.generator)
        }
    }

    @Test
    func `the exporter agrees among members and differs by label, context and epoch`() throws {
        var team = try TestGroup(2)
        let one = try team.groups[0].exportSecret(label: "a", context: [1], length: 32)
        #expect(try team.groups[1].exportSecret(label: "a", context: [1], length: 32) == one)
        #expect(try team.groups[1].exportSecret(label: "b", context: [1], length: 32) != one)
        #expect(try team.groups[1].exportSecret(label: "a", context: [2], length: 32) != one)
        try team.commit()
        #expect(try team.groups[1].exportSecret(label: "a", context: [1], length: 32) != one)
    }

    @Test
    func `a pending commit survives its echo, a lost answer, and somebody else's winning`() throws {
        var team = try TestGroup(3)
        let mine = try team.groups[0].commit(now: testTime, judge: AcceptAll(), using: &team.generator)
        expectRefusal(.commitPending) {
            _ = try team.groups[0].commit(now: testTime, judge: AcceptAll(), using: &team.generator)
        }
        #expect(team.groups[0].pendingCommit?.message == mine.message)
        #expect(try team.groups[0].open(mine.message) == .ownCommit)
        let other = try team.groups[1].commit(now: testTime, judge: AcceptAll(), using: &team.generator)
        try team.deliver(other.message, except: 1)
        try team.groups[1].mergePending()
        #expect(team.groups[0].pendingCommit == nil)
        try team.expectAgreement()
        expectRefusal(.epochPast) { _ = try team.groups[0].open(mine.message) }
        expectRefusal(.noPendingCommit) { try team.groups[0].mergePending() }
    }

    @Test
    func `staging changes nothing, and what was staged elsewhere or before is not merged`() throws {
        var team = try TestGroup(3)
        let pending = try team.groups[0].commit(now: testTime, judge: AcceptAll(), using: &team.generator)
        guard case .commit(let commit) = try team.groups[1].open(pending.message) else { return }
        let staged = try team.groups[1].stage(commit, now: testTime, judge: AcceptAll())
        #expect(team.groups[1].epoch + 1 == staged.epoch)
        #expect(staged.epochAuthenticator == pending.staged.epochAuthenticator)
        try team.groups[1].merge(staged)
        expectRefusal(.staleStage) { try team.groups[1].merge(staged) }
        expectRefusal(.verifiedElsewhere) {
            _ = try team.groups[1].stage(commit, now: testTime, judge: AcceptAll())
        }
        // The same for a follower, who has not seen its membership tag: a member must verify it again.
        guard case .commit(let followed) = try team.follower.open(pending.message) else { return }
        expectRefusal(.verifiedElsewhere) {
            _ = try team.groups[2].stage(followed, now: testTime, judge: AcceptAll())
        }
        let step = try team.follower.stage(followed, now: testTime, judge: AcceptAll())
        #expect(team.follower.epoch + 1 == step.epoch)
        try team.follower.merge(step)
        expectRefusal(.staleStage) { try team.follower.merge(step) }
        expectRefusal(.verifiedElsewhere) {
            _ = try team.follower.stage(followed, now: testTime, judge: AcceptAll())
        }
    }

    @Test
    func `a proposal that a follower has verified is verified again by a member`() throws {
        var team = try TestGroup(2)
        let message = try team.groups[0].proposeUpdate(using: &team.generator)
        guard case .proposal(let followed) = try team.follower.open(message) else { return }
        expectRefusal(.verifiedElsewhere) { try team.groups[1].cache(followed) }
        try team.follower.cache(followed)
        guard case .proposal(let verified) = try team.groups[1].open(message) else { return }
        try team.groups[1].cache(verified)
    }

    @Test
    func `messages of an epoch open in any order, within the window`() throws {
        var team = try TestGroup(2)
        var messages: [MLSMessage] = []
        for number in 0..<20 {
            messages.append(try team.groups[0].send([UInt8(number)], using: &team.generator))
        }
        for number in [19, 0, 7, 3, 18, 1, 2] {
            #expect(try team.groups[1].read(messages[number]).data == [UInt8(number)])
        }
        expectRefusal(.generationUsed) { _ = try team.groups[1].open(messages[7]) }
        for _ in 0..<1_001 { _ = try team.groups[0].send([], using: &team.generator) }
        let far = try team.groups[0].send([1], using: &team.generator)
        expectRefusal(.generationTooFar) { _ = try team.groups[1].open(far) }
        #expect(try team.groups[1].read(messages[5]).data == [5])
    }

    @Test
    func `a member rotates its signature key by a commit and by an update`() throws {
        var team = try TestGroup(3)
        var identity = team.clients[0].identity
        identity.signatureKey = try SignatureKeyPair(suite: team.suite, using: &team.generator)
        var options = CommitOptions()
        options.newIdentity = identity
        try team.commit(options)
        try team.expectAgreement()
        identity = team.clients[1].identity
        identity.signatureKey = try SignatureKeyPair(suite: team.suite, using: &team.generator)
        let update = try team.groups[1].proposeUpdate(newIdentity: identity, using: &team.generator)
        try team.deliver(update, except: 1)
        try team.commit(by: 2)
        for sender in 0..<3 {
            let message = try team.groups[sender].send([1], using: &team.generator)
            for other in 0..<3 where other != sender { _ = try team.groups[other].read(message) }
        }
        try team.commit(by: 1)
        try team.expectAgreement()
    }
}
