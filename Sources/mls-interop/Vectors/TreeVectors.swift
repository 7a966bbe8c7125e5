import MLS
import WireCodec

extension Entry {
    func checkTreeMath() throws {
        guard try int("n_leaves") <= Limits.leaves else { throw VectorFailure("too many leaves") }
        let shape = TreeShape(atLeast: try int("n_leaves"))
        try expect(shape.nodeCount, try int("n_nodes"), "n_nodes")
        try expect(shape.root.offset, try int("root"), "root")
        for node in 0..<shape.nodeCount {
            let index = NodeIndex(node)
            try expect(index.left?.offset, element("left", node).int, "left of \(node)")
            try expect(index.right?.offset, element("right", node).int, "right of \(node)")
            try expect(shape.parent(of: index)?.offset, element("parent", node).int, "parent of \(node)")
            try expect(shape.sibling(of: index)?.offset, element("sibling", node).int, "sibling of \(node)")
        }
    }

    private func tree(_ key: String) throws -> RatchetTree {
        try RatchetTree(try decode(key, as: ExportedRatchetTree.self), try suite().algorithms())
    }

    func checkTreeOperations() throws {
        var tree = try tree("tree_before")
        try expect(tree.treeHash(), try hex("tree_hash_before"), "tree_hash_before")
        switch try decode("proposal", as: Proposal.self) {
        case .add(let keyPackage): _ = try tree.add(keyPackage.leafNode)
        case .update(let leaf): tree.update(LeafIndex(try int("proposal_sender")), leaf)
        case .remove(let leaf):
            tree.remove(leaf)
            tree.truncate()
        default: throw VectorFailure("a proposal that does not change the tree")
        }
        try expect(tree.exported.encoded, try hex("tree_after"), "tree_after")
        try expect(tree.treeHash(), try hex("tree_hash_after"), "tree_hash_after")
    }

    func checkTreeValidation() throws {
        var tree = try tree("tree")
        try expect(tree.exported.encoded, try hex("tree"), "the tree's encoding")
        let hashes = try list("tree_hashes")
        let resolutions = try list("resolutions")
        try expect(hashes.count, tree.shape.nodeCount, "number of nodes")
        try expect(resolutions.count, tree.shape.nodeCount, "number of resolutions")
        for node in 0..<tree.shape.nodeCount {
            let index = NodeIndex(node)
            try expect(tree.treeHash(index), hashes[node].json.hex ?? [], "tree hash of \(node)")
            let expected = resolutions[node].json.array?.compactMap(\.int) ?? []
            try expect(tree.resolution(index).map(\.offset), expected, "resolution of \(node)")
        }
        try tree.validateStructure()
        guard try suite().isSupported else { return }
        for (index, leaf) in tree.members {
            let position = LeafNode.Position(groupId: try hex("group_id"), index: index)
            try expect(
                leaf.hasValidSignature(tree.algorithms, at: position), "signature of leaf \(index.rawValue)")
        }
    }

    func checkTreeKEM() throws {
        let tree = try tree("ratchet_tree")
        let members = try list("leaves_private").map { try $0.member(tree) }
        // Making a path of one's own for every member is slow on the large curves: there one does.
        var ownPaths = algorithmsAreFast(tree) ? Int.max : 1
        for path in try list("update_paths") {
            let sender = LeafIndex(try path.int("sender"))
            let update = try path.decode("update_path", as: UpdatePath.self)
            let commitSecret = try follow(
                tree, sender, update, members.map(\.keys), expected: path, treeHash: try path.hex("tree_hash_after"))
            try expect(commitSecret, try path.secret("commit_secret"), "commit_secret")
            guard ownPaths > 0, let member = members.first(where: { $0.keys.leaf == sender }) else { continue }
            ownPaths -= 1
            try makeOwnPath(tree, member, members.map(\.keys))
        }
    }

    private func algorithmsAreFast(_ tree: RatchetTree) -> Bool { tree.algorithms.kem == .x25519 }

    private struct Member {
        let keys: TreePrivateKeys
        let signatureKey: Secret
    }

    private func member(_ tree: RatchetTree) throws -> Member {
        let algorithms = tree.algorithms
        let leaf = LeafIndex(try int("index"))
        var keys = TreePrivateKeys(leaf: leaf, leafKey: try algorithms.keyPair(try secret("encryption_priv")))
        try expect(keys.leafKey?.publicKey, tree.leaf(leaf)?.encryptionKey, "a leaf's key")
        for entry in try list("path_secrets") {
            let node = NodeIndex(try entry.int("node"))
            let pair = try algorithms.deriveKeyPair(algorithms.derive(try entry.secret("path_secret"), "node"))
            try expect(pair.publicKey, tree[node]?.encryptionKey, "key of node \(node.offset)")
            keys.set(node, pair)
        }
        return Member(keys: keys, signatureKey: try secret("signature_priv"))
    }

    private func context(_ treeHash: [UInt8]) throws -> GroupContext {
        GroupContext(
            cipherSuite: try suite(), groupId: try hex("group_id"), epoch: UInt64(try int("epoch")),
            treeHash: treeHash, confirmedTranscriptHash: try hex("confirmed_transcript_hash"), extensions: .none)
    }

    /// Every member but the sender follows a path; all must come to the same commit secret.
    private func follow(
        _ tree: RatchetTree, _ sender: LeafIndex, _ path: UpdatePath, _ members: [TreePrivateKeys],
        expected: Entry?, treeHash: [UInt8]
    ) throws -> Secret {
        var after = tree
        let steps = try after.validatePath(path, sender: sender, joining: [])
        try after.apply(path, steps: steps, sender: sender)
        try expect(after.treeHash(), treeHash, "tree hash after the path")
        try after.validateParentHashes()
        let context = try context(treeHash).encoded
        var found: Secret?
        for member in members where member.leaf != sender {
            let (node, secret) = try tree.decryptPathSecret(
                path, steps: steps, keys: member, joining: [], context: context)
            if let expected {
                let text = expected.element("path_secrets", Int(member.leaf.rawValue)).hex ?? []
                try expect(secret, Secret(text), "path secret for leaf \(member.leaf.rawValue)")
            }
            var keys = member
            let commitSecret = try keys.implant(secret, at: node, path: steps, tree: after)
            try expect(found ?? commitSecret, commitSecret, "commit secret")
            found = commitSecret
        }
        guard let found else { throw VectorFailure("nobody follows the path") }
        return found
    }

    private func makeOwnPath(_ tree: RatchetTree, _ member: Member, _ members: [TreePrivateKeys]) throws {
        let sender = member.keys.leaf
        guard let old = tree.leaf(sender) else { throw VectorFailure("a blank sender") }
        var generator = SystemRandomNumberGenerator()
        let generated = try GeneratedPath(tree, leaf: sender, using: &generator)
        var after = tree
        let keys = zip(generated.steps, generated.pairs).map { (step: $0.0, key: $0.1.publicKey) }
        let parentHash = after.setPath(sender, keys: keys)
        let leaf = try LeafNode(
            encryptionKey: generated.leafKey.publicKey, identity: old.identity,
            source: .commit(parentHash: parentHash), position: .init(groupId: try hex("group_id"), index: sender),
            algorithms: tree.algorithms, key: member.signatureKey)
        after[NodeIndex(sender)] = .leaf(leaf)
        let hash = after.treeHash()
        let nodes = try generated.encrypt(tree, joining: [], context: try context(hash).encoded)
        let secret = try follow(
            tree, sender, UpdatePath(leafNode: leaf, nodes: nodes), members, expected: nil, treeHash: hash)
        try expect(secret, generated.commitSecret, "the secret of our own path")
    }
}
