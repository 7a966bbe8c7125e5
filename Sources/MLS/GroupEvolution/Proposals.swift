import WireCodec

/// How a group shall change (RFC 9420 §12.1).
public enum Proposal: Hashable, Sendable, WireCodable {
    case add(KeyPackage)
    case update(LeafNode)
    case remove(LeafIndex)
    case preSharedKey(PreSharedKeyID)
    case reInit(ReInit)
    case externalInit(kemOutput: [UInt8])
    case groupContextExtensions(Extensions)

    public var type: ProposalType {
        switch self {
        case .add: .add
        case .update: .update
        case .remove: .remove
        case .preSharedKey: .preSharedKey
        case .reInit: .reInit
        case .externalInit: .externalInit
        case .groupContextExtensions: .groupContextExtensions
        }
    }

    /// Whether a commit that covers it must have a path (RFC 9420 §12.4).
    var needsPath: Bool {
        switch self {
        case .add, .preSharedKey, .reInit: false
        case .update, .remove, .externalInit, .groupContextExtensions: true
        }
    }

    package init(from reader: inout WireReader) throws(WireError) {
        switch try reader.read(ProposalType.self) {
        case .add: self = .add(try reader.read())
        case .update: self = .update(try reader.read())
        case .remove: self = .remove(try reader.read())
        case .preSharedKey: self = .preSharedKey(try reader.read())
        case .reInit: self = .reInit(try reader.read())
        case .externalInit:
            self = .externalInit(
                kemOutput: Array(try reader.readVector(limit: Limits.keyBytes, field: "kem_output")))
        case .groupContextExtensions: self = .groupContextExtensions(try reader.read())
        // A proposal has no length of its own: one of an unknown type cannot even be skipped.
        default: throw .invalidValue(field: "proposal_type")
        }
    }

    package func encode(into writer: inout WireWriter) {
        writer.write(type)
        switch self {
        case .add(let keyPackage): writer.write(keyPackage)
        case .update(let leaf): writer.write(leaf)
        case .remove(let index): writer.write(index)
        case .preSharedKey(let id): writer.write(id)
        case .reInit(let reInit): writer.write(reInit)
        case .externalInit(let output): writer.write(vector: output)
        case .groupContextExtensions(let extensions): writer.write(extensions)
        }
    }
}

/// The parameters of the group that shall follow this one (RFC 9420 §12.1.5).
public struct ReInit: Hashable, Sendable, WireCodable {
    public var groupId: [UInt8]
    public var version: ProtocolVersion
    public var cipherSuite: CipherSuite
    public var extensions: Extensions

    public init(
        groupId: [UInt8], version: ProtocolVersion = .mls10, cipherSuite: CipherSuite, extensions: Extensions = .none
    ) {
        self.groupId = groupId
        self.version = version
        self.cipherSuite = cipherSuite
        self.extensions = extensions
    }

    package init(from reader: inout WireReader) throws(WireError) {
        groupId = Array(try reader.readVector(limit: Limits.identifierBytes, field: "group_id"))
        version = try reader.read()
        cipherSuite = try reader.read()
        extensions = try reader.read()
    }

    package func encode(into writer: inout WireWriter) {
        writer.write(vector: groupId)
        writer.write(version)
        writer.write(cipherSuite)
        writer.write(extensions)
    }
}

/// By which a commit names a proposal that was sent before (RFC 9420 §5.2, §12.4).
public struct ProposalRef: Hashable, Sendable, WireCodable {
    public let bytes: [UInt8]

    init(_ bytes: [UInt8]) { self.bytes = bytes }

    package init(from reader: inout WireReader) throws(WireError) {
        bytes = Array(try reader.readVector(limit: 255, field: "proposal reference"))
    }

    package func encode(into writer: inout WireWriter) { writer.write(vector: bytes) }
}

package enum ProposalOrRef: Hashable, Sendable, WireCodable {
    case proposal(Proposal)
    case reference(ProposalRef)

    package init(from reader: inout WireReader) throws(WireError) {
        switch try reader.read(UInt8.self) {
        case 1: self = .proposal(try reader.read())
        case 2: self = .reference(try reader.read())
        default: throw .invalidValue(field: "ProposalOrRefType")
        }
    }

    package func encode(into writer: inout WireWriter) {
        switch self {
        case .proposal(let proposal):
            writer.write(UInt8(1))
            writer.write(proposal)
        case .reference(let reference):
            writer.write(UInt8(2))
            writer.write(reference)
        }
    }
}

/// RFC 9420 §12.4.
package struct Commit: Hashable, Sendable, WireCodable {
    package var proposals: [ProposalOrRef]
    package var path: UpdatePath?

    package init(proposals: [ProposalOrRef], path: UpdatePath?) {
        self.proposals = proposals
        self.path = path
    }

    package init(from reader: inout WireReader) throws(WireError) {
        proposals = try reader.readVector(count: Limits.proposals, field: "proposals")
        path = try reader.readOptional()
    }

    package func encode(into writer: inout WireWriter) {
        writer.write(vectorOf: proposals)
        writer.write(optional: path)
    }
}
