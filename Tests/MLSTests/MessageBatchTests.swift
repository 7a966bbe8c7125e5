import Testing

@testable import MLS

/// Several messages from rows.
@Suite struct MessageBatchTests {
    private let groupId: [UInt8] = [1, 2, 3]

    /// A store that counts how often each row is read.
    private final class CountingStore: GroupStorage {
        let store: MemoryGroupStore
        private(set) var reads: [RowKey: Int] = [:]

        init(_ store: MemoryGroupStore) { self.store = store }

        func row(_ key: RowKey) throws(MLSError) -> Row? {
            reads[key, default: 0] += 1
            return try store.row(key)
        }

        func rows(_ kind: RowKind, of groupId: [UInt8]) throws(MLSError) -> [(index: UInt64, row: Row)] {
            throw MLSError(.storeFailed, "a batch of messages reads no whole kind")
        }

        func apply(_ batch: RowBatch) throws(MLSError) { try store.apply(batch) }
    }

    @Test
    func `many messages, sent and received, read each row once and write it once`() throws {
        var team = try TestGroup(16)
        let memory = MemoryGroupStore()
        try team.groups[1].save(to: memory)
        let store = CountingStore(memory)
        var received: [MLSMessage] = []
        for sender in [5, 5, 15, 0, 5, 4, 14] {
            received.append(try team.groups[sender].send([UInt8(sender)], using: &team.generator))
        }
        var batch = try MessageBatch(of: groupId, from: store)
        var sent: [MLSMessage] = []
        for (place, message) in received.enumerated() {
            let opened = try batch.open(message, from: store)
            #expect(opened.data == [UInt8(opened.sender.rawValue)])
            sent.append(try batch.seal([UInt8(place)], from: store, using: &team.generator))
        }
        #expect(store.reads.values.allSatisfy { $0 == 1 }, "\(store.reads)")
        let changes = batch.changes
        #expect(Set(changes.writes.map(\.key)).count == changes.writes.count)
        try store.apply(changes)
        for (place, message) in sent.enumerated() {
            #expect(try team.groups[0].read(message).data == [UInt8(place)])
        }
        // The whole group, loaded again, knows what was used.
        var loaded = try Group.load(groupId, from: memory, judge: AcceptAll())
        for message in received { expectRefusal(.generationUsed) { _ = try loaded.open(message) } }
        let next = try loaded.send([9], using: &team.generator)
        #expect(try team.groups[0].read(next).generation == 7)
        #expect(try loaded.read(try team.groups[9].send([8], using: &team.generator)).data == [8])
    }

    @Test
    func `a message that is refused changes nothing of the batch, and a copy is a place to come back to`() throws {
        var team = try TestGroup(8)
        let store = MemoryGroupStore()
        try team.groups[1].save(to: store)
        let good = try team.groups[2].send([2], using: &team.generator)
        let other = try team.groups[3].send([3], using: &team.generator)
        var batch = try MessageBatch(of: groupId, from: store)
        _ = try batch.open(good, from: store)
        let before = batch.changes
        expectRefusal(.generationUsed) { _ = try batch.open(good, from: store) }
        guard case .privateMessage(var broken) = other.body else { throw TestFailure("not private") }
        broken.ciphertext[40] ^= 1
        expectRefusal(.decryptionFailed) { _ = try batch.open(MLSMessage(.privateMessage(broken)), from: store) }
        expectRefusal(.wrongGroup) {
            var elsewhere = broken
            elsewhere.groupId = [7]
            _ = try batch.open(MLSMessage(.privateMessage(elsewhere)), from: store)
        }
        #expect(batch.changes.writes.map(\.key) == before.writes.map(\.key))
        let copy = batch
        _ = try batch.open(other, from: store)
        _ = try batch.seal([1], from: store, using: &team.generator)
        batch = copy
        try store.apply(batch.changes)
        var loaded = try Group.load(groupId, from: store, judge: AcceptAll())
        #expect(try loaded.read(other).data == [3])
        #expect(try team.groups[0].read(try loaded.send([4], using: &team.generator)).generation == 0)
    }

    @Test
    func `of two batches at once one is a conflict, on a ratchet, a node of the secret tree or the epoch`() throws {
        var team = try TestGroup(8)
        for race in 0..<3 {
            let store = MemoryGroupStore()
            team.groups[1] = team.groups[1]
            var saved = team.groups[1]
            try saved.replaceForTest(in: store)
            var mine = try MessageBatch(of: groupId, from: store)
            var theirs = try MessageBatch(of: groupId, from: store)
            _ = try mine.open(try team.groups[6].send([1], using: &team.generator), from: store)
            switch race {
            case 0: _ = try theirs.open(try team.groups[6].send([2], using: &team.generator), from: store)
            case 1: _ = try theirs.open(try team.groups[7].send([2], using: &team.generator), from: store)
            default:
                try saved.process(try team.groups[0].propose(.remove(LeafIndex(5)), using: &team.generator))
                try saved.save(to: store)
            }
            if race < 2 { try store.apply(theirs.changes) }
            expectRefusal(.storeConflict) { try store.apply(mine.changes) }
        }
    }

    @Test
    func `an opened message comes with the leaf that signed it, from rows and from the group`() throws {
        var team = try TestGroup(5)
        let store = MemoryGroupStore()
        try team.groups[1].save(to: store)
        let message = try team.groups[4].send([4], using: &team.generator)
        let leaf = try #require(team.groups[0].member(LeafIndex(4)))
        #expect(leaf.credential == .basic(identity: Array("4".utf8)))
        #expect(try StoredGroup.open(message, from: store).message.leaf == leaf)
        #expect(try team.groups[0].read(message).leaf == leaf)
    }

    @Test
    func `a summary tells status, epoch, place and what waits, without the tree`() throws {
        var team = try TestGroup(6)
        let memory = MemoryGroupStore()
        #expect(try StoredGroup.summary(of: groupId, from: memory) == nil)
        try team.groups[1].save(to: memory)
        let store = CountingStore(memory)
        var summary = try #require(try StoredGroup.summary(of: groupId, from: store))
        #expect(summary.status == .active && summary.epoch == 1 && summary.ownLeaf == LeafIndex(1))
        #expect(summary.context == team.groups[1].context && !summary.hasProposals && !summary.hasPendingCommit)
        #expect(summary.confirmationTag == team.groups[1].state.confirmationTag)
        #expect(summary.version == team.groups[1].storedVersion)
        _ = try team.groups[1].commit(now: testTime, judge: AcceptAll(), using: &team.generator)
        try team.groups[1].save(to: memory)
        #expect(try StoredGroup.summary(of: groupId, from: store)?.hasPendingCommit == true)
        try team.deliver(try team.groups[0].propose(.remove(LeafIndex(5)), using: &team.generator), except: 0)
        try team.groups[1].save(to: memory)
        summary = try #require(try StoredGroup.summary(of: groupId, from: store))
        #expect(summary.hasProposals && summary.hasPendingCommit && summary.version == team.groups[1].storedVersion)
        try team.commit(CommitOptions([.remove(LeafIndex(1))]), by: 0)
        try team.groups[1].save(to: memory)
        summary = try #require(try StoredGroup.summary(of: groupId, from: store))
        #expect(summary.status == .removed && summary.context == nil && !summary.hasProposals)
    }

    @Test
    func `a store that fails says so, and is neither a conflict nor a row that is missing`() throws {
        var team = try TestGroup(60, joining: 1)
        let store = try SQLiteGroupStore()
        try store.fill()
        expectRefusal(.storeFailed) { try team.groups[1].save(to: store) }
        expectRefusal(.storeFailed) {
            _ = try CountingStore(MemoryGroupStore()).rows(.treeNode, of: groupId)
        }
    }
}

extension Group {
    /// Saves a copy into a store of its own.
    fileprivate mutating func replaceForTest(in store: MemoryGroupStore) throws {
        stored = StoredState()
        state.tree.touchAll()
        try save(to: store)
    }
}
