import WireCodec

/// Sending and opening application messages from rows, without the tree: what a process does that lives for
/// one message. Both return the changes that must be stored, together with what the application stores itself, before
/// the ciphertext is sent or the plaintext shown.
public enum StoredGroup {
    private struct Opening {
        let head: HeadRow
        let headVersion: UInt64
        let epoch: EpochRow
        let algorithms: Algorithms

        init(_ groupId: [UInt8], _ storage: some GroupStorage) throws(MLSError) {
            let row = try storage.require(RowKey(groupId: groupId, kind: .head))
            head = try HeadRow(row: row.value)
            headVersion = row.version
            switch head.status {
            case .active: break
            case .removed: throw MLSError(.notMember)
            case .reInit: throw MLSError(.groupReInitialised)
            }
            epoch = try EpochRow(row: try storage.require(RowKey(groupId: groupId, kind: .epoch)).value)
            try MLS.require(epoch.context.epoch == head.epoch, .storeMalformed, "rows of two epochs")
            algorithms = try epoch.context.cipherSuite.algorithms()
        }
    }

    /// Encrypts `data` with the next generation of our ratchet. Reads and writes the same few rows whatever the size of
    /// the group. Of two processes that do so at once, one gets `Check.storeConflict` when it applies the batch, and tries again.
    public static func send(
        _ data: [UInt8], to groupId: [UInt8], from storage: some GroupStorage, authenticatedData: [UInt8] = [],
        padding: Padding = .none, using generator: inout some RandomNumberGenerator
    ) throws(MLSError) -> (message: MLSMessage, changes: RowBatch) {
        let opening = try Opening(groupId, storage)
        try MLS.require(!opening.epoch.hasProposals, .proposalsWaiting)
        try Group.checkSize(data, authenticatedData)
        let key = RowKey(groupId: groupId, kind: .ownRatchet)
        let row = try storage.require(key)
        var ratchets = try SenderRatchets(row: row.value)
        let messageKey = try ratchets.application.step(opening.algorithms)
        let content = FramedContent(
            groupId: groupId, epoch: opening.head.epoch, sender: .member(opening.head.ownLeaf),
            authenticatedData: authenticatedData, body: .application(data))
        let signed = try AuthenticatedContent.signed(
            content, wireFormat: .privateMessage, context: opening.epoch.context.wireBytes,
            algorithms: opening.algorithms, key: opening.epoch.signatureKey.privateKey)
        let message = try Protection.privateMessage(
            signed, leaf: opening.head.ownLeaf, key: messageKey, reuseGuard: randomBytes(4, using: &generator),
            senderDataSecret: opening.epoch.senderDataSecret, padding: padding, algorithms: opening.algorithms)
        var batch = RowBatch(groupId: groupId)
        batch.conditions = [(RowKey(groupId: groupId, kind: .head), opening.headVersion), (key, row.version)]
        batch.write(.ownRatchet, ratchets.row, version: row.version + 1)
        return (MLSMessage(.privateMessage(message)), batch)
    }

    /// Opens an application message. Reads its sender's rows only.
    public static func open(
        _ message: MLSMessage, from storage: some GroupStorage
    ) throws(MLSError) -> (message: ApplicationMessage, changes: RowBatch) {
        guard case .privateMessage(let sealed) = message.body, sealed.contentType == .application else {
            throw MLSError(.wrongWireFormat, "only encrypted application messages are opened from rows")
        }
        let groupId = sealed.groupId
        let opening = try Opening(groupId, storage)
        let epoch = opening.head.epoch
        try GroupState.checkEpoch(sealed.epoch, current: epoch)
        let sender = try Protection.openSenderData(
            sealed, senderDataSecret: opening.epoch.senderDataSecret, algorithms: opening.algorithms
        ).leaf
        let shape = TreeShape(atLeast: Int(opening.head.leafCount))
        try MLS.require(shape.contains(sender), .senderNotMember, "leaf \(sender.rawValue)")
        let leaf = try leafNode(sender, groupId, storage)
        let key = RowKey.ratchet(of: sender, own: opening.head.ownLeaf, groupId: groupId)
        let row = try storage.row(key)
        let tree = try partialTree(opening.algorithms, shape, sender, row: row, groupId, storage)
        let opened = try Group.open(
            sealed, secretTree: tree, senderDataSecret: opening.epoch.senderDataSecret, own: opening.head.ownLeaf
        ) { _ in true }
        let valid = opened.content.hasValidSignature(
            opening.algorithms, context: opening.epoch.context.wireBytes, key: leaf.signatureKey)
        try MLS.require(valid, .messageSignature)
        try opened.refuseOwn(opening.head.ownLeaf)
        guard case .application(let data) = opened.content.content.body else { throw MLSError(.senderContent) }
        var batch = RowBatch(groupId: groupId)
        batch.conditions = [
            (RowKey(groupId: groupId, kind: .head), opening.headVersion), (key, row?.version ?? 0),
        ]
        // The node that was derived from must still be there when the batch is applied: otherwise another process has
        // consumed it, and what it consumed below would come back.
        if let node = opened.step.consumed.first {
            let key = RowKey(groupId: groupId, kind: .secretNode, index: UInt64(node.rawValue))
            batch.conditions.append((key, 1))
        }
        for node in opened.step.consumed { batch.write(.secretNode, at: UInt64(node.rawValue), nil) }
        for (node, secret) in opened.step.derived {
            batch.write(.secretNode, at: UInt64(node.rawValue), encodeRow { $0.write(secret) })
        }
        batch.write(key.kind, at: key.index, opened.step.ratchets.row, version: (row?.version ?? 0) + 1)
        let result = ApplicationMessage(
            sender: sender, epoch: epoch, generation: opened.generation, data: data,
            authenticatedData: sealed.authenticatedData)
        return (result, batch)
    }

    private static func leafNode(
        _ leaf: LeafIndex, _ groupId: [UInt8], _ storage: some GroupStorage
    ) throws(MLSError) -> LeafNode {
        let key = RowKey(groupId: groupId, kind: .treeNode, index: UInt64(NodeIndex(leaf).rawValue))
        guard let row = try storage.row(key) else {
            throw MLSError(.senderNotMember, "leaf \(leaf.rawValue)")
        }
        let node = try decodeRow(row.value) { (reader) throws(WireError) in try reader.read(Node.self) }
        guard case .leaf(let found) = node else { throw MLSError(.storeMalformed, "a parent at a leaf's place") }
        return found
    }

    /// The part of the secret tree from which one sender's ratchets come.
    private static func partialTree(
        _ algorithms: Algorithms, _ shape: TreeShape, _ leaf: LeafIndex, row: Row?, _ groupId: [UInt8],
        _ storage: some GroupStorage
    ) throws(MLSError) -> SecretTree {
        if let row {
            let ratchets = try SenderRatchets(row: row.value)
            return SecretTree(algorithms, shape: shape, nodes: [:], ratchets: [leaf: ratchets])
        }
        var nodes: [NodeIndex: Secret] = [:]
        let own = NodeIndex(leaf)
        for node in [own] + shape.directPath(of: own) {
            let key = RowKey(groupId: groupId, kind: .secretNode, index: UInt64(node.rawValue))
            guard let row = try storage.row(key) else { continue }
            nodes[node] = try decodeRow(row.value) { (reader) throws(WireError) in try reader.readSecret() }
        }
        return SecretTree(algorithms, shape: shape, nodes: nodes, ratchets: [:])
    }
}
