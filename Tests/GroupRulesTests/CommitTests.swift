import ChatProtocol
import MLS
import RulesSupport
import Testing
import WireCodec

@testable import GroupRules

@Suite struct CommitTests {
    private func change(_ policy: GroupPolicy, _ group: RulesGroup) throws -> Proposal {
        .groupContextExtensions(try policy.extensions(groupKey: group.groupKey.publicKey))
    }

    @Test func `J4: the policy changes only by an admin, and alone in its commit`() throws {
        let world = try TestWorld()
        var group = try RulesGroup(try world.room(adders: .members), founder: try world.ann.identity())
        try group.add([try world.bob.identity()])
        let wanted = try world.room(admins: [world.bob.party, world.eve.party], adders: .members)
        try group.expectRefusal(.j4, of: [try change(wanted, group)], by: 1)
        let package = try group.keyPackage(try world.eve.identity())
        try group.expectRefusal(.j4, of: [try change(wanted, group), .add(package.keyPackage)])
        // No rule asks whether an admin has a leaf: the one who is left need not be here.
        try group.commit([try change(wanted, group)])
        try group.expectRefusal(.j4, of: [try change(try world.room(), group)])
        try group.commit([try change(try world.room(admins: [world.eve.party], access: .open), group)], by: 1)
        try group.expectRefusal(.j4, of: [try change(try world.room(), group)], by: 1)
    }

    @Test func `J4: waiting Removes are committed before the policy changes`() throws {
        let world = try TestWorld()
        var group = try RulesGroup(try world.room(), founder: try world.ann.identity())
        try group.add([try world.bob.identity(), try world.eve.identity()])
        try group.serverRemoves(LeafIndex(2))
        let wanted = try world.room(access: .open)
        try group.expectRefusal(.j4, of: [try change(wanted, group)])
        try group.commit()
        try group.commit([try change(wanted, group)])
    }

    @Test func `J4: version, server, ids, type, name, incarnation, parties and external sender never change`() throws {
        let world = try TestWorld()
        let policy = try world.room()
        var group = try RulesGroup(policy, founder: try world.ann.identity())
        try group.add([try world.bob.identity()])
        guard case .room(let room) = policy.kind else { return }
        let elsewhere = GroupPolicy(
            server: ServerID(high: 8, low: 8), group: policy.group, kind: policy.kind)
        let moved = GroupPolicy(
            server: policy.server, group: policy.group, kind: .room(room),
            previous: .init(incarnation: 0, epoch: 1, confirmedTranscriptHash: []))
        for wrong in [
            elsewhere, moved, try world.room(name: "dev"), try world.room(conversation: 8),
            try world.room(incarnation: 1), world.everyone(), world.direct(),
        ] { try group.expectRefusal(.j4, of: [try change(wrong, group)]) }
        // Another one who proposes, a second one, none; another extension; another demand; a later version.
        let key = group.groupKey.publicKey
        let other = GroupPolicy.externalSender(policy.server, try world.bob.identity().signatureKey.publicKey)
        let good = try policy.extensions(groupKey: key).list
        let ours = GroupPolicy.externalSender(policy.server, key)
        for list in [
            [good[0], .externalSenders([other]), good[2]], [good[0], .externalSenders([ours, other]), good[2]],
            [good[0], good[2]], [good[1], good[2]], good + [MLS.Extension(type: .deviceCertificate, data: [])],
            [.requiredCapabilities(RequiredCapabilities()), good[1], good[2]], [good[0], good[1]],
            [good[0], good[1], MLS.Extension(type: .chatPolicy, data: [2] + good[2].data.dropFirst())],
            [good[0], good[1], MLS.Extension(type: .chatPolicy, data: good[2].data + [0])],
        ] { try group.expectRefusal(.j4, of: [.groupContextExtensions(try Extensions(list))]) }
    }

    @Test func `J4: one admin remains among those named`() throws {
        let world = try TestWorld()
        var group = try RulesGroup(try world.room(), founder: try world.ann.identity())
        try group.add([try world.bob.identity()])
        try group.expectRefusal(.j4, of: [try change(try world.room(admins: []), group)])
    }

    @Test func `J4: a group that begins otherwise is not entered`() throws {
        var world = try TestWorld()
        let policy = try world.room()
        let group = try RulesGroup(policy, founder: try world.ann.identity())
        let identity = try world.ann.identity()
        let key = group.groupKey
        var generator = group.generator
        func enter(_ policy: GroupPolicy, _ extensions: Extensions? = nil) throws {
            let founded = try RulesGroup.found(
                policy, identity, key: key, judge: Anything(), extensions, using: &generator)
            _ = try PublicGroup(try founded.groupInfo(), now: nil, judge: group.judge)
        }
        try enter(policy)
        let other = try world.bob.generator.pair().publicKey
        expectJudged(.j4) { try enter(policy, try policy.extensions(groupKey: other)) }
        expectJudged(.j4) { try enter(policy, Extensions.none) }
        let elsewhere = GroupPolicy(server: ServerID(high: 8, low: 8), group: policy.group, kind: policy.kind)
        expectJudged(.j4) { try enter(elsewhere) }
        // A direct conversation of other parties than its id's.
        let direct = GroupPolicy(
            server: TestAccount.server, group: world.direct().group,
            kind: .direct(parties: [world.ann.party, world.eve.party].sorted(by: GroupPolicy.isBefore)))
        expectJudged(.j4) { try enter(direct, try direct.extensions(groupKey: key.publicKey)) }
    }

    @Test func `J5: in rooms the policy says who adds; direct groups at their founding only; everyone never`() throws {
        var world = try TestWorld()
        let second = try world.bob.add()
        var room = try RulesGroup(try world.room(), founder: try world.ann.identity())
        try room.add([try world.bob.identity()])
        try room.expectRefusal(.j5, of: [.add(try room.keyPackage(try world.eve.identity()).keyPackage)], by: 1)
        let wanted = try world.room(adders: .members)
        try room.commit([try change(wanted, room)])
        try room.add([try world.eve.identity()], by: 1)
        var direct = try RulesGroup(world.direct(), founder: try world.ann.identity())
        try direct.expectRefusal(.j5, of: [.add(try direct.keyPackage(try world.eve.identity()).keyPackage)])
        try direct.add([try world.bob.identity()])
        let late = try direct.keyPackage(try world.bob.identity(second))
        try direct.expectRefusal(.j5, of: [.add(late.keyPackage)])
        var everyone = try RulesGroup(world.everyone(), founder: try world.ann.identity())
        try everyone.expectRefusal(.j5, of: [.add(try everyone.keyPackage(try world.bob.identity()).keyPackage)])
        // Nobody founds a direct conversation of others.
        let eve = try world.eve.identity()
        expectJudged(.j5) {
            _ = try RulesGroup.found(
                world.direct(), eve, key: direct.groupKey, judge: direct.judge, using: &direct.generator)
        }
    }

    @Test func `J6: the server's Remove by reference is of any leaf, an admin's by value of anybody's`() throws {
        let world = try TestWorld()
        var group = try RulesGroup(try world.room(), founder: try world.ann.identity())
        try group.add([try world.bob.identity(), try world.eve.identity()])
        try group.expectRefusal(.j6, of: [.remove(LeafIndex(2))], by: 1)
        try group.expectRefusal(.j6, of: [.remove(LeafIndex(0))], by: 1)
        try group.serverRemoves(LeafIndex(2))
        try group.commit(by: 1)
        #expect(group.follower.members.count == 2)
        try group.commit([.remove(LeafIndex(1))])
        #expect(group.follower.members.count == 1)
    }

    @Test func `J6: anyone removes a leaf whose revocation, with what proves its signer, comes with the commit`() throws
    {
        var world = try TestWorld()
        let lost = try world.eve.add()
        let own = try world.eve.add()
        let other = try world.eve.add(.certify)
        var group = try RulesGroup(try world.room(), founder: try world.ann.identity())
        try group.add([
            try world.bob.identity(), try world.eve.identity(lost), try world.eve.identity(own),
            try world.eve.identity(other),
        ])
        let before = world.eve
        try world.eve.revoke(lost, by: other)
        try world.eve.revoke(own, by: own)
        let eve = world.eve.chain
        let revocation = try #require(eve.revocation(of: lost))
        let byItself = try #require(eve.revocation(of: own))
        // Of another device; by a device that may not certify; by nobody of this root; cut; not needed; not readable.
        let plain = try before.link(.revoke(lost), by: own)
        let stranger = try world.bob.link(.revoke(lost), at: eve.place)
        let bobsPath = try #require(world.bob.chain.certificate(of: world.bob.first)).path
        let wrong: [CommitNote] = [
            CommitNote(revocations: [byItself]),
            CommitNote(revocations: [Revocation(link: plain, signer: byItself.signer)]),
            CommitNote(revocations: [Revocation(link: stranger, signer: bobsPath)]),
            CommitNote(revocations: [Revocation(link: stranger, signer: revocation.signer)]),
            CommitNote(revocations: [Revocation(link: revocation.link, signer: byItself.signer)]),
            CommitNote(revocations: [revocation, byItself]),
        ]
        for note in wrong { try group.expectRefusal(.j6, of: [.remove(LeafIndex(2))], by: 1, note: note) }
        try group.expectRefusal(.j6, of: [], by: 1, note: CommitNote(revocations: [revocation]))
        try group.expectRefusal(.j6, of: [.remove(LeafIndex(2))], by: 1, data: [1, 0])
        try group.expectRefusal(.j6, of: [], by: 1, data: [7])
        try group.commit(
            [.remove(LeafIndex(2)), .remove(LeafIndex(3))], by: 1,
            note: CommitNote(revocations: [revocation, byItself]))
        #expect(group.follower.members.count == 3)
    }

    @Test func `J7: from outside joins who has a leaf, is a party or admin, or finds the room open`() throws {
        var world = try TestWorld()
        let second = try world.bob.add()
        let annsOther = try world.ann.add()
        var room = try RulesGroup(try world.room(), founder: try world.ann.identity())
        func refused(_ identity: MemberIdentity, _ group: inout RulesGroup) throws {
            let judge = group.judge
            var copy = group
            expectJudged(.j7) { _ = try copy.external(identity, judge: judge) }
            let (_, commit) = try group.external(identity, judge: Anything())
            group.expectRefusal(.j7, of: commit, except: nil)
        }
        try refused(try world.bob.identity(), &room)
        try room.add([try world.bob.identity()])
        try room.join(try world.bob.identity(second))
        try room.join(try world.ann.identity(annsOther))
        try refused(try world.eve.identity(), &room)
        try room.commit([try change(try world.room(access: .open), room)])
        try room.join(try world.eve.identity())
        var direct = try RulesGroup(world.direct(), founder: try world.ann.identity())
        try direct.join(try world.bob.identity())
        try refused(try world.eve.identity(), &direct)
        var everyone = try RulesGroup(world.everyone(), founder: try world.eve.identity())
        try everyone.join(try world.bob.identity())
    }

    @Test func `J7: its only Remove is of its own former leaf, and must be there if it has one`() throws {
        var world = try TestWorld()
        let second = try world.bob.add()
        var group = try RulesGroup(try world.room(access: .open), founder: try world.ann.identity())
        try group.add([try world.bob.identity(), try world.bob.identity(second), try world.eve.identity()])
        func refused(_ rule: Rule, _ identity: MemberIdentity, removing leaf: UInt32?, note: CommitNote? = nil) throws {
            let (_, commit) = try group.external(
                identity, removing: leaf.map { LeafIndex(Int($0)) }, note: note, judge: Anything())
            group.expectRefusal(rule, of: commit, except: nil)
        }
        // Another's, one's own other device's.
        let fresh = try world.eve.add()
        try refused(.j7, try world.eve.identity(fresh), removing: 1)
        try refused(.j7, try world.eve.identity(fresh), removing: 3)
        // No other note than none.
        try world.bob.revoke(second)
        let revocation = try #require(world.bob.chain.revocation(of: second))
        try refused(
            .j7, try world.bob.identity(), removing: 1, note: CommitNote(revocations: [revocation]))
        try group.join(try world.bob.identity(), removing: LeafIndex(1))
        #expect(group.follower.members.count == 4)
    }

    @Test func `J8: by reference only the server's Removes are taken, and at most 256 wait`() throws {
        let world = try TestWorld()
        let judge = try RulesGroup(try world.room(), founder: try world.ann.identity()).judge
        let server = Sender.external(index: 0)
        #expect(judge.judge(proposal: .remove(LeafIndex(1)), from: server, waiting: 255) == .accept)
        #expect(judge.judge(proposal: .remove(LeafIndex(1)), from: server, waiting: 256) != .accept)
        for sender in [Sender.external(index: 1), .member(LeafIndex(0)), .newMemberProposal] {
            #expect(judge.judge(proposal: .remove(LeafIndex(1)), from: sender, waiting: 0) != .accept)
        }
        var group = try RulesGroup(try world.room(), founder: try world.ann.identity())
        try group.add([try world.bob.identity(), try world.eve.identity()])
        let adding = Proposal.add(try group.keyPackage(try TestAccount("dan", seed: 4).identity()).keyPackage)
        #expect(judge.judge(proposal: adding, from: server, waiting: 0) != .accept)
        // A commit that names such a one although members were told not to keep it.
        for proposal in [adding, .remove(LeafIndex(2))] {
            var copy = group
            let message = try copy.groups[1].propose(proposal, using: &copy.generator)
            for index in [0, 2] { try copy.groups[index].process(message, judge: judge) }
            try copy.follower.process(message, judge: judge)
            let commit = try copy.groups[0].commit(now: nil, judge: Anything(), using: &copy.generator)
            copy.expectRefusal(.j8, of: commit.message, except: 0)
        }
    }

    @Test func `J8: pre-shared keys and re-initialisations are refused`() throws {
        let world = try TestWorld()
        var group = try RulesGroup(try world.room(), founder: try world.ann.identity())
        try group.add([try world.bob.identity()])
        let epoch = group.groups[0].epoch
        let psk = group.groups[0].preSharedKeyProposal(
            .resumption(usage: .application, groupId: group.groups[0].groupId, epoch: epoch), using: &group.generator)
        try group.expectRefusal(.j8, of: [psk])
        try group.expectRefusal(
            .j8, of: [.reInit(ReInit(groupId: [9], cipherSuite: .x25519Aes128GcmSha256Ed25519))])
        #expect(!group.judge.isSameMember(group.groups[0].members[0].leaf, group.groups[0].members[0].leaf))
    }

    @Test func `J9: lifetimes are not judged`() throws {
        // Every key package and founder here has a lifetime that was over in 1970.
        let world = try TestWorld()
        var group = try RulesGroup(try world.room(access: .open), founder: try world.ann.identity())
        try group.add([try world.bob.identity()])
        try group.join(try world.eve.identity())
        #expect(GroupJudge.now == nil && group.follower.members.count == 3)
    }
}
