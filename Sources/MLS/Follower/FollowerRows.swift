import WireCodec

/// A follower's state as rows: the tree's nodes one by one, so that a commit writes what it changed.
extension PublicGroup {
    /// What must be written so that the store has this state. When it was applied, call `didStore`.
    public func changes() -> RowBatch {
        var batch = RowBatch(groupId: groupId)
        let key = RowKey(groupId: groupId, kind: .followed)
        batch.conditions = [(key, stored)]
        batch.clears = [.proposal]
        if !isStored { batch.clears.append(.treeNode) }
        let row = encodeRow { writer in
            writer.write(state.context)
            writer.write(vector: state.confirmationTag)
            writer.write(vector: state.interimTranscriptHash)
            writer.write(UInt32(truncatingIfNeeded: state.tree.shape.leafCount))
            writer.write(optional: reInit)
        }
        batch.write(.followed, row, version: stored + 1)
        batch.write(.groupInfo, groupInfo.map { info in encodeRow { $0.write(info) } })
        state.writeShared(to: &batch)
        return batch
    }

    /// Says that the batch of `changes` was applied.
    public mutating func didStore() {
        stored += 1
        isStored = true
        state.tree.dirty = []
    }

    /// Writes this state. Throws `Check.storeConflict` when somebody else has changed the stored one since it was read.
    public mutating func save(to storage: some GroupStorage) throws(MLSError) {
        try storage.apply(changes())
        didStore()
    }

    /// Takes the place of what the store has of a former follower of this group: for one that must begin again, since it has
    /// missed a commit, or followed one that the members refused (RFC 9420 §16.12). The first save then replaces all rows.
    public mutating func replaceFormer(in storage: some GroupStorage) throws(MLSError) {
        try MLS.require(!isStored, .storeConflict, "this follower was stored already")
        stored = try storage.row(RowKey(groupId: groupId, kind: .followed))?.version ?? 0
    }

    /// Takes a follower from its rows, and asks `judge` about its tree. Throws `Check.storeConflict` when somebody else has written
    /// meanwhile.
    public static func load(
        _ groupId: [UInt8], from storage: some GroupStorage, judge: some Judge
    ) throws(MLSError) -> PublicGroup {
        let group = try storage.reading(RowKey(groupId: groupId, kind: .followed)) { (row) throws(MLSError) in
            try read(groupId, row, from: storage)
        }
        try GroupState.judgeTree(group.state.tree, in: group.context, judge: judge)
        return group
    }

    private static func read(
        _ groupId: [UInt8], _ row: Row, from storage: some GroupStorage
    ) throws(MLSError) -> PublicGroup {
        let (context, tag, interim, leaves, reInit) = try decodeRow(row.value) { (reader) throws(WireError) in
            let context = try reader.read(GroupContext.self)
            let tag = Array(try reader.readVector(limit: 255, field: "confirmation_tag"))
            let interim = Array(try reader.readVector(limit: 255, field: "interim_transcript_hash"))
            let leaves = try reader.read(UInt32.self)
            guard leaves > 0, leaves <= Limits.leaves else { throw WireError.invalidValue(field: "leaf count") }
            return (context, tag, interim, leaves, try reader.readOptional(ReInit.self))
        }
        var group = PublicGroup(
            state: try GroupState(
                context: context, confirmationTag: tag, interimTranscriptHash: interim, leafCount: leaves,
                from: storage))
        if let info = try storage.row(RowKey(groupId: groupId, kind: .groupInfo)) {
            group.groupInfo = try decodeRow(info.value) { (reader) throws(WireError) in
                try reader.read(GroupInfo.self)
            }
        }
        group.reInit = reInit
        group.stored = row.version
        group.isStored = true
        return group
    }
}
