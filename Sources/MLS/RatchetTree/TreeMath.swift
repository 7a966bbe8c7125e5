/// A node's place in the array form of the tree (RFC 9420 App. C): leaves are even, parents odd.
package struct NodeIndex: RawRepresentable, Hashable, Comparable, Sendable {
    package var rawValue: UInt32

    package init(rawValue: UInt32) { self.rawValue = rawValue }
    package init(_ value: Int) { rawValue = UInt32(truncatingIfNeeded: value) }
    package init(_ leaf: LeafIndex) { rawValue = leaf.rawValue &* 2 }

    package static func < (left: NodeIndex, right: NodeIndex) -> Bool { left.rawValue < right.rawValue }

    package var isLeaf: Bool { rawValue & 1 == 0 }

    /// The leaf that stands here, if it is a leaf's place.
    package var leaf: LeafIndex? { isLeaf ? LeafIndex(rawValue: rawValue >> 1) : nil }

    package var offset: Int { Int(rawValue) }

    /// 0 for a leaf, 1 for its parent, and so on.
    package var level: Int { (~rawValue).trailingZeroBitCount }

    package var left: NodeIndex? {
        isLeaf ? nil : NodeIndex(rawValue: rawValue ^ (1 << UInt32(level - 1)))
    }

    package var right: NodeIndex? {
        isLeaf ? nil : NodeIndex(rawValue: rawValue ^ (3 << UInt32(level - 1)))
    }

    /// The leaves below this node.
    package var leaves: Range<UInt32> {
        let half = UInt32((UInt64(1) << UInt64(level)) - 1)
        return (rawValue - half) / 2..<(rawValue + half) / 2 + 1
    }

    /// Whether `other` is this node or below it.
    package func covers(_ other: NodeIndex) -> Bool {
        let half = UInt32((UInt64(1) << UInt64(level)) - 1)
        return other.rawValue >= rawValue - half && other.rawValue <= rawValue + half
    }
}

/// The shape of a full binary tree: the number of leaves is a power of two (RFC 9420 §4.1, App. C).
package struct TreeShape: Hashable, Sendable {
    package let leafCount: Int

    /// The smallest tree that has room for `leaves` leaves.
    package init(atLeast leaves: Int) {
        var count = 1
        while count < leaves { count *= 2 }
        leafCount = count
    }

    package var nodeCount: Int { 2 * leafCount - 1 }
    package var root: NodeIndex { NodeIndex(leafCount - 1) }

    package func contains(_ leaf: LeafIndex) -> Bool { Int(leaf.rawValue) < leafCount }

    package func parent(of node: NodeIndex) -> NodeIndex? {
        guard node != root, node.offset < nodeCount else { return nil }
        let level = UInt32(node.level)
        let bit = (node.rawValue >> (level + 1)) & 1
        return NodeIndex(rawValue: (node.rawValue | (1 << level)) ^ (bit << (level + 1)))
    }

    package func sibling(of node: NodeIndex) -> NodeIndex? {
        guard let parent = parent(of: node) else { return nil }
        return node < parent ? parent.right : parent.left
    }

    /// The parents of `node`, up to the root (RFC 9420 §4.1.1).
    package func directPath(of node: NodeIndex) -> [NodeIndex] {
        var path: [NodeIndex] = []
        var current = node
        while let parent = parent(of: current) {
            path.append(parent)
            current = parent
        }
        return path
    }

    /// The siblings of `node` and of its direct path without the root; in the order of the direct path.
    package func copath(of node: NodeIndex) -> [NodeIndex] {
        var path: [NodeIndex] = []
        var current = node
        while let parent = parent(of: current), let sibling = sibling(of: current) {
            path.append(sibling)
            current = parent
        }
        return path
    }

    /// The lowest node that is above both leaves (or the leaf, when they are one).
    package func commonAncestor(_ first: LeafIndex, _ second: LeafIndex) -> NodeIndex {
        let one = NodeIndex(first)
        let other = NodeIndex(second)
        if one == other { return one }
        return directPath(of: one).first { $0.covers(other) } ?? root
    }
}
