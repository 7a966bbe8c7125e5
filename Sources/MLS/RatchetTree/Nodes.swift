import WireCodec

/// Which member (RFC 9420 §4.1): the leaf's position from the left.
public struct LeafIndex: RawRepresentable, Hashable, Comparable, Sendable, WireCodable {
    public var rawValue: UInt32

    public init(rawValue: UInt32) { self.rawValue = rawValue }
    package init(_ value: Int) { rawValue = UInt32(truncatingIfNeeded: value) }

    public static func < (left: LeafIndex, right: LeafIndex) -> Bool { left.rawValue < right.rawValue }

    package init(from reader: inout WireReader) throws(WireError) { rawValue = try reader.read() }
    package func encode(into writer: inout WireWriter) { writer.write(rawValue) }
}

/// An intermediate node of the ratchet tree (RFC 9420 §7.1).
package struct ParentNode: Hashable, Sendable, WireCodable {
    package var encryptionKey: HPKEPublicKey
    package var parentHash: [UInt8]
    package var unmergedLeaves: [LeafIndex]

    package init(encryptionKey: HPKEPublicKey, parentHash: [UInt8] = [], unmergedLeaves: [LeafIndex] = []) {
        self.encryptionKey = encryptionKey
        self.parentHash = parentHash
        self.unmergedLeaves = unmergedLeaves
    }

    package init(from reader: inout WireReader) throws(WireError) {
        encryptionKey = try reader.read()
        parentHash = Array(try reader.readVector(limit: 255, field: "parent_hash"))
        unmergedLeaves = try reader.readVector(count: Limits.leaves, field: "unmerged_leaves")
        // Sorted and without duplicates (RFC 9420 §7.1).
        guard zip(unmergedLeaves, unmergedLeaves.dropFirst()).allSatisfy(<) else {
            throw .invalidValue(field: "unmerged_leaves (not in increasing order)")
        }
    }

    package func encode(into writer: inout WireWriter) {
        writer.write(encryptionKey)
        writer.write(vector: parentHash)
        writer.write(vectorOf: unmergedLeaves)
    }
}

/// A node as it stands in the ratchet_tree extension (RFC 9420 §12.4.3.3).
package indirect enum Node: Hashable, Sendable, WireCodable {
    case leaf(LeafNode)
    case parent(ParentNode)

    package init(from reader: inout WireReader) throws(WireError) {
        switch try reader.read(UInt8.self) {
        case 1: self = .leaf(try reader.read())
        case 2: self = .parent(try reader.read())
        default: throw .invalidValue(field: "node_type")
        }
    }

    package func encode(into writer: inout WireWriter) {
        switch self {
        case .leaf(let leaf):
            writer.write(UInt8(1))
            writer.write(leaf)
        case .parent(let parent):
            writer.write(UInt8(2))
            writer.write(parent)
        }
    }

    package var encryptionKey: HPKEPublicKey {
        switch self {
        case .leaf(let leaf): leaf.encryptionKey
        case .parent(let parent): parent.encryptionKey
        }
    }

    package var parentHash: [UInt8]? {
        switch self {
        case .leaf(let leaf):
            if case .commit(let hash) = leaf.source { hash } else { nil }
        case .parent(let parent): parent.parentHash
        }
    }
}

/// One node of an UpdatePath (RFC 9420 §7.6).
package struct UpdatePathNode: Hashable, Sendable, WireCodable {
    package var encryptionKey: HPKEPublicKey
    package var encryptedPathSecret: [HPKECiphertext]

    package init(encryptionKey: HPKEPublicKey, encryptedPathSecret: [HPKECiphertext]) {
        self.encryptionKey = encryptionKey
        self.encryptedPathSecret = encryptedPathSecret
    }

    package init(from reader: inout WireReader) throws(WireError) {
        encryptionKey = try reader.read()
        encryptedPathSecret = try reader.readVector(count: Limits.leaves, field: "encrypted_path_secret")
    }

    package func encode(into writer: inout WireWriter) {
        writer.write(encryptionKey)
        writer.write(vectorOf: encryptedPathSecret)
    }
}

/// New keys for a committer's leaf and the nodes above it (RFC 9420 §7.6).
package struct UpdatePath: Hashable, Sendable, WireCodable {
    package var leafNode: LeafNode
    package var nodes: [UpdatePathNode]

    package init(leafNode: LeafNode, nodes: [UpdatePathNode]) {
        self.leafNode = leafNode
        self.nodes = nodes
    }

    package init(from reader: inout WireReader) throws(WireError) {
        leafNode = try reader.read()
        // A path is never longer than a tree is high.
        nodes = try reader.readVector(count: 32, field: "update path")
    }

    package func encode(into writer: inout WireWriter) {
        writer.write(leafNode)
        writer.write(vectorOf: nodes)
    }
}
