import WireCodec

/// Parent hashes (RFC 9420 §7.9).
extension RatchetTree {
    /// The parent hash of a node whose key is `key` and whose own parent hash is `parentHash`.
    private func parentHash(_ key: HPKEPublicKey, _ parentHash: [UInt8], sibling: [UInt8]) -> [UInt8] {
        var writer = WireWriter(reserving: 128)
        writer.write(key)
        writer.write(vector: parentHash)
        writer.write(vector: sibling)
        return algorithms.digest(writer.bytes)
    }

    /// Sets the nodes of a path of `leaf` (RFC 9420 §7.5) and returns the parent hash that the leaf must carry:
    /// empty when no node lies above it.
    package mutating func setPath(_ leaf: LeafIndex, keys: [(step: PathStep, key: HPKEPublicKey)]) -> [UInt8] {
        blankDirectPath(leaf)
        var above: [UInt8] = []
        for (step, key) in keys.reversed() {
            self[step.node] = .parent(ParentNode(encryptionKey: key, parentHash: above))
            above = parentHash(key, above, sibling: treeHash(step.copathChild))
        }
        return above
    }

    /// Checks that every parent node was set by a member below it, and is the next one above exactly one
    /// node (RFC 9420 §7.9.2).
    package mutating func validateParentHashes() throws(MLSError) {
        for offset in stride(from: 1, to: shape.nodeCount, by: 2) {
            let index = NodeIndex(offset)
            guard let parent = parent(index), let left = index.left, let right = index.right else { continue }
            let valid =
                countLinks(parent, child: left, sibling: right) + countLinks(parent, child: right, sibling: left)
            try require(valid == 1, .parentHashMismatch, "node \(offset) has \(valid) valid links")
        }
    }

    /// How many nodes in the resolution of `child` carry the parent hash of `parent` and stand where a path put them.
    private mutating func countLinks(_ parent: ParentNode, child: NodeIndex, sibling: NodeIndex) -> Int {
        let resolution = resolution(child)
        guard resolution.contains(where: { self[$0]?.parentHash != nil }) else { return 0 }
        let expected = parentHash(
            parent.encryptionKey, parent.parentHash,
            sibling: treeHash(sibling, without: parent.unmergedLeaves))
        let range = child.leaves
        let unmerged = Set(parent.unmergedLeaves.filter { range.contains($0.rawValue) }.map(NodeIndex.init))
        return resolution.count { node in
            guard let hash = self[node]?.parentHash, hash == expected else { return false }
            return Set(resolution).subtracting([node]) == unmerged
        }
    }
}
