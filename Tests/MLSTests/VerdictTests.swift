import Synchronization
import TestSupport
import Testing

@testable import MLS

/// Writes down what it is asked.
private final class RecordingJudge: Judge {
    struct Record: Equatable {
        var leaves: [JudgedLeaf.Origin] = []
        var commits: [Sender] = []
        /// The epochs of the contexts that came with the questions.
        var leafEpochs: Set<UInt64> = []
        var commitEpochs: Set<UInt64> = []
    }

    private let record = Mutex(Record())

    func judge(leaf: JudgedLeaf, in context: GroupContext) -> Verdict {
        record.withLock {
            $0.leaves.append(leaf.origin)
            $0.leafEpochs.insert(context.epoch)
        }
        return .accept
    }

    func judge(commit: JudgedCommit) -> Verdict {
        record.withLock {
            $0.commits.append(commit.committer)
            $0.commitEpochs.insert(commit.context.epoch)
        }
        return .accept
    }

    func take() -> Record {
        record.withLock { record in
            defer { record = Record() }
            return record
        }
    }
}

/// Refuses one kind of leaf, or every commit.
private struct Refusing: Judge {
    var origin: JudgedLeaf.Origin?

    func judge(leaf: JudgedLeaf, in context: GroupContext) -> Verdict {
        leaf.origin == origin ? .refuse("no \(leaf.origin)") : .accept
    }

    func judge(commit: JudgedCommit) -> Verdict { origin == nil ? .refuse("no commits") : .accept }
}

/// Knows no party outside the group.
private struct NoOutsiders: Judge {
    func judge(externalSender: ExternalSender, in context: GroupContext) -> Verdict { .refuse("nobody from outside") }
}

/// The two verdicts, and who is asked.
@Suite struct VerdictTests {
    /// Expects what the judge was asked for a message, by a member and by the follower: the same, with the group's current
    /// context for the commit and the next epoch's for the leaves.
    private func expect(
        _ leaves: [JudgedLeaf.Origin], from committer: Sender, for message: MLSMessage, _ team: inout TestGroup,
        _ location: SourceLocation = #_sourceLocation
    ) throws {
        let judge = RecordingJudge()
        let epoch = team.groups[1].epoch
        let wanted = RecordingJudge.Record(
            leaves: leaves, commits: [committer], leafEpochs: leaves.isEmpty ? [] : [epoch + 1], commitEpochs: [epoch])
        try team.groups[1].process(message, judge: judge)
        #expect(judge.take() == wanted, sourceLocation: location)
        if message.wireFormat == .publicMessage {
            try team.follower.process(message, judge: judge)
            #expect(judge.take() == wanted, sourceLocation: location)
        }
    }

    @Test
    func `the judge is asked on every inbound path, once a leaf and once a commit, by members and followers`() throws {
        var team = try TestGroup(4)
        let judge = RecordingJudge()
        let founder = Sender.member(LeafIndex(0))
        // Public: with a path, without one, with proposals by reference.
        var message = try own(CommitOptions(), &team, judge, asked: [])
        try expect([.committed], from: founder, for: message, &team)
        var options = CommitOptions([.add(try team.keyPackage()), .add(try team.keyPackage())])
        options.forcePath = false
        message = try own(options, &team, judge, asked: [.added, .added])
        try expect([.added, .added], from: founder, for: message, &team)
        for index in [2, 3] {
            // The others have missed both: they come back.
            team.groups[index] = try resync(&team, index, judge)
        }
        let update = try team.groups[2].proposeUpdate(using: &team.generator)
        try team.deliver(update, except: 2)
        message = try own(CommitOptions(), &team, judge, asked: [.updated])
        try expect([.updated, .committed], from: founder, for: message, &team)
        // Private: members only.
        options = CommitOptions([.remove(LeafIndex(5))])
        options.framing = .privateMessage(.none)
        var copy = team
        message = try own(options, &copy, judge, asked: [])
        try expect([.committed], from: founder, for: message, &copy)
        // A ReInit, and what begins from a GroupInfo.
        let reInit = Proposal.reInit(ReInit(groupId: [9], cipherSuite: team.suite))
        copy = team
        message = try own(CommitOptions([reInit]), &copy, judge, asked: [])
        try expect([], from: founder, for: message, &copy)
        let info = try team.groups[0].groupInfo()
        _ = try PublicGroup(info, now: testTime, judge: judge)
        #expect(judge.take().leaves == [JudgedLeaf.Origin](repeating: .existing, count: team.groups[0].memberCount))
    }

    /// A commit of the founder, for which the judge was asked about these leaves and about the commit once.
    private func own(
        _ options: CommitOptions, _ team: inout TestGroup, _ judge: RecordingJudge, asked leaves: [JudgedLeaf.Origin]
    ) throws -> MLSMessage {
        let pending = try team.groups[0].commit(options, now: testTime, judge: judge, using: &team.generator)
        let record = judge.take()
        #expect(record.leaves == leaves && record.commits == [.member(LeafIndex(0))])
        try team.groups[0].mergePending()
        #expect(judge.take() == .init())
        return pending.message
    }

    /// A member comes back by an external commit, which everybody processes.
    private func resync(_ team: inout TestGroup, _ index: Int, _ judge: RecordingJudge) throws -> Group {
        var options = ExternalJoinOptions()
        options.removing = LeafIndex(index)
        let (again, commit) = try Group.joinExternally(
            try team.groups[0].groupInfo(), identity: team.clients[index].identity, options: options, now: testTime,
            judge: judge, using: &team.generator)
        let record = judge.take()
        #expect(record.leaves == [JudgedLeaf.Origin](repeating: .existing, count: team.groups[0].memberCount))
        #expect(record.commits == [.newMemberCommit])
        try team.groups[0].process(commit)
        if index == 3 { try team.groups[2].process(commit) }
        try expect([.joinedExternally], from: .newMemberCommit, for: commit, &team)
        return again
    }

    @Test
    func `the judge is asked about who may propose from outside: at a join, and when the extension changes`() throws {
        func sender(_ name: String, _ generator: inout SeededGenerator) throws -> ExternalSender {
            let client = try Client(name, using: &generator)
            return ExternalSender(
                signatureKey: client.identity.signatureKey.publicKey, credential: client.identity.credential)
        }
        var generator = SeededGenerator(seed: 5)
        let first = try sender("service", &generator)
        var team = try TestGroup(3)
        // Added, and changed later.
        for senders in [[first], [first, try sender("another", &generator)]] {
            let change = Proposal.groupContextExtensions(try Extensions([.externalSenders(senders)]))
            let before = team.groups[0]
            expectRefusal(.externalSenderRefused) {
                _ = try team.groups[0].commit(
                    CommitOptions([change]), now: testTime, judge: NoOutsiders(), using: &team.generator)
            }
            team.groups[0] = before
            team.groups[0].discardPending()
            let commit = try team.groups[0].commit(
                CommitOptions([change]), now: testTime, judge: AcceptAll(), using: &team.generator)
            expectRefusal(.externalSenderRefused) {
                var member = team.groups[1]
                try member.process(commit.message, judge: NoOutsiders())
            }
            expectRefusal(.externalSenderRefused) {
                var follower = team.follower
                try follower.process(commit.message, judge: NoOutsiders())
            }
            try team.deliver(commit.message, except: 0)
            try team.groups[0].mergePending()
        }
        // One that stays is not asked about again.
        let same = Proposal.groupContextExtensions(try Extensions([.externalSenders([first])]))
        let commit = try team.groups[0].commit(
            CommitOptions([same]), now: testTime, judge: NoOutsiders(), using: &team.generator)
        try team.groups[1].process(commit.message, judge: NoOutsiders())
        try team.groups[0].mergePending()
        // Who comes in asks about all.
        let info = try team.groups[0].groupInfo()
        expectRefusal(.externalSenderRefused) { _ = try PublicGroup(info, now: testTime, judge: NoOutsiders()) }
        let client = try Client("new", using: &generator)
        expectRefusal(.externalSenderRefused) {
            _ = try Group.joinExternally(
                info, identity: client.identity, now: testTime, judge: NoOutsiders(), using: &generator)
        }
        let package = try client.keyPackage(using: &generator)
        let welcome = try team.groups[0].commit(
            CommitOptions([.add(package.keyPackage)]), now: testTime, judge: AcceptAll(), using: &generator
        ).welcome
        guard case .welcome(let welcome)? = welcome?.body else { throw TestFailure("no Welcome") }
        expectRefusal(.externalSenderRefused) {
            _ = try Group.join(welcome, with: package, now: testTime, judge: NoOutsiders())
        }
        expectRefusal(.externalSenderRefused) {
            _ = try Group.create(
                groupId: [4], suite: team.suite, identity: client.identity,
                extensions: try Extensions([.externalSenders([first])]), lifetime: testLifetime, judge: NoOutsiders(),
                using: &generator)
        }
    }

    @Test
    func `the judge is asked about every member by whoever joins by a Welcome, also of a branch`() throws {
        let invitation = try Invitation()
        let judge = RecordingJudge()
        _ = try Group.join(invitation.welcome, with: invitation.own, now: testTime, judge: judge)
        #expect(judge.take().leaves == [JudgedLeaf.Origin](repeating: .existing, count: 5))
        var team = invitation.team
        let own = try team.clients[3].keyPackage(using: &team.generator)
        let founded = try team.groups[1].branch(
            groupId: [5], identity: team.clients[1].identity, keyPackages: [own.keyPackage], now: testTime,
            judge: judge,
            using: &team.generator)
        let founding = judge.take()
        #expect(founding.leaves == [.existing, .added] && founding.commits == [.member(LeafIndex(0))])
        guard case .welcome(let welcome)? = founded.welcome?.body else { return }
        _ = try Group.join(welcome, with: own, predecessor: .branch(of: team.groups[3]), now: testTime, judge: judge)
        #expect(judge.take().leaves == [.existing, .existing])
    }

    @Test
    func `what was judged and stored is not judged again`() throws {
        var team = try TestGroup(3)
        let store = MemoryGroupStore()
        let judge = RecordingJudge()
        _ = try team.groups[0].commit(
            CommitOptions([.add(try team.keyPackage())]), now: testTime, judge: judge, using: &team.generator)
        try team.groups[0].save(to: store)
        _ = judge.take()
        #expect(try Group.load([1, 2, 3], from: store, judge: AcceptAll()).pendingCommit != nil)
        #expect(judge.take() == .init())
    }

    @Test
    func `a judge that refuses is obeyed on each path, and nothing has changed`() throws {
        var team = try TestGroup(4)
        try team.deliver(try team.groups[2].update { _ in }, except: nil)
        let update = try team.groups[0].honestCommit(CommitOptions(), &team.generator)
        let adding = try team.groups[0].honestCommit(CommitOptions([.add(try team.keyPackage())]), &team.generator)
        team.expectRefusal(of: try team.groups[0].forge(update), .leafRefused, judge: Refusing(origin: .updated))
        team.expectRefusal(of: try team.groups[0].forge(adding), .leafRefused, judge: Refusing(origin: .added))
        team.expectRefusal(of: try team.groups[0].forge(update), .leafRefused, judge: Refusing(origin: .committed))
        team.expectRefusal(of: try team.groups[0].forge(update), .commitRefused, judge: Refusing())
        let client = try Client("x", using: &team.generator)
        let info = try team.groups[0].groupInfo()
        let (_, external) = try Group.joinExternally(
            info, identity: client.identity, now: testTime, judge: AcceptAll(), using: &team.generator)
        team.expectRefusal(of: external, .leafRefused, judge: Refusing(origin: .joinedExternally))
        team.expectRefusal(of: external, .commitRefused, judge: Refusing())
        expectRefusal(.leafRefused) {
            _ = try Group.joinExternally(
                info, identity: client.identity, now: testTime, judge: Refusing(origin: .existing),
                using: &team.generator)
        }
        expectRefusal(.commitRefused) {
            _ = try Group.joinExternally(
                info, identity: client.identity, now: testTime, judge: Refusing(), using: &team.generator)
        }
        expectRefusal(.leafRefused) { _ = try PublicGroup(info, now: testTime, judge: Refusing(origin: .existing)) }
        let invitation = try Invitation()
        expectRefusal(.leafRefused) {
            _ = try Group.join(
                invitation.welcome, with: invitation.own, now: testTime, judge: Refusing(origin: .existing))
        }
    }

    @Test
    func `what a follower cannot see it accepts and a member refuses, unchanged and with the committer named`() throws {
        var team = try TestGroup(6)
        let honest = try team.groups[0].honestPath(&team.generator)
        func path(_ edit: (inout UpdatePath) -> Void) throws -> MLSMessage {
            var path = honest
            edit(&path)
            return try team.groups[0].forge(Commit(proposals: [], path: path))
        }
        let psk = PreSharedKeyID(key: .external(id: [1]), nonce: [UInt8](repeating: 1, count: 32))
        let (cut, wrong) = (
            try team.groups[0].forge(Commit(proposals: [], path: honest)) { $0.membershipTag?.removeLast() },
            try team.groups[0].forge(Commit(proposals: [], path: honest)) { $0.membershipTag?[0] ^= 1 }
        )
        let commits: [(Check, MLSMessage)] = [
            (.membershipTag, cut), (.membershipTag, wrong), (.confirmationTag, try path { _ in }),
            (.decryptionFailed, try path { $0.nodes[0].encryptedPathSecret[0].ciphertext[0] ^= 1 }),
            (
                .invalidPublicKey,
                try path { $0.nodes[0].encryptedPathSecret[0].kemOutput = [UInt8](repeating: 0, count: 32) }
            ),
            (
                .pathSecretMismatch,
                try team.groups[0].forge(
                    Commit(proposals: [], path: try team.groups[0].wrongSecretPath(CommitOptions(), &team.generator)))
            ),
            (.pskUnknown, try team.groups[0].forge(Commit(proposals: [.proposal(.preSharedKey(psk))], path: honest))),
        ]
        for (check, message) in commits {
            let rows = MemoryGroupStore()
            try rows.apply(team.groups[1].changes())
            team.expectRefusal(of: message, check, follower: .accepts)
            let after = MemoryGroupStore()
            try after.apply(team.groups[1].changes())
            #expect(rows.rows == after.rows)
            guard case .publicMessage(let framed) = message.body,
                case .commit(let commit) = try team.follower.open(message)
            else { return }
            #expect(framed.sender == .member(LeafIndex(0)) && commit.sender == .member(LeafIndex(0)))
        }
        // Who refused can go on with what comes instead.
        try team.commit(by: 3)
        try team.expectAgreement()
    }

    @Test
    func `an external commit may carry PSKs, which members need and a follower passes over`() throws {
        var team = try TestGroup(3)
        let key = PreSharedKeyID.Key.external(id: [7])
        let keys = PreSharedKeys([key: Secret([1, 2, 3])])
        var options = ExternalJoinOptions()
        options.psks = [key]
        let client = try Client("outside", using: &team.generator)
        let (joined, commit) = try Group.joinExternally(
            try team.groups[0].groupInfo(), identity: client.identity, options: options, psks: keys, now: testTime,
            judge: AcceptAll(), using: &team.generator)
        team.expectRefusal(of: commit, .pskUnknown, follower: .accepts)
        try team.deliver(commit, except: nil, psks: keys)
        team.groups.append(joined)
        try team.expectAgreement()
    }

    @Test
    func `a follower begins with a GroupInfo that it can verify, and with no other`() throws {
        let team = try TestGroup(4)
        let good = try team.groups[0].groupInfo()
        func begin(_ info: GroupInfo, tree: ExportedRatchetTree? = nil) throws {
            _ = try PublicGroup(info, tree: tree, now: testTime, judge: AcceptAll())
        }
        try begin(good)
        let cases: [(Check, (inout GroupInfo) throws -> Void)] = [
            (.treeHashMismatch, { $0.groupContext.treeHash[0] ^= 1 }),
            (.unsupportedVersion, { $0.groupContext.version = ProtocolVersion(rawValue: 2) }),
            (.unsupportedCipherSuite, { $0.groupContext.cipherSuite = .x448Aes256GcmSha512Ed448 }),
            (.unsupportedCipherSuite, { $0.groupContext.cipherSuite = CipherSuite(rawValue: 0x0a0a) }),
            (.groupInfoSigner, { $0.signer = LeafIndex(77) }),
            (.groupInfoSignature, { $0.signer = LeafIndex(1) }),
            (.treeMissing, { $0.extensions = .none }),
            (.leafSignature, { $0.groupContext.groupId = [9] }),
        ]
        for (check, edit) in cases {
            var info = good
            try edit(&info)
            // Signed again where the suite can sign.
            try? info.sign(team.groups[0].signatureKey.privateKey)
            expectRefusal(check) { try begin(info) }
        }
        var empty = good
        empty.extensions = .none
        try empty.sign(team.groups[0].signatureKey.privateKey)
        expectRefusal(.treeEmpty) { try begin(empty, tree: ExportedRatchetTree(nodes: [])) }
    }
}
