/// Checks of a whole tree, when somebody joins (RFC 9420 §12.4.3.1).
extension RatchetTree {
    /// What can be checked without the group's parameters: parent hashes, unmerged leaves, unique keys.
    package mutating func validateStructure() throws(MLSError) {
        try validateUnmergedLeaves()
        try require(hasUniqueEncryptionKeys, .encryptionKeyNotUnique)
        try require(hasUniqueSignatureKeys, .signatureKeyNotUnique)
        try validateParentHashes()
    }

    /// Each unmerged leaf is a member below its node, and unmerged at every non-blank node between.
    func validateUnmergedLeaves() throws(MLSError) {
        // As sets, since lists of all leaves at every node would cost billions of comparisons.
        var listed: [NodeIndex: Set<LeafIndex>] = [:]
        for offset in stride(from: 1, to: shape.nodeCount, by: 2) {
            let index = NodeIndex(offset)
            if let parent = parent(index) { listed[index] = Set(parent.unmergedLeaves) }
        }
        for offset in stride(from: 1, to: shape.nodeCount, by: 2) {
            let index = NodeIndex(offset)
            guard let parent = parent(index) else { continue }
            let range = index.leaves
            for (place, unmerged) in parent.unmergedLeaves.enumerated() {
                try require(
                    place == 0 || parent.unmergedLeaves[place - 1] < unmerged, .unmergedLeavesInvalid,
                    "node \(offset) lists its unmerged leaves out of order")
                try require(
                    range.contains(unmerged.rawValue) && leaf(unmerged) != nil, .unmergedLeavesInvalid,
                    "node \(offset) lists leaf \(unmerged.rawValue)")
                for between in shape.directPath(of: NodeIndex(unmerged)) where between != index {
                    guard index.covers(between) else { break }
                    guard let known = listed[between] else { continue }
                    try require(
                        known.contains(unmerged), .unmergedLeavesInvalid,
                        "node \(between.offset) does not list leaf \(unmerged.rawValue)")
                }
            }
        }
    }
}
