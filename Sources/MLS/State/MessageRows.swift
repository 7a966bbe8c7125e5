import WireCodec

/// A look at a group's rows, and sending and opening one application message from them, without the tree: what a process does that
/// lives for one message. For several, `MessageBatch`.
public enum StoredGroup {
    /// Encrypts `data` with the next generation of our ratchet. Reads and writes the same few rows whatever the size of
    /// the group. Of two processes that do so at once, one gets `Check.storeConflict` when it applies the batch, and tries again.
    public static func send(
        _ data: [UInt8], to groupId: [UInt8], from storage: some GroupStorage, authenticatedData: [UInt8] = [],
        padding: Padding = .none, using generator: inout some RandomNumberGenerator
    ) throws(MLSError) -> (message: MLSMessage, changes: RowBatch) {
        var batch = try MessageBatch(of: groupId, from: storage)
        let message = try batch.seal(
            data, authenticatedData: authenticatedData, padding: padding, from: storage, using: &generator)
        return (message, batch.changes)
    }

    /// Opens an application message. Reads its sender's rows only.
    public static func open(
        _ message: MLSMessage, from storage: some GroupStorage
    ) throws(MLSError) -> (message: ApplicationMessage, changes: RowBatch) {
        var batch = try MessageBatch(of: try message.applicationCiphertext.groupId, from: storage)
        let opened = try batch.open(message, from: storage)
        return (opened, batch.changes)
    }

    /// What the store says of a group, read from two rows; nil where it knows none of this id.
    public static func summary(
        of groupId: [UInt8], from storage: some GroupStorage
    ) throws(MLSError) -> GroupSummary? {
        let key = RowKey(groupId: groupId, kind: .head)
        guard try storage.row(key) != nil else { return nil }
        return try storage.reading(key) { (row) throws(MLSError) in
            let head = try HeadRow(row: row.value)
            var epoch: EpochRow?
            if head.status != .removed {
                epoch = try EpochRow(row: try storage.require(RowKey(groupId: groupId, kind: .epoch)).value)
                try MLS.require(epoch?.context.epoch == head.epoch, .storeMalformed, "rows of two epochs")
            }
            return GroupSummary(
                status: head.status, epoch: head.epoch, ownLeaf: head.ownLeaf, context: epoch?.context,
                confirmationTag: epoch?.confirmationTag, hasProposals: epoch?.hasProposals ?? false,
                hasPendingCommit: epoch?.hasPendingCommit ?? false, version: row.version)
        }
    }
}

extension StoredGroup {
    /// The members of a group, from the left, as the rows of its tree have them. The tree itself is not put together, nor checked again.
    public static func members(
        of groupId: [UInt8], from storage: some GroupStorage
    ) throws(MLSError) -> [(index: LeafIndex, leaf: LeafNode)] {
        var members: [(index: LeafIndex, leaf: LeafNode)] = []
        for (place, row) in try storage.rows(.treeNode, of: groupId) {
            guard let index = NodeIndex(rawValue: UInt32(truncatingIfNeeded: place)).leaf else { continue }
            let content = try decodeRow(row.value) { (reader) throws(WireError) in try reader.read(Node.self) }
            if case .leaf(let leaf) = content { members.append((index, leaf)) }
        }
        return members.sorted { $0.index < $1.index }
    }

    /// One member of a group, read from its row alone; nil where the leaf is blank.
    public static func member(
        _ index: LeafIndex, of groupId: [UInt8], from storage: some GroupStorage
    ) throws(MLSError) -> LeafNode? {
        let key = RowKey(groupId: groupId, kind: .treeNode, index: UInt64(NodeIndex(index).rawValue))
        guard let row = try storage.row(key) else { return nil }
        let content = try decodeRow(row.value) { (reader) throws(WireError) in try reader.read(Node.self) }
        guard case .leaf(let leaf) = content else { return nil }
        return leaf
    }
}

/// A group as its rows tell it without its tree.
public struct GroupSummary: Hashable, Sendable {
    public let status: Group.Status
    public let epoch: UInt64
    public let ownLeaf: LeafIndex
    /// What all members agree on; nil of a group that we were removed from, and so is the tag.
    public let context: GroupContext?
    public let confirmationTag: [UInt8]?
    /// Whether proposals wait, so that nothing can be sent before a commit (RFC 9420 §12.4).
    public let hasProposals: Bool
    /// Whether a commit of ours waits for its acceptance.
    public let hasPendingCommit: Bool
    /// Grows with each `save`; sending and opening messages leave it. A group that was loaded is what the store has while
    /// `Group.storedVersion` is the same.
    public let version: UInt64
}
