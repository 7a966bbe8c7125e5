import ChatProtocol
import MLS
import RulesSupport
import Testing
import WireCodec

@testable import GroupRules

@Suite struct LeafTests {
    /// The certificate of a device, with another path.
    private func identity(
        _ account: TestAccount, _ device: DeviceID, _ edit: (inout [Link], inout [Renewal]) throws -> Void
    ) throws -> MemberIdentity {
        let path = try #require(account.chain.certificate(of: device)).path
        var (links, renewals) = (path.links, path.renewals)
        try edit(&links, &renewals)
        guard let key = account.present[device] else { throw TestFailure("no key") }
        return try MemberIdentity(
            DeviceCredential(party: account.party, device: device),
            DeviceCertificate(path: DevicePath(links: links, renewals: renewals)), key: key)
    }

    @Test func `J1: a leaf proves itself from its root to its key, by links and renewals that it carries`() throws {
        var world = try TestWorld()
        let plain = try world.bob.add()
        let recovery = try world.bob.add([.certify, .enrolOften])
        try world.bob.renew(recovery)
        let third = try world.bob.add(by: recovery)
        var group = try RulesGroup(try world.room(), founder: try world.ann.identity())
        try group.add([
            try world.bob.identity(), try world.bob.identity(plain), try world.bob.identity(recovery),
            try world.bob.identity(third),
        ])
        try group.commit(by: 3)
        // After a later renewal, what it has signed is still proven by the one that signed it.
        try world.bob.renew(recovery)
        try world.bob.renew(recovery)
        let other = try world.bob.add(by: recovery)
        try group.add([try world.bob.identity(other)])
    }

    @Test func `J1: a leaf whose links do not lead to it is refused on every path`() throws {
        var world = try TestWorld()
        let plain = try world.bob.add()
        let second = try world.bob.add(.certify)
        let deep = try world.bob.add(by: second)
        let recovery = try world.bob.add([.enrolOften])
        try world.bob.renew(recovery)
        try world.bob.renew(recovery)
        let bob = world.bob
        // Signed by a device that may not certify, whose links are right but for that.
        let byPlain = try bob.link(.add(try world.bob.grant()), by: plain)
        var wrong: [MemberIdentity] = [
            try identity(bob, deep) { links, _ in links.remove(at: 1) },
            try identity(bob, deep) { links, _ in links.swapAt(1, 2) },
            try identity(bob, deep) { links, _ in links.removeFirst() },
            try identity(bob, deep) { links, _ in links.removeLast() },
            try identity(bob, deep) { links, _ in links.append(links[2]) },
            try identity(bob, plain) { links, _ in links[1] = byPlain },
            try identity(bob, plain) { links, _ in links.append(byPlain) },
            try identity(bob, recovery) { _, renewals in renewals = [] },
            try identity(bob, recovery) { _, renewals in renewals += renewals },
            try identity(bob, plain) { _, renewals in
                renewals = try #require(bob.chain.certificate(of: recovery)).path.renewals
            },
        ]
        // Another root, account, device or key than the certificate's.
        let own = try bob.identity(plain)
        let certificate = try #require(bob.chain.certificate(of: plain))
        let key = own.signatureKey
        for credential in [
            DeviceCredential(party: Party(account: bob.place.account, root: world.eve.chain.root), device: plain),
            DeviceCredential(party: Party(account: world.eve.place.account, root: bob.chain.root), device: plain),
            DeviceCredential(party: bob.party, device: deep),
        ] { wrong.append(try MemberIdentity(credential, certificate, key: key)) }
        wrong.append(
            try MemberIdentity(
                DeviceCredential(party: bob.party, device: plain), certificate, key: try world.eve.generator.pair()))
        // The enrol key itself, which signs renewals and nothing else.
        let enrol = try #require(bob.granted[recovery])
        let recoveryPath = try #require(bob.chain.certificate(of: recovery)).path
        for renewals in [[], recoveryPath.renewals] {
            wrong.append(
                try MemberIdentity(
                    DeviceCredential(party: bob.party, device: recovery),
                    DeviceCertificate(path: DevicePath(links: recoveryPath.links, renewals: renewals)), key: enrol))
        }
        var group = try RulesGroup(
            try world.room(access: .open), founder: try world.ann.identity())
        for identity in wrong {
            let package = try group.keyPackage(identity)
            try group.expectRefusal(.j1, of: [.add(package.keyPackage)])
            let (_, commit) = try group.external(identity, judge: Anything())
            group.expectRefusal(.j1, of: commit, except: nil)
            let founded = try RulesGroup.found(
                try world.room(), identity, key: group.groupKey, judge: Anything(), using: &group.generator)
            expectJudged(.j1) { _ = try PublicGroup(try founded.groupInfo(), now: nil, judge: group.judge) }
        }
    }

    @Test func `J1: a leaf has a certificate, a credential of ours, and nothing beside them`() throws {
        let world = try TestWorld()
        let identity = try world.bob.identity()
        var bare = identity
        bare.extensions = .none
        var more = identity
        more.capabilities.extensions.append(ExtensionType(rawValue: 0xF0FF))
        more.extensions = try Extensions(
            identity.extensions.list + [MLS.Extension(type: ExtensionType(rawValue: 0xF0FF), data: [1])])
        var named = identity
        named.credential = .basic(identity: Array("bob".utf8))
        var broken = identity
        broken.extensions = try Extensions([MLS.Extension(type: .deviceCertificate, data: [1, 2, 3])])
        var group = try RulesGroup(try world.room(), founder: try world.ann.identity())
        for wrong in [bare, more, named, broken] {
            let package = try group.keyPackage(wrong)
            try group.expectRefusal(.j1, of: [.add(package.keyPackage)])
        }
    }

    @Test func `J1: what the leaf before had is not verified again`() throws {
        let world = try TestWorld()
        var group = try RulesGroup(try world.room(), founder: try world.ann.identity())
        try group.add([try world.bob.identity()])
        let commit = try group.groups[0].commit(now: nil, judge: group.judge, using: &group.generator)
        var follower = group.follower
        let judge = group.judge
        let (counts, error) = OperationCount.of { try follower.process(commit.message, judge: judge) }
        // The message and the new leaf.
        #expect(error == nil && counts[.verify] == 2)
    }

    @Test func `J2: a tree has one leaf a device, one root and one name an account, and one account a name`() throws {
        var world = try TestWorld()
        let second = try world.ann.add(.enrolOften)
        try world.ann.renew(second)
        let once = try world.ann.identity(second)
        try world.ann.renew(second)
        let again = try world.ann.identity(second)
        let namesake = try TestAccount("ann", seed: 9)
        var reset = world.ann
        let new = try reset.reset()
        let other = try reset.identity(new)
        // The same account and root under another name: nobody can make a certificate of it, but for who makes a chain of its own.
        let policy = try world.room()
        var group = try RulesGroup(policy, founder: try world.ann.identity())
        try group.add([once])
        for wrong in [again, try namesake.identity(), other] {
            let package = try group.keyPackage(wrong)
            try group.expectRefusal(.j2, of: [.add(package.keyPackage)])
        }
        // And who joins or follows such a group sees it in the whole tree.
        var hostile = group.groups[0]
        for wrong in [again, try namesake.identity(), other] {
            let package = try group.keyPackage(wrong)
            _ = try hostile.commit(
                CommitOptions([.add(package.keyPackage)]), now: nil, judge: Anything(), using: &group.generator)
            var merged = hostile
            try merged.mergePending()
            let info = try merged.groupInfo()
            expectJudged(.j2) { _ = try PublicGroup(info, now: nil, judge: group.judge) }
            hostile.discardPending()
        }
    }

    @Test func `J3: under one credential the key changes only with a higher instance`() throws {
        var world = try TestWorld()
        let device = try world.bob.add(.enrolOften)
        try world.bob.renew(device)
        let first = try world.bob.identity(device)
        try world.bob.renew(device)
        let second = try world.bob.identity(device)
        var group = try RulesGroup(try world.room(access: .open), founder: try world.ann.identity())
        try group.add([second])
        // By a commit of its own, and by coming back from outside.
        try group.expectRefusal(.j3, of: [], by: 1, newIdentity: first)
        let (_, back) = try group.external(first, removing: LeafIndex(1), judge: Anything())
        group.expectRefusal(.j3, of: back, except: 1)
        try world.bob.renew(device)
        let third = try world.bob.identity(device)
        try group.join(third, removing: LeafIndex(1))
        #expect(group.follower.member(LeafIndex(1))?.signatureKey == third.signatureKey.publicKey)
    }

    @Test func `J3: a leaf of another device takes no leaf's place`() throws {
        var world = try TestWorld()
        let other = try world.bob.add()
        var group = try RulesGroup(try world.room(), founder: try world.ann.identity())
        try group.add([try world.bob.identity()])
        let identity = try world.bob.identity(other)
        var options = CommitOptions()
        options.newIdentity = identity
        let hostile = try group.groups[1].commit(options, now: nil, judge: Anything(), using: &group.generator)
        for (check, refusal) in [(Check.identityChanged, hostile.message)] {
            do {
                try group.groups[0].process(refusal, judge: group.judge)
                Issue.record("not refused")
            } catch let error as MLSError {
                #expect(error.check == check)
            }
        }
    }

    @Test func `a certificate has at most 6 links and 2 KiB, and an add that would need more is refused`() throws {
        var ann = try TestAccount()
        var last = ann.first
        for _ in 1..<RuleLimits.certificateLinks { last = try ann.add(.certify, by: last) }
        #expect(try ann.identity(last).extensions.list[0].data.count <= RuleLimits.certificateBytes)
        expectRefusal(.j1, .tooLarge) { _ = try ann.add(by: last) }
        // With renewals on the way the bytes run out before the links do.
        var bob = try TestAccount("bob", seed: 2)
        last = bob.first
        var depth = 1
        expectRefusal(.j1, .tooLarge) {
            while depth < RuleLimits.certificateLinks {
                let next = try bob.add([.certify, .enrolOnce], by: last)
                try bob.renew(next)
                #expect(try bob.identity(next).extensions.list[0].data.count <= RuleLimits.certificateBytes)
                last = next
                depth += 1
            }
        }
        #expect(try bob.renewal(last, instance: 1).0.wireBytes.count == Renewal.byteCount)
    }
}
