import Testing

@testable import MLS

/// A store in which another process writes while one reads: after the first look at rows of `kind`.
private final class RacingStore: GroupStorage {
    private let store: MemoryGroupStore
    private let kind: RowKind
    private var race: (() throws(MLSError) -> Void)?

    init(_ store: MemoryGroupStore, after kind: RowKind, _ race: @escaping () throws(MLSError) -> Void) {
        self.store = store
        self.kind = kind
        self.race = race
    }

    private func looked(at kind: RowKind) throws(MLSError) {
        guard kind == self.kind, let race else { return }
        self.race = nil
        try race()
    }

    func row(_ key: RowKey) throws(MLSError) -> Row? {
        let row = try store.row(key)
        try looked(at: key.kind)
        return row
    }

    func rows(_ kind: RowKind, of groupId: [UInt8]) throws(MLSError) -> [(index: UInt64, row: Row)] {
        let rows = try store.rows(kind, of: groupId)
        try looked(at: kind)
        return rows
    }

    func apply(_ batch: RowBatch) throws(MLSError) { try store.apply(batch) }
}

/// State in rows.
@Suite struct StateTests {
    let groupId: [UInt8] = [1, 2, 3]

    private func reload(_ group: inout Group, _ store: some GroupStorage) throws {
        try group.save(to: store)
        group = try Group.load(groupId, from: store, judge: AcceptAll())
    }

    private func live(_ store: some GroupStorage) throws {
        var team = try TestGroup(6)
        for step in 0..<6 {
            try reload(&team.groups[2], store)
            try team.commit(by: step)
            try reload(&team.groups[2], store)
            let message = try team.groups[2].send([UInt8(step)], using: &team.generator)
            try reload(&team.groups[2], store)
            #expect(try team.groups[3].read(message).data == [UInt8(step)])
            let answer = try team.groups[3].send([9], using: &team.generator)
            #expect(try team.groups[2].read(answer).data == [9])
            try reload(&team.groups[2], store)
            expectRefusal(.generationUsed) { _ = try team.groups[2].open(answer) }
            try team.expectAgreement()
        }
        let update = try team.groups[2].proposeUpdate(using: &team.generator)
        try reload(&team.groups[2], store)
        try team.deliver(update, except: 2)
        try team.commit(CommitOptions([.remove(LeafIndex(5))]), by: 4)
        try reload(&team.groups[2], store)
        try team.add(5, by: 2)
        try reload(&team.groups[2], store)
        try team.commit(by: 7)
        try team.expectAgreement()
    }

    @Test
    func `a member that lives in rows goes on after each step, in memory`() throws { try live(MemoryGroupStore()) }

    @Test
    func `a member that lives in rows goes on after each step, in SQLite`() throws { try live(try SQLiteGroupStore()) }

    @Test(arguments: [2, 40, 200])
    func `sending from rows reads and writes under 2 kB, whatever the size of the group`(_ size: Int) throws {
        var team = try TestGroup(size, joining: 1)
        let store = MemoryGroupStore()
        try team.groups[1].save(to: store)
        store.resetCounts()
        let (message, changes) = try StoredGroup.send([7], to: groupId, from: store, using: &team.generator)
        try store.apply(changes)
        #expect(store.bytesRead + store.bytesWritten < 2_048)
        #expect(try team.groups[0].read(message).data == [7])
    }

    @Test
    func `opening from rows reads its sender's only, and the plaintext comes with what must be stored`() throws {
        var team = try TestGroup(40)
        let store = MemoryGroupStore()
        try team.groups[1].save(to: store)
        for sender in [5, 5, 39, 0, 5] {
            let message = try team.groups[sender].send([1], using: &team.generator)
            store.resetCounts()
            let (content, changes) = try StoredGroup.open(message, from: store)
            #expect(content.sender == LeafIndex(sender))
            #expect(store.bytesRead < 2_048)
            try store.apply(changes)
            expectRefusal(.generationUsed) { _ = try StoredGroup.open(message, from: store) }
        }
        // The whole group, loaded again, knows what was used.
        team.groups[1] = try Group.load(groupId, from: store, judge: AcceptAll())
        let message = try team.groups[5].send([2], using: &team.generator)
        #expect(try team.groups[1].read(message).generation == 3)
    }

    @Test
    func `two processes never send one generation twice`() throws {
        var team = try TestGroup(3)
        let store = try SQLiteGroupStore()
        try team.groups[1].save(to: store)
        let first = try StoredGroup.send([1], to: groupId, from: store, using: &team.generator)
        let second = try StoredGroup.send([2], to: groupId, from: store, using: &team.generator)
        try store.apply(first.changes)
        expectRefusal(.storeConflict) { try store.apply(second.changes) }
        // The whole group in a third process has the same conflict.
        _ = try team.groups[1].send([3], using: &team.generator)
        expectRefusal(.storeConflict) { try team.groups[1].save(to: store) }
        let again = try StoredGroup.send([2], to: groupId, from: store, using: &team.generator)
        try store.apply(again.changes)
        #expect(try team.groups[0].read(first.message).generation == 0)
        #expect(try team.groups[0].read(again.message).generation == 1)
    }

    @Test
    func `two processes that open from one node of the secret tree cannot both store it`() throws {
        var team = try TestGroup(8)
        let store = MemoryGroupStore()
        try team.groups[0].save(to: store)
        let one = try StoredGroup.open(try team.groups[6].send([1], using: &team.generator), from: store)
        let other = try StoredGroup.open(try team.groups[7].send([2], using: &team.generator), from: store)
        try store.apply(one.changes)
        expectRefusal(.storeConflict) { try store.apply(other.changes) }
    }

    @Test
    func `merging from a state that somebody else has changed is a conflict`() throws {
        var team = try TestGroup(3)
        let store = MemoryGroupStore()
        try team.groups[1].save(to: store)
        var other = try Group.load(groupId, from: store, judge: AcceptAll())
        let commit = try team.groups[0].commit(now: testTime, judge: AcceptAll(), using: &team.generator)
        try other.process(commit.message)
        try other.save(to: store)
        try team.groups[1].process(commit.message)
        expectRefusal(.storeConflict) { try team.groups[1].save(to: store) }
    }

    @Test
    func `who comes back, after a removal or by a resync, is stored where the former membership was`() throws {
        var team = try TestGroup(3)
        let store = MemoryGroupStore()
        try team.groups[1].save(to: store)
        // Removed, and added again.
        try team.commit(CommitOptions([.remove(LeafIndex(1))]), by: 0)
        try team.groups[1].save(to: store)
        let package = try team.clients[1].keyPackage(using: &team.generator)
        let welcome = try team.commit(CommitOptions([.add(package.keyPackage)]), by: 0)
        guard case .welcome(let welcome)? = welcome?.body else { throw TestFailure("no Welcome") }
        team.groups[1] = try Group.join(welcome, with: package, now: testTime, judge: AcceptAll())
        // Not by accident: the Welcome could be an old one, sent again.
        expectRefusal(.storeConflict) { try team.groups[1].save(to: store) }
        try team.groups[1].replaceFormer(in: store)
        try team.groups[1].save(to: store)
        team.groups[1] = try Group.load(groupId, from: store, judge: AcceptAll())
        expectRefusal(.storeConflict) { try team.groups[1].replaceFormer(in: store) }
        // Out of step, and back by an external commit. A process that still has the former state stores nothing more.
        var former = try Group.load(groupId, from: store, judge: AcceptAll())
        var options = ExternalJoinOptions()
        options.removing = LeafIndex(1)
        let (back, commit) = try Group.joinExternally(
            try team.groups[0].groupInfo(), identity: team.clients[1].identity, options: options, now: testTime,
            judge: AcceptAll(), using: &team.generator)
        try team.groups[0].process(commit)
        try team.groups[2].process(commit)
        try team.follower.process(commit)
        team.groups[1] = back
        try team.groups[1].replaceFormer(in: store)
        try team.groups[1].save(to: store)
        _ = try former.send([1], using: &team.generator)
        expectRefusal(.storeConflict) { try former.save(to: store) }
        team.groups[1] = try Group.load(groupId, from: store, judge: AcceptAll())
        try team.expectAgreement()
        try team.commit(by: 1)
        try team.groups[1].save(to: store)
    }

    @Test
    func `a restored snapshot is noticed when a message comes back that it has not sent`() throws {
        var team = try TestGroup(2)
        let store = MemoryGroupStore()
        try team.groups[1].save(to: store)
        let snapshot = MemoryGroupStore(copyOf: store)
        let (message, changes) = try StoredGroup.send([1], to: groupId, from: store, using: &team.generator)
        try store.apply(changes)
        expectRefusal(.ownMessage) { _ = try StoredGroup.open(message, from: store) }
        expectRefusal(.stateRolledBack) { _ = try StoredGroup.open(message, from: snapshot) }
        var restored = try Group.load(groupId, from: snapshot, judge: AcceptAll())
        expectRefusal(.stateRolledBack) { _ = try restored.open(message) }
    }

    @Test
    func `rows that another process writes while they are read never make a group of two epochs`() throws {
        var team = try TestGroup(3)
        try team.commit(by: 1)
        let store = MemoryGroupStore()
        try team.groups[1].save(to: store)
        try team.follower.save(to: store)
        var next = team
        let commit = try next.groups[0].commit(now: testTime, judge: AcceptAll(), using: &next.generator)
        for index in [1, 2] { try next.groups[index].process(commit.message) }
        try next.follower.process(commit.message)
        for kind in RowKind.allCases where kind != .head && kind != .followed && kind != .groupInfo {
            let copy = MemoryGroupStore(copyOf: store)
            let racing = RacingStore(copy, after: kind) { () throws(MLSError) in
                var other = next.groups[1]
                try other.save(to: copy)
            }
            // No store that is broken either, which it would seem from rows that do not fit together.
            expectRefusal(.storeConflict) { _ = try Group.load(groupId, from: racing, judge: AcceptAll()) }
            #expect(
                try Group.load(groupId, from: racing, judge: AcceptAll()).epochAuthenticator
                    == next.groups[1].epochAuthenticator)
        }
        for kind in [RowKind.treeNode, .proposal, .groupInfo] {
            let copy = MemoryGroupStore(copyOf: store)
            let racing = RacingStore(copy, after: kind) { () throws(MLSError) in
                var other = next.follower
                try other.save(to: copy)
            }
            expectRefusal(.storeConflict) { _ = try PublicGroup.load(groupId, from: racing, judge: AcceptAll()) }
            #expect(try PublicGroup.load(groupId, from: racing, judge: AcceptAll()).context == next.follower.context)
        }
    }

    @Test
    func `another member cannot pretend that our state was rolled back`() throws {
        var team = try TestGroup(3)
        let store = MemoryGroupStore()
        try team.groups[1].save(to: store)
        // Every member can encrypt with everybody's ratchet, but sign as itself only.
        let message = try team.groups[0].forgePrivate(.application([1]), generation: 5, leaf: LeafIndex(1))
        expectRefusal(.messageSignature) { _ = try team.groups[1].open(message) }
        expectRefusal(.messageSignature) { _ = try StoredGroup.open(message, from: store) }
        // Nor with another key of the ratchet, nor does the attempt use one up.
        let wrong = try team.groups[0].forgePrivate(.application([1]), generation: 5, leaf: LeafIndex(1)) { sealed, _ in
            sealed.authenticatedData = [1]
        }
        var changed = wrong
        if case .privateMessage(var sealed) = changed.body {
            sealed.authenticatedData = []
            changed = MLSMessage(.privateMessage(sealed))
        }
        expectRefusal(.decryptionFailed) { _ = try team.groups[1].open(changed) }
        let own = try team.groups[1].send([2], using: &team.generator)
        #expect(try team.groups[2].read(own).generation == 0)
    }

    @Test
    func `a pending commit survives a restart, public and private, with and without a path`() throws {
        for framing in [HandshakeFraming.publicMessage, .privateMessage(.none)] {
            for forcePath in [true, false] {
                var team = try TestGroup(4)
                let store = MemoryGroupStore()
                let client = try Client("new", using: &team.generator)
                var options = CommitOptions([.add(try client.keyPackage(using: &team.generator).keyPackage)])
                options.framing = framing
                options.forcePath = forcePath
                let pending = try team.groups[2].commit(
                    options, now: testTime, judge: AcceptAll(), using: &team.generator)
                try reload(&team.groups[2], store)
                #expect(team.groups[2].pendingCommit?.message == pending.message)
                #expect(team.groups[2].pendingCommit?.welcome == pending.welcome)
                for index in [0, 1, 3] { try team.groups[index].process(pending.message) }
                try team.groups[2].process(pending.message)
                #expect(team.groups[2].epochAuthenticator == team.groups[0].epochAuthenticator)
                try reload(&team.groups[2], store)
                let message = try team.groups[2].send([1], using: &team.generator)
                _ = try team.groups[0].read(message)
            }
        }
    }

    @Test
    func `no row holds a secret that should be gone`() throws {
        var team = try TestGroup(8)
        let store = MemoryGroupStore()
        try team.groups[1].save(to: store)
        var gone: [(String, Secret)] = []
        func check(_ step: String) {
            for (name, secret) in gone { #expect(!store.contains(secret), "\(name) after \(step)") }
        }
        for step in 0..<5 {
            let before = team.groups[1]
            // What exists now must be there, or the test would find nothing ever.
            #expect(store.contains(before.secrets.initSecret))
            if let root = before.secretTree.nodes.first { #expect(store.contains(root.value)) }
            // A message of another uses up its key, its ratchet's secrets and the nodes above it.
            let message = try team.groups[5].send([1], using: &team.generator)
            let sender = LeafIndex(5)
            let taken = try before.secretTree.taking(.application, of: sender, generation: 0)
            for node in taken.consumed {
                if let secret = before.secretTree.nodes[node] { gone.append(("node", secret)) }
            }
            if let key = taken.key { gone.append(("message key", key.key)) }
            _ = try team.groups[1].read(message)
            try team.groups[1].save(to: store)
            check("opening, step \(step)")
            // Sending uses up ours.
            if let own = team.groups[1].secretTree.ratchets[LeafIndex(1)] {
                gone.append(("ratchet", own.application.secret))
            }
            _ = try team.groups[1].send([2], using: &team.generator)
            try team.groups[1].save(to: store)
            check("sending, step \(step)")
            // A commit ends the epoch: its secrets, the secret tree, and the keys of the path that it replaces.
            let secrets = team.groups[1].secrets
            gone += [
                ("init_secret", secrets.initSecret), ("sender data", secrets.senderDataSecret),
                ("exporter", secrets.exporterSecret), ("external", secrets.externalSecret),
                ("confirmation", secrets.confirmationKey), ("membership", secrets.membershipKey),
                ("authenticator", secrets.epochAuthenticator),
            ]
            gone += team.groups[1].secretTree.nodes.values.map { ("tree secret", $0) }
            let committer = step % 2 == 0 ? 1 : 6
            let keys = team.groups[1].keys
            try team.commit(by: committer)
            for (node, pair) in keys.pairs where team.groups[1].keys.pairs[node] != pair {
                gone.append(("private key of node \(node.offset)", pair.privateKey))
            }
            if let pending = before.pendingCommit { gone.append(("commit secret", pending.secrets.commitSecret)) }
            try team.groups[1].save(to: store)
            check("commit \(step)")
        }
        // Removal ends everything.
        gone.append(("signature key", team.groups[1].signatureKey.privateKey))
        gone += team.groups[1].keys.pairs.values.map { ("private key", $0.privateKey) }
        gone += team.groups[1].resumption.values.map { ("resumption", $0) }
        try team.commit(CommitOptions([.remove(LeafIndex(1))]), by: 3)
        try team.groups[1].save(to: store)
        check("removal")
        #expect(store.rows.keys.allSatisfy { $0.kind == .head })
    }

    @Test
    func `of proposals that were dropped nothing is left, also in the rows, and they may come again`() throws {
        let store = MemoryGroupStore()
        var team = try TestGroup(4)
        let proposal = try team.groups[0].propose(.remove(LeafIndex(3)), using: &team.generator)
        try team.groups[1].process(proposal)
        try reload(&team.groups[1], store)
        _ = try team.groups[1].commit(now: testTime, judge: AcceptAll(), using: &team.generator)
        try reload(&team.groups[1], store)
        team.groups[1].discardProposals()
        try reload(&team.groups[1], store)
        #expect(team.groups[1].pendingProposals.isEmpty && team.groups[1].pendingCommit == nil)
        #expect(try StoredGroup.summary(of: groupId, from: store)?.hasProposals == false)
        try team.groups[1].process(proposal)
        #expect(team.groups[1].pendingProposals.count == 1)
        try reload(&team.groups[1], store)
        let pending = try team.groups[1].commit(now: testTime, judge: AcceptAll(), using: &team.generator)
        try team.groups[0].process(pending.message)
        #expect(team.groups[0].memberCount == 3)
    }

    @Test
    func `rows that were damaged are refused, never a trap`() throws {
        var team = try TestGroup(4)
        _ = try team.groups[1].proposeUpdate(using: &team.generator)
        let store = MemoryGroupStore()
        try team.groups[1].save(to: store)
        for (key, row) in store.rows {
            for length in stride(from: 0, to: row.value.count, by: 7) {
                let damaged = MemoryGroupStore(copyOf: store)
                var batch = RowBatch(groupId: groupId)
                batch.write(key.kind, at: key.index, Array(row.value.prefix(length)), version: row.version)
                try damaged.apply(batch)
                #expect(throws: MLSError.self) { _ = try Group.load(groupId, from: damaged, judge: AcceptAll()) }
            }
        }
    }

    @Test
    func `a store that lacks a group, or a row of it, says so`() throws {
        var team = try TestGroup(3)
        let store = MemoryGroupStore()
        let message = try team.groups[0].send([1], using: &team.generator)
        expectRefusal(.storeMissing) { _ = try Group.load(groupId, from: store, judge: AcceptAll()) }
        expectRefusal(.storeMissing) { _ = try PublicGroup.load(groupId, from: store, judge: AcceptAll()) }
        expectRefusal(.storeMissing) { _ = try StoredGroup.open(message, from: store) }
        expectRefusal(.storeMissing) {
            _ = try StoredGroup.send([1], to: groupId, from: store, using: &team.generator)
        }
        try team.groups[1].save(to: store)
        for kind in [RowKind.head, .epoch, .secrets, .ownRatchet, .treeNode] {
            let lacking = MemoryGroupStore(copyOf: store)
            var batch = RowBatch(groupId: groupId)
            batch.clears = [kind]
            try lacking.apply(batch)
            // A tree without nodes is another tree; without our ratchet a group loads, and a sender finds none.
            switch kind {
            case .treeNode:
                expectRefusal(.storeMalformed) { _ = try Group.load(groupId, from: lacking, judge: AcceptAll()) }
            case .ownRatchet:
                expectRefusal(.storeMissing) {
                    _ = try StoredGroup.send([1], to: groupId, from: lacking, using: &team.generator)
                }
            default: expectRefusal(.storeMissing) { _ = try Group.load(groupId, from: lacking, judge: AcceptAll()) }
            }
        }
    }

    @Test
    func `a follower that must begin again is stored where it was`() throws {
        var team = try TestGroup(5)
        for committer in 0..<5 { try team.commit(by: committer) }
        let store = MemoryGroupStore()
        try team.follower.save(to: store)
        let former = team.follower
        // It has missed what made the tree smaller.
        try team.commit(CommitOptions([.remove(LeafIndex(3)), .remove(LeafIndex(4))]))
        team.follower = try PublicGroup(try team.groups[0].groupInfo(), now: testTime, judge: AcceptAll())
        expectRefusal(.storeConflict) { try team.follower.save(to: store) }
        try team.follower.replaceFormer(in: store)
        try team.follower.save(to: store)
        expectRefusal(.storeConflict) { try team.follower.replaceFormer(in: store) }
        team.follower = try PublicGroup.load(groupId, from: store, judge: AcceptAll())
        try team.expectAgreement()
        var other = former
        expectRefusal(.storeConflict) { try other.save(to: store) }
        try team.commit(by: 1)
        try team.follower.save(to: store)
        #expect(try PublicGroup.load(groupId, from: store, judge: AcceptAll()).context == team.follower.context)
    }

    @Test
    func `a follower that lives in rows goes on after each step, and writes what a commit changed`() throws {
        var team = try TestGroup(40, joining: 3)
        let store = try SQLiteGroupStore()
        let counted = MemoryGroupStore()
        for step in 0..<6 {
            try team.follower.save(to: store)
            team.follower = try PublicGroup.load(groupId, from: store, judge: AcceptAll())
            var second = team.follower
            let update = try team.groups[1].proposeUpdate(using: &team.generator)
            try team.deliver(update, except: 1)
            try team.follower.save(to: store)
            team.follower = try PublicGroup.load(groupId, from: store, judge: AcceptAll())
            expectRefusal(.storeConflict) { try second.save(to: store) }
            try team.commit(by: step % 2 == 0 ? 0 : 2)
            try team.follower.publish(try team.groups[0].groupInfo(withTree: false))
            try team.expectAgreement()
        }
        team.follower.stored = 0
        try team.follower.save(to: counted)
        counted.resetCounts()
        try team.commit()
        try team.follower.save(to: counted)
        #expect(counted.bytesWritten < 4_096)
        let again = try PublicGroup.load(groupId, from: store, judge: AcceptAll())
        #expect(again.groupInfo == nil || again.epoch < team.follower.epoch)
    }

    @Test
    func `secrets of a key package survive storage, and are checked when they come back`() throws {
        var team = try TestGroup(2)
        let own = try Client("new", using: &team.generator).keyPackage(using: &team.generator)
        let again = try KeyPackageSecrets(decoding: own.encoded)
        guard case .welcome(let welcome)? = try team.commit(CommitOptions([.add(own.keyPackage)]))?.body else { return }
        team.groups.append(try Group.join(welcome, with: again, now: testTime, judge: AcceptAll()))
        try team.expectAgreement()
        for place in stride(from: own.encoded.count - 190, to: own.encoded.count, by: 20) {
            var bytes = own.encoded
            bytes[place] ^= 0x10
            #expect(throws: MLSError.self) { _ = try KeyPackageSecrets(decoding: bytes) }
        }
        expectRefusal(.storeMalformed) { _ = try KeyPackageSecrets(decoding: Array(own.encoded.dropLast())) }
    }
}
