import Testing
import WireCodec

@testable import MLS

/// Refusals: trees (RFC 9420 §4, §7.8, §7.9, §12.4.3).
@Suite struct TreeRefusals {
    /// A tree with parents everywhere, and one member who is unmerged.
    private func tree() throws -> (RatchetTree, TestGroup) {
        var team = try TestGroup(7)
        for committer in 0..<7 { try team.commit(by: committer) }
        var options = CommitOptions([.add(try team.keyPackage())])
        options.forcePath = false
        try team.commit(options)
        return (team.groups[0].state.tree, team)
    }

    @Test
    func `the honest tree is valid, and so are those of a long life`() throws {
        var (tree, _) = try tree()
        try tree.validateStructure()
        #expect(try RatchetTree(tree.exported, tree.algorithms).exported == tree.exported)
    }

    @Test
    func `an empty tree, trailing blanks, leaves and parents in each other's places (ValSem300)`() throws {
        let (tree, _) = try tree()
        let nodes = tree.exported.nodes
        let leaf = nodes[0]
        let parent = nodes[1]
        expectRefusal(.treeEmpty) { _ = try RatchetTree(ExportedRatchetTree(nodes: []), tree.algorithms) }
        expectRefusal(.treeTrailingBlank) {
            _ = try RatchetTree(ExportedRatchetTree(nodes: nodes + [nil]), tree.algorithms)
        }
        expectRefusal(.treeTrailingBlank) { _ = try RatchetTree(ExportedRatchetTree(nodes: [nil]), tree.algorithms) }
        var changed = nodes
        changed[1] = leaf
        expectRefusal(.treeNodeKind) { _ = try RatchetTree(ExportedRatchetTree(nodes: changed), tree.algorithms) }
        changed = nodes
        changed[2] = parent
        expectRefusal(.treeNodeKind) { _ = try RatchetTree(ExportedRatchetTree(nodes: changed), tree.algorithms) }
    }

    @Test
    func `each parent hash, changed, emptied or cut short, is found; so is each blank parent and changed key`() throws {
        let (good, _) = try tree()
        for offset in stride(from: 1, to: good.shape.nodeCount, by: 2) {
            let index = NodeIndex(offset)
            guard let parent = good.parent(index) else { continue }
            for edit in [
                { $0.parentHash = [UInt8](repeating: 5, count: 32) },
                { $0.encryptionKey = HPKEPublicKey([9] + [UInt8](repeating: 1, count: 31)) },
                { $0.parentHash = $0.parentHash.isEmpty ? [1] : [] },
            ] as [(inout ParentNode) -> Void] {
                var tree = good
                var changed = parent
                edit(&changed)
                tree[index] = .parent(changed)
                expectRefusal(.parentHashMismatch) { try tree.validateParentHashes() }
            }
        }
        // Blanks below a parent break its chain.
        for offset in [1, 3, 5] where good.parent(NodeIndex(offset)) != nil {
            var tree = good
            tree[NodeIndex(offset)] = nil
            expectRefusal(.parentHashMismatch) { try tree.validateParentHashes() }
        }
    }

    @Test
    func `an empty left half of the root does not make its parent hash valid`() throws {
        var (tree, _) = try tree()
        for leaf in 0..<4 { tree[NodeIndex(LeafIndex(leaf))] = nil }
        for node in [1, 3, 5] { tree[NodeIndex(node)] = nil }
        expectRefusal(.parentHashMismatch) { try tree.validateParentHashes() }
    }

    @Test
    func `unmerged leaves that are elsewhere, blank, unsorted, or not listed on the way`() throws {
        let (good, _) = try tree()
        let low = NodeIndex(13)
        let cases: [(NodeIndex, [LeafIndex])] = [
            (NodeIndex(1), [LeafIndex(5)]), (NodeIndex(3), [LeafIndex(2), LeafIndex(1)]),
            (NodeIndex(3), [LeafIndex(1), LeafIndex(1)]), (NodeIndex(11), [LeafIndex(7), LeafIndex(9)]),
            (good.shape.root, [LeafIndex(rawValue: .max)]),
        ]
        for (index, leaves) in cases {
            var tree = good
            guard var parent = tree.parent(index) else { continue }
            parent.unmergedLeaves = leaves
            tree[index] = .parent(parent)
            expectRefusal(.unmergedLeavesInvalid) { try tree.validateUnmergedLeaves() }
        }
        var tree = good
        tree[NodeIndex(14)] = nil
        expectRefusal(.unmergedLeavesInvalid) { try tree.validateUnmergedLeaves() }
        tree = good
        if var parent = tree.parent(NodeIndex(11)) {
            parent.unmergedLeaves = []
            tree[NodeIndex(11)] = .parent(parent)
            expectRefusal(.unmergedLeavesInvalid) { try tree.validateUnmergedLeaves() }
        }
        #expect(good.parent(low)?.unmergedLeaves ?? [LeafIndex(7)] == [LeafIndex(7)])
        // The codec refuses them out of order already.
        var parent = ParentNode(encryptionKey: HPKEPublicKey([1]))
        parent.unmergedLeaves = [LeafIndex(2), LeafIndex(1)]
        #expect(throws: MLSError.self) { _ = try decodeWhole(parent.wireBytes, as: ParentNode.self) }
    }

    @Test
    func `one key at two places is found, and the index of keys follows every change`() throws {
        var (tree, _) = try tree()
        let first = try #require(tree.leaf(LeafIndex(0)))
        var second = try #require(tree.leaf(LeafIndex(1)))
        let honest = second
        second.encryptionKey = first.encryptionKey
        tree[NodeIndex(2)] = .leaf(second)
        expectRefusal(.encryptionKeyNotUnique) { try tree.validateStructure() }
        second = honest
        second.signatureKey = first.signatureKey
        tree[NodeIndex(2)] = .leaf(second)
        expectRefusal(.signatureKeyNotUnique) { try tree.validateStructure() }
        tree[NodeIndex(2)] = .leaf(honest)
        try tree.validateStructure()
        let parent = try #require(tree.parent(NodeIndex(3)))
        second = honest
        second.encryptionKey = parent.encryptionKey
        tree[NodeIndex(2)] = .leaf(second)
        expectRefusal(.encryptionKeyNotUnique) { try tree.validateStructure() }
        tree[NodeIndex(2)] = nil
        #expect(tree.hasUniqueEncryptionKeys && !tree.contains(honest.encryptionKey))
        #expect(!tree.contains(honest.signatureKey))
    }

    @Test
    func `cached hashes are those of the same tree built anew, through many changes`() throws {
        var team = try TestGroup(9)
        for step in 0..<12 {
            try team.commit(by: step % 9)
            var cached = team.groups[0].state.tree
            var fresh = try RatchetTree(cached.exported, cached.algorithms)
            #expect(cached.treeHash() == fresh.treeHash())
            try fresh.validateStructure()
        }
    }

    @Test
    func `the leftmost free leaf is taken, and the tree shrinks by halves after all removals`() throws {
        var team = try TestGroup(9)
        #expect(team.groups[0].state.tree.shape.leafCount == 16)
        try team.commit(CommitOptions([.remove(LeafIndex(8)), .remove(LeafIndex(3)), .remove(LeafIndex(5))]))
        #expect(team.groups[0].state.tree.shape.leafCount == 8)
        try team.add(3)
        #expect(team.groups.suffix(3).map(\.ownLeaf) == [LeafIndex(3), LeafIndex(5), LeafIndex(8)])
        #expect(team.groups[0].state.tree.shape.leafCount == 16)
        try team.commit(CommitOptions([.remove(LeafIndex(8)), .add(try team.keyPackage())]))
        #expect(team.groups[0].member(LeafIndex(8)) != nil)
        try team.expectAgreement()
        var tree = RatchetTree(team.groups[0].algorithms)
        #expect(try tree.takeFreeLeaf() == LeafIndex(0))
    }

    @Test
    func `a tree with more leaves than the limit is refused before it is built`() throws {
        let algorithms = try CipherSuite.x25519Aes128GcmSha256Ed25519.algorithms()
        let nodes = [Node?](repeating: nil, count: Limits.nodes + 1)
        let last = Node.parent(ParentNode(encryptionKey: HPKEPublicKey([1])))
        expectRefusal(.limitExceeded) { _ = try RatchetTree(ExportedRatchetTree(nodes: nodes + [last]), algorithms) }
        let encoded = ExportedRatchetTree(nodes: nodes + [last]).wireBytes
        expectRefusal(.malformed) { _ = try ExportedRatchetTree(decoding: encoded) }
    }
}
