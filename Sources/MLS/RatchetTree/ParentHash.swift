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
            let isLinked = [
                hasLink(parent, child: left, sibling: right), hasLink(parent, child: right, sibling: left),
            ]
            let valid = isLinked.count { $0 }
            try require(valid == 1, .parentHashMismatch, "node \(offset) has \(valid) valid links")
        }
    }

    /// Whether a node in the resolution of `child` carries the parent hash of `parent` and stands where a path put it: beside
    /// the unmerged leaves it is the only one there. So one node is looked at, however many carry the hash.
    private mutating func hasLink(_ parent: ParentNode, child: NodeIndex, sibling: NodeIndex) -> Bool {
        let resolution = Set(resolution(child))
        let range = child.leaves
        let unmerged = Set(parent.unmergedLeaves.filter { range.contains($0.rawValue) }.map(NodeIndex.init))
        guard unmerged.isSubset(of: resolution), resolution.count == unmerged.count + 1,
            let node = resolution.subtracting(unmerged).first, let hash = self[node]?.parentHash
        else { return false }
        return hash
            == parentHash(
                parent.encryptionKey, parent.parentHash,
                sibling: treeHash(sibling, without: parent.unmergedLeaves))
    }
}
