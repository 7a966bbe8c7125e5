import WireCodec

/// A ratchet tree as it travels (RFC 9420 §12.4.3.3): decoded, not verified.
public struct ExportedRatchetTree: Hashable, Sendable, WireCodable {
    package var nodes: [Node?]

    package init(nodes: [Node?]) { self.nodes = nodes }

    /// The encryption keys of the nodes above the leaves.
    public var parentKeys: [HPKEPublicKey] {
        nodes.compactMap { node in if case .parent(let parent) = node { parent.encryptionKey } else { nil } }
    }

    package init(from reader: inout WireReader) throws(WireError) {
        var inner = WireReader(try reader.readVector(field: "ratchet_tree"))
        nodes = []
        while !inner.isAtEnd {
            guard nodes.count < Limits.nodes else { throw .limitExceeded(field: "ratchet_tree", limit: Limits.nodes) }
            nodes.append(try inner.readOptional(Node.self))
        }
    }

    package func encode(into writer: inout WireWriter) {
        writer.writeVector { inner in
            for node in nodes { inner.write(optional: node) }
        }
    }

    public init(decoding bytes: [UInt8]) throws(MLSError) {
        try require(bytes.count <= Limits.messageBytes, .limitExceeded, "a tree of \(bytes.count) bytes")
        self = try decodeWhole(bytes)
    }

    public var encoded: [UInt8] { wireBytes }
}

/// The public part of a group's ratchet tree (RFC 9420 §4, §7): who is in it, with which keys.
///
/// A value. Every change goes through one setter, which keeps the cached hashes and the index of keys in step.
package struct RatchetTree: Sendable {
    package let algorithms: Algorithms
    package private(set) var shape: TreeShape
    private var nodes: [Node?]
    /// The tree hash of each subtree, where it is known.
    private var hashes: [[UInt8]?]
    private var encryptionKeys: [HPKEPublicKey: Int] = [:]
    private var signatureKeys: [SignaturePublicKey: Int] = [:]
    /// How many keys stand in the tree more often than once.
    private var surplusEncryptionKeys = 0
    private var surplusSignatureKeys = 0
    /// No leaf below this one is blank.
    private var firstBlank = 0
    package private(set) var memberCount = 0
    /// Nodes that changed since storage last took them.
    package var dirty: Set<NodeIndex> = []

    /// A tree of one blank leaf.
    package init(_ algorithms: Algorithms) {
        self.algorithms = algorithms
        shape = TreeShape(atLeast: 1)
        nodes = [nil]
        hashes = [nil]
    }

    /// Takes a tree that arrived. Its form is checked here (types of nodes, no trailing blanks, limits);
    /// what it says is checked by `validate`.
    package init(_ exported: ExportedRatchetTree, _ algorithms: Algorithms) throws(MLSError) {
        self.init(algorithms)
        guard let last = exported.nodes.last else { throw MLSError(.treeEmpty) }
        try require(last != nil, .treeTrailingBlank)
        try require(exported.nodes.count <= Limits.nodes, .limitExceeded, "\(exported.nodes.count) nodes")
        resize(TreeShape(atLeast: exported.nodes.count / 2 + 1))
        for (offset, node) in exported.nodes.enumerated() {
            let index = NodeIndex(offset)
            switch node {
            case .leaf: try require(index.isLeaf, .treeNodeKind, "a leaf at node \(offset)")
            case .parent: try require(!index.isLeaf, .treeNodeKind, "a parent at node \(offset)")
            case nil: continue
            }
            self[index] = node
        }
    }

    /// The tree in the form that travels: without blanks at its end.
    package var exported: ExportedRatchetTree {
        let count = (nodes.lastIndex { $0 != nil } ?? -1) + 1
        return ExportedRatchetTree(nodes: Array(nodes.prefix(count)))
    }

    // MARK: Nodes

    package subscript(index: NodeIndex) -> Node? {
        get { index.offset < nodes.count ? nodes[index.offset] : nil }
        set {
            guard index.offset < nodes.count else { return }
            forget(nodes[index.offset])
            remember(newValue)
            nodes[index.offset] = newValue
            if index.isLeaf, newValue == nil { firstBlank = min(firstBlank, index.offset / 2) }
            invalidate(index)
            dirty.insert(index)
        }
    }

    /// Says that storage has none of its nodes.
    package mutating func touchAll() {
        dirty = Set((0..<shape.nodeCount).map { NodeIndex($0) }.filter { self[$0] != nil })
    }

    package func leaf(_ index: LeafIndex) -> LeafNode? {
        guard shape.contains(index), case .leaf(let leaf) = self[NodeIndex(index)] else { return nil }
        return leaf
    }

    package func parent(_ index: NodeIndex) -> ParentNode? {
        guard case .parent(let parent) = self[index] else { return nil }
        return parent
    }

    /// All members, from the left.
    package var members: [(index: LeafIndex, leaf: LeafNode)] {
        stride(from: 0, to: nodes.count, by: 2).compactMap { offset in
            guard case .leaf(let leaf) = nodes[offset] else { return nil }
            return (LeafIndex(offset / 2), leaf)
        }
    }

    package func contains(_ key: HPKEPublicKey) -> Bool { encryptionKeys[key] != nil }
    package func contains(_ key: SignaturePublicKey) -> Bool { signatureKeys[key] != nil }

    /// Whether each encryption key stands in one node only (RFC 9420 §7.3, §12.4.3.1).
    package var hasUniqueEncryptionKeys: Bool { surplusEncryptionKeys == 0 }
    /// Whether each signature key stands in one leaf only (RFC 9420 §7.3).
    package var hasUniqueSignatureKeys: Bool { surplusSignatureKeys == 0 }

    private mutating func remember(_ node: Node?) {
        guard let node else { return }
        let count = encryptionKeys[node.encryptionKey, default: 0]
        encryptionKeys[node.encryptionKey] = count + 1
        if count > 0 { surplusEncryptionKeys += 1 }
        guard case .leaf(let leaf) = node else { return }
        memberCount += 1
        let signers = signatureKeys[leaf.signatureKey, default: 0]
        signatureKeys[leaf.signatureKey] = signers + 1
        if signers > 0 { surplusSignatureKeys += 1 }
    }

    private mutating func forget(_ node: Node?) {
        guard let node else { return }
        let count = encryptionKeys[node.encryptionKey, default: 1]
        encryptionKeys[node.encryptionKey] = count > 1 ? count - 1 : nil
        if count > 1 { surplusEncryptionKeys -= 1 }
        guard case .leaf(let leaf) = node else { return }
        memberCount -= 1
        let signers = signatureKeys[leaf.signatureKey, default: 1]
        signatureKeys[leaf.signatureKey] = signers > 1 ? signers - 1 : nil
        if signers > 1 { surplusSignatureKeys -= 1 }
    }

    private mutating func invalidate(_ index: NodeIndex) {
        hashes[index.offset] = nil
        var current = index
        while let parent = shape.parent(of: current) {
            // An unknown hash below implies unknown ones above.
            if hashes[parent.offset] == nil { break }
            hashes[parent.offset] = nil
            current = parent
        }
    }

    // MARK: Size (RFC 9420 §7.7)

    private mutating func resize(_ newShape: TreeShape) {
        let count = newShape.nodeCount
        if count > nodes.count {
            nodes.append(contentsOf: repeatElement(nil, count: count - nodes.count))
            hashes.append(contentsOf: repeatElement(nil, count: count - hashes.count))
        } else {
            for offset in count..<nodes.count where nodes[offset] != nil { self[NodeIndex(offset)] = nil }
            nodes.removeLast(nodes.count - count)
            hashes.removeLast(hashes.count - count)
        }
        shape = newShape
        firstBlank = min(firstBlank, shape.leafCount)
    }

    /// Halves the tree while its right half has no member.
    package mutating func truncate() {
        guard let last = stride(from: nodes.count - 1, through: 0, by: -2).first(where: { nodes[$0] != nil }) else {
            return resize(TreeShape(atLeast: 1))
        }
        resize(TreeShape(atLeast: last / 2 + 1))
    }

    /// The leftmost blank leaf; the tree grows where there is none (RFC 9420 §12.1.1).
    package mutating func takeFreeLeaf() throws(MLSError) -> LeafIndex {
        while firstBlank < shape.leafCount, nodes[2 * firstBlank] != nil { firstBlank += 1 }
        if firstBlank == shape.leafCount {
            try require(2 * shape.leafCount <= Limits.leaves, .limitExceeded, "\(2 * shape.leafCount) leaves")
            resize(TreeShape(atLeast: shape.leafCount * 2))
        }
        return LeafIndex(firstBlank)
    }

    // MARK: Changes by proposals (RFC 9420 §12.1)

    /// Puts a new member at the leftmost free leaf.
    package mutating func add(_ leaf: LeafNode) throws(MLSError) -> LeafIndex {
        let index = try takeFreeLeaf()
        for node in shape.directPath(of: NodeIndex(index)) {
            guard case .parent(var parent) = self[node] else { continue }
            // From the end, since most are added in order.
            let place = parent.unmergedLeaves.lastIndex { $0 < index }.map { $0 + 1 } ?? 0
            parent.unmergedLeaves.insert(index, at: place)
            self[node] = .parent(parent)
        }
        self[NodeIndex(index)] = .leaf(leaf)
        return index
    }

    package mutating func update(_ index: LeafIndex, _ leaf: LeafNode) {
        self[NodeIndex(index)] = .leaf(leaf)
        blankDirectPath(index)
    }

    /// Blanks a member; the tree keeps its size until `truncate`.
    package mutating func remove(_ index: LeafIndex) {
        self[NodeIndex(index)] = nil
        blankDirectPath(index)
    }

    package mutating func blankDirectPath(_ index: LeafIndex) {
        for node in shape.directPath(of: NodeIndex(index)) where self[node] != nil { self[node] = nil }
    }

    // MARK: Hashes (RFC 9420 §7.8)

    /// The tree hash of the whole tree; what had to be computed is remembered.
    package mutating func treeHash() -> [UInt8] { treeHash(shape.root) }

    package mutating func treeHash(_ index: NodeIndex) -> [UInt8] {
        if let known = hashes[index.offset] { return known }
        let hash: [UInt8]
        if let left = index.left, let right = index.right {
            let leftHash = treeHash(left)
            let rightHash = treeHash(right)
            hash = algorithms.digest(Self.hashInput(parent(index), leftHash, rightHash))
        } else {
            hash = algorithms.digest(Self.hashInput(LeafIndex(index.offset / 2), leaf(LeafIndex(index.offset / 2))))
        }
        hashes[index.offset] = hash
        return hash
    }

    /// The tree hash of a subtree as it was before `removed` were added (RFC 9420 §7.9). Leaves outside
    /// the subtree play no role; without any inside, it is the tree hash.
    package mutating func treeHash(_ index: NodeIndex, without removed: [LeafIndex]) -> [UInt8] {
        let range = index.leaves
        let inside = removed.filter { range.contains($0.rawValue) }
        guard !inside.isEmpty else { return treeHash(index) }
        guard let left = index.left, let right = index.right else {
            return algorithms.digest(Self.hashInput(LeafIndex(index.offset / 2), nil))
        }
        var node = parent(index)
        if node != nil {
            let gone = Set(inside)
            node?.unmergedLeaves.removeAll { gone.contains($0) }
        }
        let leftHash = treeHash(left, without: inside)
        let rightHash = treeHash(right, without: inside)
        return algorithms.digest(Self.hashInput(node, leftHash, rightHash))
    }

    private static func hashInput(_ index: LeafIndex, _ leaf: LeafNode?) -> [UInt8] {
        var writer = WireWriter(reserving: 400)
        writer.write(UInt8(1))
        writer.write(index)
        writer.write(optional: leaf)
        return writer.bytes
    }

    private static func hashInput(_ parent: ParentNode?, _ left: [UInt8], _ right: [UInt8]) -> [UInt8] {
        var writer = WireWriter(reserving: 200)
        writer.write(UInt8(2))
        writer.write(optional: parent)
        writer.write(vector: left)
        writer.write(vector: right)
        return writer.bytes
    }

    // MARK: Resolution (RFC 9420 §4.1.1)

    /// The nodes that together reach every member below `index`, except those `excluded`.
    package func resolution(_ index: NodeIndex, excluding excluded: Set<LeafIndex> = []) -> [NodeIndex] {
        var found: [NodeIndex] = []
        resolve(index, excluded, into: &found)
        return found
    }

    private func resolve(_ index: NodeIndex, _ excluded: Set<LeafIndex>, into found: inout [NodeIndex]) {
        switch self[index] {
        case .leaf:
            if let leaf = index.leaf, !excluded.contains(leaf) { found.append(index) }
        case .parent(let parent):
            found.append(index)
            for leaf in parent.unmergedLeaves where !excluded.contains(leaf) { found.append(NodeIndex(leaf)) }
        case nil:
            guard let left = index.left, let right = index.right else { return }
            resolve(left, excluded, into: &found)
            resolve(right, excluded, into: &found)
        }
    }

    private func isResolutionEmpty(_ index: NodeIndex) -> Bool {
        if self[index] != nil { return false }
        guard let left = index.left, let right = index.right else { return true }
        return isResolutionEmpty(left) && isResolutionEmpty(right)
    }

    /// The nodes that a path of `leaf` sets, lowest first, each with the child that is not on the path
    /// (RFC 9420 §4.1.2).
    package func filteredDirectPath(_ leaf: LeafIndex) -> [PathStep] {
        var steps: [PathStep] = []
        var current = NodeIndex(leaf)
        while let parent = shape.parent(of: current), let sibling = shape.sibling(of: current) {
            if !isResolutionEmpty(sibling) { steps.append(PathStep(node: parent, copathChild: sibling)) }
            current = parent
        }
        return steps
    }
}

/// One node of a filtered direct path.
package struct PathStep: Hashable, Sendable {
    package let node: NodeIndex
    package let copathChild: NodeIndex
}

extension RatchetTree {
    /// Takes a node back from storage, without marking it as changed.
    mutating func restore(_ index: NodeIndex, _ node: Node) {
        self[index] = node
        dirty.remove(index)
    }

    /// Room for a tree of `leaves` leaves, for `restore`.
    init(_ algorithms: Algorithms, leaves: Int) {
        self.init(algorithms)
        resize(TreeShape(atLeast: leaves))
    }
}
