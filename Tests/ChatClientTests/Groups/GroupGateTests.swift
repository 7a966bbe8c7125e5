import CLISupport
import ChatProtocol
import GroupRules
import MLS
import RulesSupport
import TestSupport
import Testing

@testable import ChatClient

/// G1: whether a group may be encrypted to, by what is held of the chains of its leaves' accounts.
@Suite struct GroupGateTests {
    private var gate: GroupGate { GroupGate(gate: .plain) }

    private func look(_ member: GroupMember, _ pair: GroupPair, now: Timestamp = 1_000) throws -> KeyGate.Passage {
        try member.store.write { try gate.look(at: pair.conversation, in: member.store, now: now) }
    }

    /// What a chain that was read brings; a person knows of the first use.
    private func read(_ account: TestAccount, _ member: GroupMember) throws {
        try member.store.write {
            _ = try member.store.meet(
                account.chain, named: account.name, generation: GroupPair.generation, now: 900)
            _ = try member.store.noteTold(account.place.account)
        }
    }

    /// As if the chains had been read, and had nothing new.
    private func asked(_ member: GroupMember, _ pair: GroupPair, now: Timestamp = 1_000) throws {
        let store = member.store
        try store.write {
            let standing = try #require(try store.groupStanding(of: pair.conversation))
            let summary = try #require(try StoredGroup.summary(of: pair.groupId, from: store.groupRows))
            try store.noteAsked(of: standing, summary, own: member.identity.device, now: now)
        }
    }

    private func code(_ passage: KeyGate.Passage) -> String? {
        if case .closed(let problem) = passage { problem.code } else { nil }
    }

    @Test func `G1: a group is open where all chains are held, and a steady send reads one row`() throws {
        var pair = try GroupPair()
        let (ann, _) = try GroupMember.founded(&pair)
        try read(pair.bob, ann)
        #expect(try look(ann, pair) == .unsettled)
        // Her own chain too.
        try read(pair.ann, ann)
        #expect(try look(ann, pair) == .open)
        // The tree is not asked again.
        try ann.store.write {
            try ann.store.database.run(
                "DELETE FROM group_rows WHERE kind = ?", Int(RowKind.treeNode.rawValue))
        }
        #expect(try look(ann, pair) == .open)
    }

    @Test func `S4: a device that a restore has brought back closes the gate until it is removed`() throws {
        var pair = try GroupPair()
        let (ann, _) = try GroupMember.founded(&pair)
        try read(pair.bob, ann)
        try read(pair.ann, ann)
        let (mine, theirs) = (ann.identity.device, pair.bob.first)
        try ann.store.write { try ann.store.noteRestored([DeviceID(high: 9, low: 9)], in: pair.conversation) }
        #expect(try look(ann, pair) == .open)
        try ann.store.write {
            try ann.store.noteRestored([theirs], in: pair.conversation)
            try ann.store.database.run("DELETE FROM group_trusts")
        }
        // Perhaps somebody has had it removed again.
        #expect(try look(ann, pair) == .unsettled)
        try asked(ann, pair)
        guard case .closed(let problem) = try look(ann, pair) else { throw TestFailure("open") }
        #expect(problem.code == "restored_member" && problem.exit == .untrusted && problem.user == "bob")
        // It is kept as it was found.
        #expect(try code(look(ann, pair)) == "restored_member" && mine != theirs)
    }

    @Test func `G1: a device that no chain has closes the gate once that was read`() throws {
        var pair = try GroupPair()
        let (ann, _) = try GroupMember.founded(&pair)
        try read(pair.ann, ann)
        // Bob's account as everybody else sees it begins with another device.
        let other = try TestAccount("bob", seed: 40, at: pair.bob.place)
        try read(other, ann)
        #expect(try look(ann, pair) == .unsettled)
        try asked(ann, pair)
        #expect(try code(look(ann, pair)) == "ghost_device")
        // It is asked again after a while, and when time was set back.
        #expect(try look(ann, pair, now: 900) == .unsettled)
        #expect(try look(ann, pair, now: 62_000) == .unsettled)
    }

    @Test func `G1: who is revoked is removed first`() throws {
        var pair = try GroupPair()
        let (ann, _) = try GroupMember.founded(&pair)
        try read(pair.ann, ann)
        var bob = pair.bob
        _ = try bob.add(.certify)
        try read(bob, ann)
        #expect(try look(ann, pair) == .open)
        try bob.revoke(bob.first)
        try read(bob, ann)
        #expect(try look(ann, pair) == .commitFirst)
    }

    @Test func `G1: a leaf with a key that a renewal has replaced is none of its device`() throws {
        let pair = try GroupPair()
        var bob = try TestAccount("bob", seed: 50)
        let job = try bob.add([.enrolOften])
        try bob.renew(job)
        var generator = SeededGenerator(seed: 51)
        let leaf = try KeyPackage.create(
            suite: GroupPlace.suite, identity: try bob.identity(job), lifetime: GroupPair.lifetime, using: &generator
        ).keyPackage.leafNode
        let name = try #require(RoomName("ops"))
        let room = GroupPolicy(
            server: TestAccount.server, group: pair.policy.group,
            kind: .room(.init(name: name, admins: [bob.party], adders: .admins, access: .closed)))
        func finding(own: DeviceID, isOwn: Bool) throws -> GroupTrust.Finding {
            let person = PersonKeys(account: bob.place.account, isOwn: isOwn, pin: AccountPin(bob.chain))
            let keys = KeyRecord(
                name: bob.name, person: person, isTold: true, pinned: nil, looked: 1, isWanted: false)
            return try GroupTrust(room, [leaf], own: own) { _ in (keys, bob.chain) }.finding
        }
        #expect(try finding(own: bob.first, isOwn: false) == .trusted)
        try bob.renew(job)
        guard case .ghost = try finding(own: bob.first, isOwn: false) else { throw TestFailure("no ghost") }
        // Its own device gives its leaf the new key before it writes.
        #expect(try finding(own: job, isOwn: true) == .commitFirst)
    }

    @Test func `nothing is written to a direct group that a party has no leaf in`() throws {
        let pair = try GroupPair()
        let leaf = try #require(pair.other.members.first { $0.index == pair.joined.ownLeaf }?.leaf)
        let person = PersonKeys(account: pair.ann.place.account, isOwn: true, pin: AccountPin(pair.ann.chain))
        let keys = KeyRecord(name: pair.ann.name, person: person, isTold: true, pinned: nil, looked: 1, isWanted: false)
        let trust = try GroupTrust(pair.policy, [leaf], own: pair.ann.first) { _ in (keys, pair.ann.chain) }
        #expect(trust.finding == .commitFirst)
    }

    @Test func `C4: a chain that cannot be believed closes the group, whoever's it is`() throws {
        var pair = try GroupPair()
        let (ann, _) = try GroupMember.founded(&pair)
        try read(pair.bob, ann)
        try read(pair.ann, ann)
        #expect(try look(ann, pair) == .open)
        let forked = try TestAccount("ann", seed: 41, at: pair.ann.place)
        try read(forked, ann)
        #expect(try code(look(ann, pair)) == "chain_forked")
    }

    @Test func `G2: a chain that somebody says goes on is read before anything is sent there`() throws {
        var pair = try GroupPair()
        let (ann, _) = try GroupMember.founded(&pair)
        try read(pair.bob, ann)
        try read(pair.ann, ann)
        #expect(try look(ann, pair) == .open)
        try ann.store.write { try ann.store.noteChainsWanted(in: pair.conversation) }
        #expect(try look(ann, pair) == .unsettled)
        try asked(ann, pair)
        #expect(try look(ann, pair) == .open)
        // Also where the row is computed for the first time.
        try ann.store.write {
            try ann.store.database.run("DELETE FROM group_trusts")
            try ann.store.noteChainsWanted(in: pair.conversation)
        }
        #expect(try look(ann, pair) == .unsettled)
    }

    @Test func `G1: nothing is asked of an open group, and where all must be verified it is closed`() throws {
        let pair = try GroupPair()
        let everyone = GroupPolicy(
            server: TestAccount.server, group: pair.policy.group, kind: .everyone)
        let trust = try GroupTrust(everyone, [pair.other.members[0].leaf], own: pair.ann.first) { _ in
            throw TestFailure("asked")
        }
        #expect(trust.isOpen && trust.finding == .trusted)
    }
}
