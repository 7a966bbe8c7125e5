/// A key for one message (RFC 9420 §9.1).
package struct MessageKey: Sendable {
    package let key: Secret
    package let nonce: [UInt8]
    package let generation: UInt32

    package init(key: Secret, nonce: [UInt8], generation: UInt32) {
        self.key = key
        self.nonce = nonce
        self.generation = generation
    }
}

/// One sender's ratchet for one kind of content (RFC 9420 §9.1).
package struct Ratchet: Sendable {
    /// The secret of generation `next`.
    package private(set) var secret: Secret
    /// The generation that comes next.
    package private(set) var next: UInt32
    /// Keys of generations that were passed over and have not been used.
    package private(set) var kept: [UInt32: MessageKey]

    package init(secret: Secret, next: UInt32 = 0, kept: [UInt32: MessageKey] = [:]) {
        self.secret = secret
        self.next = next
        self.kept = kept
    }

    /// Takes the key of the next generation, for sending.
    package mutating func step(_ algorithms: Algorithms) throws(MLSError) -> MessageKey {
        try require(next < .max, .generationExhausted)
        let key = Secret(key: "key", of: secret, next, algorithms.keyLength, algorithms)
        let nonce = Secret(key: "nonce", of: secret, next, algorithms.nonceLength, algorithms)
        secret = algorithms.deriveTreeSecret(
            secret, "secret", generation: next, length: algorithms.hashLength)
        defer { next += 1 }
        return MessageKey(key: key, nonce: nonce.bytes, generation: next)
    }

    /// Takes the key of `generation`, keeping those in between for messages that come late.
    package mutating func take(_ generation: UInt32, _ algorithms: Algorithms) throws(MLSError) -> MessageKey {
        if generation < next {
            guard let key = kept.removeValue(forKey: generation) else {
                throw MLSError(.generationUsed, "generation \(generation)")
            }
            return key
        }
        try require(
            generation - next <= Limits.generationSkip, .generationTooFar,
            "generation \(generation), expected about \(next)")
        while next < generation {
            let key = try step(algorithms)
            kept[key.generation] = key
        }
        while kept.count > Limits.keptKeys, let oldest = kept.keys.min() { kept[oldest] = nil }
        return try step(algorithms)
    }
}

extension Secret {
    fileprivate init(key label: String, of secret: Secret, _ generation: UInt32, _ length: Int, _ with: Algorithms) {
        self = with.deriveTreeSecret(secret, label, generation: generation, length: length)
    }
}

/// The two ratchets of a sender.
package struct SenderRatchets: Sendable {
    package var handshake: Ratchet
    package var application: Ratchet

    package init(handshake: Ratchet, application: Ratchet) {
        self.handshake = handshake
        self.application = application
    }

    package subscript(type: ContentType) -> Ratchet {
        get { type == .application ? application : handshake }
        set {
            if type == .application { application = newValue } else { handshake = newValue }
        }
    }
}

/// The secrets from which all message keys of an epoch come (RFC 9420 §9). Nodes are erased when their children are
/// derived, ratchet secrets when they step, keys when they are used.
package struct SecretTree: Sendable {
    package let algorithms: Algorithms
    package let shape: TreeShape
    package private(set) var nodes: [NodeIndex: Secret]
    package private(set) var ratchets: [LeafIndex: SenderRatchets]
    package var dirtyNodes: Set<NodeIndex> = []
    package var dirtyRatchets: Set<LeafIndex> = []

    package init(_ algorithms: Algorithms, shape: TreeShape, encryptionSecret: Secret) {
        self.init(algorithms, shape: shape, nodes: [shape.root: encryptionSecret], ratchets: [:])
        dirtyNodes = [shape.root]
    }

    package init(
        _ algorithms: Algorithms, shape: TreeShape, nodes: [NodeIndex: Secret], ratchets: [LeafIndex: SenderRatchets]
    ) {
        self.algorithms = algorithms
        self.shape = shape
        self.nodes = nodes
        self.ratchets = ratchets
    }

    /// A change that is not made yet: it is made when the message has turned out to be genuine.
    package struct Step: Sendable {
        let leaf: LeafIndex
        var ratchets: SenderRatchets
        var consumed: [NodeIndex] = []
        var derived: [(NodeIndex, Secret)] = []
        package fileprivate(set) var key: MessageKey?
    }

    /// The key of `generation` of a sender, and the change that taking it means.
    package func taking(_ type: ContentType, of leaf: LeafIndex, generation: UInt32) throws(MLSError) -> Step {
        var step = try ratchets(of: leaf)
        step.key = try step.ratchets[type].take(generation, algorithms)
        return step
    }

    /// The next key of our own ratchet.
    package mutating func takeNext(_ type: ContentType, of leaf: LeafIndex) throws(MLSError) -> MessageKey {
        var step = try ratchets(of: leaf)
        let key = try step.ratchets[type].step(algorithms)
        apply(step)
        return key
    }

    /// Derives the ratchets of `leaf` now, so that using them later needs no node of the tree.
    package mutating func prepare(_ leaf: LeafIndex) throws(MLSError) {
        apply(try ratchets(of: leaf))
    }

    package mutating func apply(_ step: Step) {
        for node in step.consumed {
            nodes[node] = nil
            dirtyNodes.insert(node)
        }
        for (node, secret) in step.derived {
            nodes[node] = secret
            dirtyNodes.insert(node)
        }
        ratchets[step.leaf] = step.ratchets
        dirtyRatchets.insert(step.leaf)
    }

    /// Takes back what was stored: no change.
    mutating func restore(_ leaf: LeafIndex, _ stored: SenderRatchets) { ratchets[leaf] = stored }
    mutating func restore(_ node: NodeIndex, _ secret: Secret) { nodes[node] = secret }

    private func ratchets(of leaf: LeafIndex) throws(MLSError) -> Step {
        if let known = ratchets[leaf] { return Step(leaf: leaf, ratchets: known) }
        try require(shape.contains(leaf), .leafOutOfRange, "leaf \(leaf.rawValue)")
        let own = NodeIndex(leaf)
        let path = [own] + shape.directPath(of: own)
        guard let start = path.firstIndex(where: { nodes[$0] != nil }), var secret = nodes[path[start]] else {
            throw MLSError(.ratchetMissing, "leaf \(leaf.rawValue)")
        }
        var consumed = [path[start]]
        var derived: [(NodeIndex, Secret)] = []
        for place in stride(from: start, to: 0, by: -1) {
            guard let left = path[place].left, let right = path[place].right else { break }
            let leftSecret = algorithms.expand(secret, label: "tree", context: Array("left".utf8))
            let rightSecret = algorithms.expand(secret, label: "tree", context: Array("right".utf8))
            let goesLeft = path[place - 1] == left
            derived.append(goesLeft ? (right, rightSecret) : (left, leftSecret))
            secret = goesLeft ? leftSecret : rightSecret
            consumed.append(path[place - 1])
        }
        var step = Step(
            leaf: leaf,
            ratchets: SenderRatchets(
                handshake: Ratchet(secret: algorithms.expand(secret, label: "handshake")),
                application: Ratchet(secret: algorithms.expand(secret, label: "application"))))
        step.consumed = consumed
        step.derived = derived
        return step
    }
}
