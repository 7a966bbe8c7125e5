/// The private half of a member's view of the tree (RFC 9420 §7.4): keys of its leaf and of nodes above it.
package struct TreePrivateKeys: Sendable {
    package let leaf: LeafIndex
    package private(set) var pairs: [NodeIndex: HPKEKeyPair]

    package init(leaf: LeafIndex, leafKey: HPKEKeyPair) {
        self.leaf = leaf
        pairs = [NodeIndex(leaf): leafKey]
    }

    package init(leaf: LeafIndex, pairs: [NodeIndex: HPKEKeyPair]) {
        self.leaf = leaf
        self.pairs = pairs
    }

    package var leafKey: HPKEKeyPair? { pairs[NodeIndex(leaf)] }

    package mutating func set(_ node: NodeIndex, _ pair: HPKEKeyPair) { pairs[node] = pair }

    /// Forgets the keys of nodes that were blanked or have another key now.
    package mutating func prune(_ tree: RatchetTree) {
        pairs = pairs.filter { tree[$0.key]?.encryptionKey == $0.value.publicKey }
    }

    /// Takes the path secret of `step` and derives the key pairs of it and of all above, which must be those
    /// in the tree. Returns the secret behind the last one: the commit secret (RFC 9420 §7.4).
    package mutating func implant(
        _ pathSecret: Secret, at node: NodeIndex, path: [PathStep], tree: RatchetTree
    ) throws(MLSError) -> Secret {
        let algorithms = tree.algorithms
        var secret = pathSecret
        for step in path.drop(while: { $0.node != node }) {
            let pair = try algorithms.deriveKeyPair(algorithms.derive(secret, "node"))
            try require(
                tree[step.node]?.encryptionKey == pair.publicKey, .pathSecretMismatch,
                "the secret of node \(step.node.offset) gives another key")
            pairs[step.node] = pair
            secret = algorithms.derive(secret, "path")
        }
        return secret
    }
}

/// A path that was made: its public half, and what only its maker knows.
package struct GeneratedPath: Sendable {
    package let steps: [PathStep]
    package let pathSecrets: [Secret]
    package let pairs: [HPKEKeyPair]
    package let leafKey: HPKEKeyPair
    package let commitSecret: Secret

    /// Draws new secrets for the path of `leaf` (RFC 9420 §7.4).
    package init(
        _ tree: RatchetTree, leaf: LeafIndex, using generator: inout some RandomNumberGenerator
    ) throws(MLSError) {
        let algorithms = tree.algorithms
        steps = tree.filteredDirectPath(leaf)
        leafKey = try algorithms.generateKeyPair(using: &generator)
        var secret = Secret.random(algorithms.hashLength, using: &generator)
        var secrets: [Secret] = []
        var pairs: [HPKEKeyPair] = []
        for _ in steps {
            secrets.append(secret)
            pairs.append(try algorithms.deriveKeyPair(algorithms.derive(secret, "node")))
            secret = algorithms.derive(secret, "path")
        }
        pathSecrets = secrets
        self.pairs = pairs
        commitSecret = secret
    }

    /// Encrypts each secret to the resolution of its copath child, except to members who join by the same
    /// commit (RFC 9420 §7.5).
    package func encrypt(
        _ tree: RatchetTree, joining: Set<LeafIndex>, context: [UInt8]
    ) throws(MLSError) -> [UpdatePathNode] {
        var nodes: [UpdatePathNode] = []
        for (place, step) in steps.enumerated() {
            let secret = pathSecrets[place].bytes
            var sealed: [HPKECiphertext] = []
            for target in tree.resolution(step.copathChild, excluding: joining) {
                guard let key = tree[target]?.encryptionKey else { continue }
                sealed.append(
                    try tree.algorithms.encrypt(secret, to: key, label: "UpdatePathNode", context: context))
            }
            nodes.append(UpdatePathNode(encryptionKey: pairs[place].publicKey, encryptedPathSecret: sealed))
        }
        return nodes
    }

    /// The secret of the lowest node above both `leaf` and the path's own leaf, for a Welcome.
    package func pathSecret(for leaf: LeafIndex) -> Secret? {
        guard let place = steps.firstIndex(where: { $0.node.covers(NodeIndex(leaf)) }) else { return nil }
        return pathSecrets[place]
    }
}

extension RatchetTree {
    /// Checks a received path against the tree (RFC 9420 §12.4.2): as many nodes as the filtered path, none of
    /// its keys in the tree or twice, and a ciphertext for each node of each resolution.
    package func validatePath(
        _ path: UpdatePath, sender: LeafIndex, joining: Set<LeafIndex>
    ) throws(MLSError) -> [PathStep] {
        let steps = filteredDirectPath(sender)
        try require(
            path.nodes.count == steps.count, .pathLength, "\(path.nodes.count) nodes, expected \(steps.count)")
        var seen: Set<HPKEPublicKey> = []
        for key in [path.leafNode.encryptionKey] + path.nodes.map(\.encryptionKey) {
            try require(seen.insert(key).inserted && !contains(key), .pathKeyNotUnique)
            try algorithms.checkPoint(key.bytes)
        }
        for (node, step) in zip(path.nodes, steps) {
            let expected = resolution(step.copathChild, excluding: joining).count
            try require(
                node.encryptedPathSecret.count == expected, .pathCiphertextCount,
                "\(node.encryptedPathSecret.count) ciphertexts at node \(step.node.offset), expected \(expected)")
        }
        return steps
    }

    /// Applies the public half of a path that was validated, and checks the leaf's parent hash (RFC 9420 §7.9.2).
    package mutating func apply(_ path: UpdatePath, steps: [PathStep], sender: LeafIndex) throws(MLSError) {
        let keys = zip(steps, path.nodes).map { (step: $0.0, key: $0.1.encryptionKey) }
        let expected = setPath(sender, keys: keys)
        guard case .commit(let parentHash) = path.leafNode.source else {
            throw MLSError(.leafSource, "the leaf of a path must come from a commit")
        }
        try require(parentHash == expected, .parentHashMismatch, "the committer's leaf")
        self[NodeIndex(sender)] = .leaf(path.leafNode)
    }

    /// Decrypts the path secret that is meant for `keys`' owner (RFC 9420 §7.5), in the tree before the path was
    /// applied.
    package func decryptPathSecret(
        _ path: UpdatePath, steps: [PathStep], keys: TreePrivateKeys, joining: Set<LeafIndex>, context: [UInt8]
    ) throws(MLSError) -> (node: NodeIndex, secret: Secret) {
        let own = NodeIndex(keys.leaf)
        guard let place = steps.firstIndex(where: { $0.copathChild.covers(own) }) else {
            throw MLSError(.pathNotForUs)
        }
        let targets = resolution(steps[place].copathChild, excluding: joining)
        for (target, sealed) in zip(targets, path.nodes[place].encryptedPathSecret)
        where isOurs(target, leaf: keys.leaf) {
            guard let pair = keys.pairs[target], self[target]?.encryptionKey == pair.publicKey else {
                throw MLSError(.privateKeyMissing, "no private key for node \(target.offset)")
            }
            let secret = try algorithms.decrypt(
                sealed, with: pair.privateKey, label: "UpdatePathNode", context: context)
            try require(secret.count == algorithms.hashLength, .pathSecretMismatch, "\(secret.count) bytes")
            return (steps[place].node, Secret(secret))
        }
        throw MLSError(.pathNotForUs)
    }

    /// Whether a member at `leaf` holds the private key of `node`: its own leaf, or a node above it in which it is merged.
    /// Somebody unmerged does not know the node's key and is reached through its own leaf.
    func isOurs(_ node: NodeIndex, leaf: LeafIndex) -> Bool {
        guard node.covers(NodeIndex(leaf)) else { return false }
        if node.isLeaf { return true }
        guard let parent = parent(node) else { return false }
        return !parent.unmergedLeaves.contains(leaf)
    }
}
