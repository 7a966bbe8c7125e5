import Testing

@testable import MLS

/// Walks what is stored after each step, for secrets that should be gone by then (RFC 9420 §9.2, §8, §12.4.3.1).
@Suite struct SecretLifeTests {
    private let groupId: [UInt8] = [1, 2, 3]

    @Test
    func `a join leaves neither the init key nor the joiner, welcome, path and encryption secrets`() throws {
        let invitation = try Invitation()
        let algorithms = invitation.team.groups[0].algorithms
        let joiner = Secret(invitation.secrets.joinerSecret)
        let psk = Secret.zero(32)
        let schedule = KeySchedule(
            algorithms, joinerSecret: joiner, pskSecret: psk, context: invitation.info.groupContext.encoded)
        var group = try invitation.join(invitation.welcome)
        #expect(schedule.secrets.initSecret == group.secrets.initSecret)
        let store = MemoryGroupStore()
        try group.save(to: store)
        #expect(store.contains(schedule.secrets.initSecret))
        // What must be there, or the walk would find nothing ever.
        #expect(store.contains(invitation.own.encryptionKey.privateKey))
        let path = Secret(try #require(invitation.secrets.pathSecret))
        for (name, secret) in [
            ("init key", invitation.own.initKey.privateKey), ("joiner_secret", joiner), ("path secret", path),
            ("next path secret", algorithms.derive(path, "path")), ("node secret", algorithms.derive(path, "node")),
            ("welcome_secret", schedule.welcomeSecret), ("encryption_secret", schedule.encryptionSecret),
        ] { #expect(!store.contains(secret), "\(name)") }
    }

    @Test
    func `a commit of ours leaves its commit secret and the replaced keys only while it waits`() throws {
        var team = try TestGroup(4)
        let store = MemoryGroupStore()
        let before = team.groups[1]
        let pending = try team.groups[1].commit(now: testTime, judge: AcceptAll(), using: &team.generator)
        try team.groups[1].save(to: store)
        #expect(store.contains(pending.secrets.commitSecret))
        #expect(!store.contains(pending.staged.next?.secrets.initSecret ?? .zero(32)))
        for index in [0, 2, 3] { try team.groups[index].process(pending.message) }
        try team.follower.process(pending.message)
        try team.groups[1].mergePending()
        try team.groups[1].save(to: store)
        #expect(!store.contains(pending.secrets.commitSecret))
        for pair in before.keys.pairs.values { #expect(!store.contains(pair.privateKey)) }
        for pair in pending.secrets.pairs.values { #expect(store.contains(pair.privateKey)) }
        // One that lost leaves nothing at all.
        let lost = try team.groups[1].commit(now: testTime, judge: AcceptAll(), using: &team.generator)
        try team.groups[1].save(to: store)
        try team.commit(by: 2)
        try team.groups[1].save(to: store)
        #expect(!store.contains(lost.secrets.commitSecret))
        for pair in lost.secrets.pairs.values { #expect(!store.contains(pair.privateKey)) }
        // Nor does one that was discarded.
        let dropped = try team.groups[1].commit(now: testTime, judge: AcceptAll(), using: &team.generator)
        try team.groups[1].save(to: store)
        team.groups[1].discardPending()
        try team.groups[1].save(to: store)
        #expect(!store.contains(dropped.secrets.commitSecret))
        for pair in dropped.secrets.pairs.values { #expect(!store.contains(pair.privateKey)) }
    }

    @Test
    func `keys of an Update that was not committed die with its epoch; committed ones replace the old`() throws {
        for isCommitted in [true, false] {
            var team = try TestGroup(3)
            let store = MemoryGroupStore()
            let old = try #require(team.groups[1].keys.leafKey)
            let update = try team.groups[1].proposeUpdate(using: &team.generator)
            let new = try #require(team.groups[1].ownUpdates.values.first).leafKey
            try team.groups[1].save(to: store)
            #expect(store.contains(new.privateKey) && store.contains(old.privateKey))
            try team.deliver(update, except: 1)
            var options = CommitOptions()
            if !isCommitted { options.references = [] }
            try team.commit(options)
            try team.groups[1].save(to: store)
            #expect(store.contains(new.privateKey) == isCommitted)
            #expect(store.contains(old.privateKey) != isCommitted)
        }
    }

    @Test
    func `a private key dies when its node is blanked or set by somebody else`() throws {
        var team = try TestGroup(8)
        for committer in 0..<8 { try team.commit(by: committer) }
        let store = MemoryGroupStore()
        try team.groups[1].save(to: store)
        let keys = team.groups[1].keys
        #expect(keys.pairs.count == 4)
        // A removal on the other side blanks the root, and the committer sets it again.
        try team.commit(CommitOptions([.remove(LeafIndex(6))]), by: 7)
        try team.groups[1].save(to: store)
        let gone = keys.pairs.filter { team.groups[1].keys.pairs[$0.key] != $0.value }
        #expect(!gone.isEmpty)
        for (node, pair) in gone { #expect(!store.contains(pair.privateKey), "node \(node.offset)") }
    }

    @Test
    func `a chain of steps of the secret tree leaves no secret from which a used key could be made again`() throws {
        var team = try TestGroup(8)
        let store = MemoryGroupStore()
        let fresh = team.groups[1].secretTree
        try team.groups[1].save(to: store)
        let algorithms = fresh.algorithms
        var gone: [(String, Secret)] = []
        for (sender, count) in [(5, 3), (2, 1), (7, 2), (0, 1)] {
            // What leads to the sender's keys: nodes above its leaf, and its ratchet's secret of each generation.
            let step = try fresh.taking(.application, of: LeafIndex(sender), generation: 0)
            for node in step.consumed {
                if let secret = fresh.nodes[node] { gone.append(("node \(node.offset)", secret)) }
            }
            var ratchet = try initialRatchet(fresh, LeafIndex(sender))
            for _ in 0..<count {
                gone.append(("ratchet of \(sender)", ratchet.secret))
                let key = try ratchet.step(algorithms)
                gone.append(("key \(key.generation) of \(sender)", key.key))
                let message = try team.groups[sender].send([1], using: &team.generator)
                let (_, changes) = try StoredGroup.open(message, from: store)
                try store.apply(changes)
            }
            #expect(store.contains(ratchet.secret))
            for (name, secret) in gone { #expect(!store.contains(secret), "\(name) after \(sender)") }
        }
        // Of a message that was passed over, the key is kept until it is used, and the ratchet secret is not.
        let late = try team.groups[5].send([1], using: &team.generator)
        let last = try team.groups[5].send([2], using: &team.generator)
        var ratchet = try initialRatchet(fresh, LeafIndex(5))
        for _ in 0..<3 { _ = try ratchet.step(algorithms) }
        let secret = ratchet.secret
        let key = try ratchet.step(algorithms).key
        try store.apply(try StoredGroup.open(last, from: store).changes)
        #expect(store.contains(key) && !store.contains(secret))
        try store.apply(try StoredGroup.open(late, from: store).changes)
        #expect(!store.contains(key))
    }

    /// A sender's ratchet of application messages at the epoch's start.
    private func initialRatchet(_ tree: SecretTree, _ leaf: LeafIndex) throws -> Ratchet {
        var prepared = tree
        try prepared.prepare(leaf)
        return try #require(prepared.ratchets[leaf]).application
    }

    @Test
    func `resumption secrets are kept for so many epochs and no longer`() throws {
        var team = try TestGroup(2)
        let store = MemoryGroupStore()
        try team.groups[1].save(to: store)
        let first = try #require(team.groups[1].resumptionSecret(epoch: team.groups[1].epoch))
        for step in 0...Limits.resumptionEpochs {
            #expect(store.contains(first) == (step < Limits.resumptionEpochs), "\(step)")
            try team.commit(by: step % 2)
            try team.groups[1].save(to: store)
        }
        #expect(!store.contains(first))
        #expect(try store.rows(.resumption, of: groupId).count == Limits.resumptionEpochs)
    }

    @Test
    func `who was removed, or left by a resync, keeps nothing but the fact`() throws {
        var team = try TestGroup(3)
        let store = MemoryGroupStore()
        _ = try team.groups[1].proposeUpdate(using: &team.generator)
        _ = try team.groups[1].commit(.withoutReferences, now: testTime, judge: AcceptAll(), using: &team.generator)
        try team.groups[1].save(to: store)
        try team.commit(CommitOptions([.remove(LeafIndex(1))]), by: 0)
        try team.groups[1].save(to: store)
        #expect(store.rows.keys.allSatisfy { $0.kind == .head })
        expectRefusal(.notMember) { _ = try Group.load(groupId, from: store, judge: AcceptAll()) }
    }
}
