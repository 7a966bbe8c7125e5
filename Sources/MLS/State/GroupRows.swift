import WireCodec

/// What storage knew of a group when it was last read or written.
struct StoredState: Sendable {
    var head: UInt64 = 0
    /// The state whose rows the store has; nil before the first save.
    var mark: EpochMark?
    /// Versions of the ratchet rows, ours included.
    var ratchets: [LeafIndex: UInt64] = [:]
    /// Nodes of the secret tree that have a row.
    var secretNodes: Set<NodeIndex> = []
    /// Whether it has resumption secrets that are not to be kept any more.
    var hasSurplusResumption = false
}

extension Group {
    /// What must be written so that the store has this state. When it was applied, call `didStore`.
    public func changes() -> RowBatch {
        var batch = RowBatch(groupId: groupId)
        batch.conditions.append((RowKey(groupId: groupId, kind: .head), stored.head))
        batch.clears = [.proposal, .ownUpdate, .pendingCommit]
        let isNewEpoch = stored.mark != state.mark || status == .removed
        if isNewEpoch {
            batch.clears += [.ownRatchet, .senderRatchet, .secretNode, .privateKey, .resumption]
            if stored.mark == nil { batch.clears.append(.treeNode) }
            if status == .removed { batch.clears += [.epoch, .secrets, .treeNode] }
        }
        if stored.hasSurplusResumption, !isNewEpoch { batch.clears.append(.resumption) }
        if status != .removed { writeBody(to: &batch, isNewEpoch: isNewEpoch) }
        let head = HeadRow(
            ownLeaf: ownLeaf, leafCount: UInt32(truncatingIfNeeded: state.tree.shape.leafCount), epoch: epoch,
            status: status, resumptionEpochs: resumptionEpochs)
        batch.write(.head, head.row, version: stored.head + 1)
        return batch
    }

    private func writeBody(to batch: inout RowBatch, isNewEpoch: Bool) {
        batch.write(.epoch, EpochRow(self).row)
        if isNewEpoch {
            batch.write(.secrets, secrets.row)
            for (node, pair) in keys.pairs {
                batch.write(.privateKey, at: UInt64(node.rawValue), encodeRow { $0.write(pair) })
            }
        }
        if isNewEpoch || stored.hasSurplusResumption {
            for (epoch, secret) in resumption { batch.write(.resumption, at: epoch, encodeRow { $0.write(secret) }) }
        }
        state.writeShared(to: &batch)
        let nodes = isNewEpoch ? Set(secretTree.nodes.keys) : secretTree.dirtyNodes
        for node in nodes {
            // Whoever consumes a node must find it: otherwise two processes would derive from it, and what one
            // has consumed below it would come back.
            if !isNewEpoch, stored.secretNodes.contains(node), secretTree.nodes[node] == nil {
                batch.conditions.append((RowKey(groupId: groupId, kind: .secretNode, index: UInt64(node.rawValue)), 1))
            }
            batch.write(
                .secretNode, at: UInt64(node.rawValue),
                secretTree.nodes[node].map { secret in encodeRow { $0.write(secret) } })
        }
        let leaves = isNewEpoch ? Set(secretTree.ratchets.keys) : secretTree.dirtyRatchets
        for leaf in leaves { writeRatchet(leaf, to: &batch, isNewEpoch: isNewEpoch) }
        for (place, update) in ownUpdates.values.enumerated() {
            batch.write(.ownUpdate, at: UInt64(place), update.row)
        }
        if let commit = pending.commit { batch.write(.pendingCommit, PendingRow(commit).row) }
    }

    private func writeRatchet(_ leaf: LeafIndex, to batch: inout RowBatch, isNewEpoch: Bool) {
        guard let ratchets = secretTree.ratchets[leaf] else { return }
        let key = RowKey.ratchet(of: leaf, own: ownLeaf, groupId: groupId)
        let known = isNewEpoch ? 0 : stored.ratchets[leaf] ?? 0
        // Within an epoch somebody else may have used the ratchet since we read it.
        if !isNewEpoch { batch.conditions.append((key, known)) }
        batch.write(key.kind, at: key.index, ratchets.row, version: known + 1)
    }

    /// Says that the batch of `changes` was applied.
    public mutating func didStore() {
        let isNewEpoch = stored.mark != state.mark
        if isNewEpoch { stored.ratchets = [:] }
        let leaves = isNewEpoch ? Set(secretTree.ratchets.keys) : secretTree.dirtyRatchets
        for leaf in leaves { stored.ratchets[leaf, default: 0] += 1 }
        stored.secretNodes = Set(secretTree.nodes.keys)
        stored.hasSurplusResumption = false
        stored.head += 1
        stored.mark = state.mark
        state.tree.dirty = []
        secretTree.dirtyNodes = []
        secretTree.dirtyRatchets = []
    }

    /// Writes this state. Throws `Check.storeConflict` when somebody else has changed the stored one since it was read.
    public mutating func save(to storage: some GroupStorage) throws(MLSError) {
        try storage.apply(changes())
        didStore()
    }

    /// The version of the rows from which this state was loaded, or to which it was last saved; 0 before the first time. It is what
    /// `GroupSummary.version` says as long as nobody else has saved.
    public var storedVersion: UInt64 { stored.head }

    /// Lets go of this epoch's message keys, which the store has: for a process that keeps the group for handshakes while
    /// `MessageBatch` sends and opens from the rows, so that keys which were used there do not live on here (RFC 9420 §9.2). Private
    /// messages of this epoch can be neither sealed nor opened by this value any more; the next epoch brings new keys.
    public mutating func forgetMessageKeys() throws(MLSError) {
        try MLS.require(
            stored.mark == state.mark && secretTree.dirtyNodes.isEmpty && secretTree.dirtyRatchets.isEmpty,
            .storeMissing, "the message keys were not saved yet")
        secretTree = SecretTree(algorithms, shape: secretTree.shape, nodes: [:], ratchets: [:])
        stored.secretNodes = []
    }

    /// Takes the place of what the store has of a former membership in this group: for who comes back after a removal, or by an
    /// external commit once it was accepted (RFC 9420 §12.4.3.2). The first save then replaces all rows, and whoever still has
    /// the former state gets `Check.storeConflict`.
    public mutating func replaceFormer(in storage: some GroupStorage) throws(MLSError) {
        try MLS.require(stored.mark == nil, .storeConflict, "this membership was stored already")
        stored.head = try storage.row(RowKey(groupId: groupId, kind: .head))?.version ?? 0
    }

    /// Takes a group from its rows, and asks `judge` about its tree. A commit that waits is staged again, for which its
    /// pre-shared keys are needed; it was judged when it was made, and is not judged again. Throws `Check.storeConflict` when somebody else has written meanwhile.
    public static func load(
        _ groupId: [UInt8], from storage: some GroupStorage, psks: some PreSharedKeySource = NoPreSharedKeys(),
        judge: some Judge
    ) throws(MLSError) -> Group {
        let group = try storage.reading(RowKey(groupId: groupId, kind: .head)) { (headRow) throws(MLSError) in
            try read(groupId, headRow, from: storage, psks: psks)
        }
        try GroupState.judgeTree(group.state.tree, in: group.context, judge: judge)
        return group
    }

    private static func read(
        _ groupId: [UInt8], _ headRow: Row, from storage: some GroupStorage, psks: some PreSharedKeySource
    ) throws(MLSError) -> Group {
        let head = try HeadRow(row: headRow.value)
        try MLS.require(head.status != .removed, .notMember)
        let epoch = try EpochRow(row: try storage.require(RowKey(groupId: groupId, kind: .epoch)).value)
        try MLS.require(epoch.context.epoch == head.epoch, .storeMalformed, "rows of two epochs")
        let algorithms = try epoch.context.cipherSuite.algorithms()
        let state = try GroupState(
            context: epoch.context, confirmationTag: epoch.confirmationTag,
            interimTranscriptHash: epoch.interimTranscriptHash, leafCount: head.leafCount, from: storage)
        let tree = state.tree
        let secrets = try EpochSecrets(
            row: try storage.require(RowKey(groupId: groupId, kind: .secrets)).value,
            senderDataSecret: epoch.senderDataSecret)
        var stored = StoredState(head: headRow.version, mark: state.mark)
        let secretTree = try SecretTree(
            algorithms, shape: tree.shape, own: head.ownLeaf, groupId: groupId, from: storage,
            versions: &stored.ratchets)
        stored.secretNodes = Set(secretTree.nodes.keys)
        var pairs: [NodeIndex: HPKEKeyPair] = [:]
        for (index, row) in try storage.rows(.privateKey, of: groupId) {
            pairs[NodeIndex(rawValue: UInt32(truncatingIfNeeded: index))] = try decodeRow(row.value) {
                (reader) throws(WireError) in try reader.readHPKEPair()
            }
        }
        var group = Group(
            state: state, secrets: secrets, secretTree: secretTree,
            keys: TreePrivateKeys(leaf: head.ownLeaf, pairs: pairs), signatureKey: epoch.signatureKey)
        group.status = head.status
        group.resumptionEpochs = head.resumptionEpochs
        group.stored = stored
        try group.restoreRest(from: storage, psks: psks)
        return group
    }

    private mutating func restoreRest(
        from storage: some GroupStorage, psks: some PreSharedKeySource
    ) throws(MLSError) {
        for (_, row) in try storage.rows(.ownUpdate, of: groupId) {
            let update = try OwnUpdate(row: row.value)
            ownUpdates[update.leafKey.publicKey] = update
        }
        for (epoch, row) in try storage.rows(.resumption, of: groupId) {
            resumption[epoch] = try decodeRow(row.value) { (reader) throws(WireError) in try reader.readSecret() }
        }
        guard let row = try storage.row(RowKey(groupId: groupId, kind: .pendingCommit)) else { return }
        let waiting = try PendingRow(row: row.value)
        let verified = VerifiedCommit(content: waiting.content, verifiedIn: state.mark, verifier: .member)
        let staged = try stage(
            verified, own: waiting.secrets, purpose: .ordinary, psks: psks, now: nil, judge: JudgedBefore())
        pending = .some(
            PendingCommit(
                message: waiting.message, welcome: waiting.welcome, staged: staged, content: waiting.content,
                secrets: waiting.secrets))
    }
}

extension GroupState {
    /// Takes tree and proposals from their rows.
    init(
        context: GroupContext, confirmationTag: [UInt8], interimTranscriptHash: [UInt8], leafCount: UInt32,
        from storage: some GroupStorage
    ) throws(MLSError) {
        var tree = RatchetTree(try context.cipherSuite.algorithms(), leaves: Int(leafCount))
        for (index, row) in try storage.rows(.treeNode, of: context.groupId) {
            let node = try decodeRow(row.value) { (reader) throws(WireError) in try reader.read(Node.self) }
            tree.restore(NodeIndex(rawValue: UInt32(truncatingIfNeeded: index)), node)
        }
        try MLS.require(tree.treeHash() == context.treeHash, .storeMalformed, "the tree is another one")
        self.init(
            context: context, tree: tree, confirmationTag: confirmationTag,
            interimTranscriptHash: interimTranscriptHash)
        let rows = try storage.rows(.proposal, of: context.groupId).sorted { $0.index < $1.index }
        for (_, row) in rows {
            let proposal = try SourcedProposal(row: row.value)
            if let reference = proposal.reference { try proposals.insert(proposal, reference) }
        }
    }

    /// Writes what has changed of tree and proposals.
    func writeShared(to batch: inout RowBatch) {
        for node in tree.dirty {
            batch.write(
                .treeNode, at: UInt64(node.rawValue), tree[node].map { node in encodeRow { $0.write(node) } })
        }
        for (place, proposal) in proposals.all.enumerated() {
            batch.write(.proposal, at: UInt64(place), proposal.row)
        }
    }
}

extension RowKey {
    static func ratchet(of leaf: LeafIndex, own: LeafIndex, groupId: [UInt8]) -> RowKey {
        leaf == own
            ? RowKey(groupId: groupId, kind: .ownRatchet)
            : RowKey(groupId: groupId, kind: .senderRatchet, index: UInt64(leaf.rawValue))
    }
}

extension SecretTree {
    /// Takes the whole secret tree from its rows.
    init(
        _ algorithms: Algorithms, shape: TreeShape, own: LeafIndex, groupId: [UInt8], from storage: some GroupStorage,
        versions: inout [LeafIndex: UInt64]
    ) throws(MLSError) {
        var nodes: [NodeIndex: Secret] = [:]
        for (index, row) in try storage.rows(.secretNode, of: groupId) {
            nodes[NodeIndex(rawValue: UInt32(truncatingIfNeeded: index))] = try decodeRow(row.value) {
                (reader) throws(WireError) in try reader.readSecret()
            }
        }
        var ratchets: [LeafIndex: SenderRatchets] = [:]
        for (index, row) in try storage.rows(.senderRatchet, of: groupId) {
            let leaf = LeafIndex(rawValue: UInt32(truncatingIfNeeded: index))
            ratchets[leaf] = try SenderRatchets(row: row.value)
            versions[leaf] = row.version
        }
        if let row = try storage.row(RowKey(groupId: groupId, kind: .ownRatchet)) {
            ratchets[own] = try SenderRatchets(row: row.value)
            versions[own] = row.version
        }
        self.init(algorithms, shape: shape, nodes: nodes, ratchets: ratchets)
    }
}

/// Judges nothing: for what was judged when it was made.
private struct JudgedBefore: Judge {
    func maySucceed(_ old: Credential, _ new: Credential) -> Bool { true }
}
