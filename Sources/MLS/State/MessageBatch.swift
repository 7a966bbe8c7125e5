import WireCodec

/// Messages of one group that are sealed and opened from rows and stored together: each row is read once, and written once
/// however many messages used it.
///
/// A value: a copy is a place to come back to. A message that is refused changes nothing. What it gave counts when `changes` are
/// applied; until then another process may be quicker, which `apply` says by `Check.storeConflict`: then begin anew.
public struct MessageBatch: Sendable {
    public let groupId: [UInt8]
    private let head: HeadRow
    private let headVersion: UInt64
    private let epochRow: EpochRow
    /// As much of the secret tree as was needed.
    private var secretTree: SecretTree
    /// Versions of the ratchets' rows; 0 where there is none.
    private var versions: [LeafIndex: UInt64] = [:]
    /// Nodes of the secret tree that were looked for in the store, and those that it had.
    private var nodesAsked: Set<NodeIndex> = []
    private var nodesStored: Set<NodeIndex> = []
    private var leaves: [LeafIndex: LeafNode] = [:]

    /// Reads what all messages of the epoch need.
    public init(of groupId: [UInt8], from storage: some GroupStorage) throws(MLSError) {
        self.groupId = groupId
        let row = try storage.require(RowKey(groupId: groupId, kind: .head))
        head = try HeadRow(row: row.value)
        headVersion = row.version
        switch head.status {
        case .active: break
        case .removed: throw MLSError(.notMember)
        case .reInit: throw MLSError(.groupReInitialised)
        }
        epochRow = try EpochRow(row: try storage.require(RowKey(groupId: groupId, kind: .epoch)).value)
        try MLS.require(epochRow.context.epoch == head.epoch, .storeMalformed, "rows of two epochs")
        secretTree = SecretTree(
            try epochRow.context.cipherSuite.algorithms(), shape: TreeShape(atLeast: Int(head.leafCount)), nodes: [:],
            ratchets: [:])
    }

    public var epoch: UInt64 { head.epoch }

    /// Encrypts `data` with the next generation of our ratchet (RFC 9420 §15). While proposals wait, a commit must come first (§12.4).
    public mutating func seal(
        _ data: [UInt8], authenticatedData: [UInt8] = [], padding: Padding = .none, from storage: some GroupStorage,
        using generator: inout some RandomNumberGenerator
    ) throws(MLSError) -> MLSMessage {
        try MLS.require(!epochRow.hasProposals, .proposalsWaiting)
        try Group.checkSize(data, authenticatedData)
        let algorithms = secretTree.algorithms
        try takeRatchets(of: head.ownLeaf, storage)
        try MLS.require(secretTree.ratchets[head.ownLeaf] != nil, .storeMissing, "our own ratchet")
        var tree = secretTree
        let key = try tree.takeNext(.application, of: head.ownLeaf)
        let content = FramedContent(
            groupId: groupId, epoch: epoch, sender: .member(head.ownLeaf), authenticatedData: authenticatedData,
            body: .application(data))
        let signed = try AuthenticatedContent.signed(
            content, wireFormat: .privateMessage, context: epochRow.context.wireBytes, algorithms: algorithms,
            key: epochRow.signatureKey.privateKey)
        let message = try Protection.privateMessage(
            signed, leaf: head.ownLeaf, key: key, reuseGuard: randomBytes(4, using: &generator),
            senderDataSecret: epochRow.senderDataSecret, padding: padding, algorithms: algorithms)
        secretTree = tree
        return MLSMessage(.privateMessage(message))
    }

    /// Opens an application message. Reads its sender's rows only.
    public mutating func open(
        _ message: MLSMessage, from storage: some GroupStorage
    ) throws(MLSError) -> ApplicationMessage {
        let sealed = try message.applicationCiphertext
        try MLS.require(sealed.groupId == groupId, .wrongGroup)
        try GroupState.checkEpoch(sealed.epoch, current: epoch)
        let sender = try Protection.openSenderData(
            sealed, senderDataSecret: epochRow.senderDataSecret, algorithms: secretTree.algorithms
        ).leaf
        try MLS.require(secretTree.shape.contains(sender), .senderNotMember, "leaf \(sender.rawValue)")
        let leaf = try takeLeaf(sender, storage)
        try takeRatchets(of: sender, storage)
        let opened = try Group.open(
            sealed, secretTree: secretTree, senderDataSecret: epochRow.senderDataSecret, own: head.ownLeaf
        ) { _ in true }
        let valid = opened.content.hasValidSignature(
            secretTree.algorithms, context: epochRow.context.wireBytes, key: leaf.signatureKey)
        try MLS.require(valid, .messageSignature)
        try opened.refuseOwn(head.ownLeaf)
        guard case .application(let data) = opened.content.content.body else { throw MLSError(.senderContent) }
        secretTree.apply(opened.step)
        return ApplicationMessage(
            sender: sender, leaf: leaf, epoch: epoch, generation: opened.generation, data: data,
            authenticatedData: sealed.authenticatedData)
    }

    /// What must be stored, together with what the application stores itself, before a ciphertext is sent or a plaintext shown.
    public var changes: RowBatch {
        var batch = RowBatch(groupId: groupId)
        batch.conditions = [(RowKey(groupId: groupId, kind: .head), headVersion)]
        let nodes = secretTree.dirtyNodes.sorted()
        for node in nodes where nodesStored.contains(node) {
            // What was derived from must still be there when the batch is applied: otherwise another process has
            // consumed it, and what it consumed below would come back.
            batch.conditions.append((RowKey(groupId: groupId, kind: .secretNode, index: UInt64(node.rawValue)), 1))
        }
        for node in nodes {
            let secret = secretTree.nodes[node]
            batch.write(.secretNode, at: UInt64(node.rawValue), secret.map { secret in encodeRow { $0.write(secret) } })
        }
        for leaf in secretTree.dirtyRatchets.sorted() {
            guard let ratchets = secretTree.ratchets[leaf] else { continue }
            let key = RowKey.ratchet(of: leaf, own: head.ownLeaf, groupId: groupId)
            let version = versions[leaf] ?? 0
            batch.conditions.append((key, version))
            batch.write(key.kind, at: key.index, ratchets.row, version: version + 1)
        }
        return batch
    }

    // MARK: Rows, each read once

    private mutating func takeLeaf(_ leaf: LeafIndex, _ storage: some GroupStorage) throws(MLSError) -> LeafNode {
        if let known = leaves[leaf] { return known }
        let key = RowKey(groupId: groupId, kind: .treeNode, index: UInt64(NodeIndex(leaf).rawValue))
        guard let row = try storage.row(key) else {
            throw MLSError(.senderNotMember, "leaf \(leaf.rawValue)")
        }
        let node = try decodeRow(row.value) { (reader) throws(WireError) in try reader.read(Node.self) }
        guard case .leaf(let found) = node else { throw MLSError(.storeMalformed, "a parent at a leaf's place") }
        leaves[leaf] = found
        return found
    }

    /// The ratchets of a sender; where there are none yet, the part of the secret tree from which they come.
    private mutating func takeRatchets(of leaf: LeafIndex, _ storage: some GroupStorage) throws(MLSError) {
        guard secretTree.ratchets[leaf] == nil else { return }
        let row = try storage.row(RowKey.ratchet(of: leaf, own: head.ownLeaf, groupId: groupId))
        versions[leaf] = row?.version ?? 0
        if let row { return secretTree.restore(leaf, try SenderRatchets(row: row.value)) }
        let own = NodeIndex(leaf)
        for node in [own] + secretTree.shape.directPath(of: own) where nodesAsked.insert(node).inserted {
            let key = RowKey(groupId: groupId, kind: .secretNode, index: UInt64(node.rawValue))
            guard let row = try storage.row(key) else { continue }
            let secret = try decodeRow(row.value) { (reader) throws(WireError) in try reader.readSecret() }
            secretTree.restore(node, secret)
            nodesStored.insert(node)
        }
    }
}

extension MLSMessage {
    var applicationCiphertext: PrivateMessage {
        get throws(MLSError) {
            guard case .privateMessage(let sealed) = body, sealed.contentType == .application else {
                throw MLSError(.wrongWireFormat, "only encrypted application messages are opened from rows")
            }
            return sealed
        }
    }
}
