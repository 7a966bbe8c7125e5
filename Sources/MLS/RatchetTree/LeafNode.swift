import WireCodec

/// What a client can do (RFC 9420 §7.2). Types that this document's default list has are not listed.
public struct Capabilities: Hashable, Sendable, WireCodable {
    public var versions: [ProtocolVersion]
    public var cipherSuites: [CipherSuite]
    public var extensions: [ExtensionType]
    public var proposals: [ProposalType]
    public var credentials: [CredentialType]

    public init(
        versions: [ProtocolVersion] = [.mls10], cipherSuites: [CipherSuite] = CipherSuite.supported,
        extensions: [ExtensionType] = [], proposals: [ProposalType] = [],
        credentials: [CredentialType] = [.basic, .x509]
    ) {
        self.versions = versions
        self.cipherSuites = cipherSuites
        self.extensions = extensions
        self.proposals = proposals
        self.credentials = credentials
    }

    package init(from reader: inout WireReader) throws(WireError) {
        versions = try reader.readVector(count: Limits.capabilities, field: "versions")
        cipherSuites = try reader.readVector(count: Limits.capabilities, field: "cipher_suites")
        extensions = try reader.readVector(count: Limits.capabilities, field: "extensions")
        proposals = try reader.readVector(count: Limits.capabilities, field: "proposals")
        credentials = try reader.readVector(count: Limits.capabilities, field: "credentials")
    }

    package func encode(into writer: inout WireWriter) {
        writer.write(vectorOf: versions)
        writer.write(vectorOf: cipherSuites)
        writer.write(vectorOf: extensions)
        writer.write(vectorOf: proposals)
        writer.write(vectorOf: credentials)
    }

    // Many types are looked for at once: one by one, lists of a thousand in a tree of thousands would cost billions of steps.

    /// Those of `types` that are neither default nor listed.
    func lacking(_ types: Set<ExtensionType>) -> Set<ExtensionType> {
        missing(types.filter { !$0.isDefault }, in: extensions)
    }

    func lacking(_ types: Set<ProposalType>) -> Set<ProposalType> {
        missing(types.filter { !$0.isDefault }, in: proposals)
    }

    func lacking(_ types: Set<CredentialType>) -> Set<CredentialType> { missing(types, in: credentials) }

    private func missing<Value>(_ types: Set<Value>, in list: [Value]) -> Set<Value> {
        types.isEmpty ? types : types.subtracting(list)
    }
}

/// When a key package may be used, in seconds since 1970 (RFC 9420 §7.2).
public struct Lifetime: Hashable, Sendable, WireCodable {
    public var notBefore: UInt64
    public var notAfter: UInt64

    public init(notBefore: UInt64, notAfter: UInt64) {
        self.notBefore = notBefore
        self.notAfter = notAfter
    }

    package init(from reader: inout WireReader) throws(WireError) {
        notBefore = try reader.read()
        notAfter = try reader.read()
    }

    package func encode(into writer: inout WireWriter) {
        writer.write(notBefore)
        writer.write(notAfter)
    }
}

/// A member's public half (RFC 9420 §7.2).
public struct LeafNode: Hashable, Sendable, SignedStructure {
    /// How the leaf came into being, which decides what its signature covers.
    public enum Source: Hashable, Sendable {
        case keyPackage(Lifetime)
        case update
        case commit(parentHash: [UInt8])
    }

    public internal(set) var encryptionKey: HPKEPublicKey
    public internal(set) var signatureKey: SignaturePublicKey
    public internal(set) var credential: Credential
    public internal(set) var capabilities: Capabilities
    public internal(set) var source: Source
    public internal(set) var extensions: Extensions
    public internal(set) var signature: [UInt8]

    package init(from reader: inout WireReader) throws(WireError) {
        encryptionKey = try reader.read()
        signatureKey = try reader.read()
        credential = try reader.read()
        capabilities = try reader.read()
        switch try reader.read(UInt8.self) {
        case 1: source = .keyPackage(try reader.read())
        case 2: source = .update
        case 3: source = .commit(parentHash: Array(try reader.readVector(limit: 255, field: "parent_hash")))
        default: throw .invalidValue(field: "leaf_node_source")
        }
        extensions = try reader.read()
        signature = try reader.readSignature()
    }

    func encodeUnsigned(into writer: inout WireWriter) {
        writer.write(encryptionKey)
        writer.write(signatureKey)
        writer.write(credential)
        writer.write(capabilities)
        switch source {
        case .keyPackage(let lifetime):
            writer.write(UInt8(1))
            writer.write(lifetime)
        case .update:
            writer.write(UInt8(2))
        case .commit(let parentHash):
            writer.write(UInt8(3))
            writer.write(vector: parentHash)
        }
        writer.write(extensions)
    }

    /// Where a leaf stands: part of what is signed unless it comes from a key package.
    package struct Position: Hashable, Sendable {
        package var groupId: [UInt8]
        package var index: LeafIndex

        package init(groupId: [UInt8], index: LeafIndex) {
            self.groupId = groupId
            self.index = index
        }
    }

    /// `LeafNodeTBS`.
    private func toBeSigned(at position: Position?) -> [UInt8] {
        var writer = WireWriter(reserving: 320)
        encodeUnsigned(into: &writer)
        switch source {
        case .keyPackage: break
        case .update, .commit:
            writer.write(vector: position?.groupId ?? [])
            writer.write(position?.index.rawValue ?? 0)
        }
        return writer.bytes
    }

    /// Whether the signature is the leaf's own, for its place in its group.
    package func hasValidSignature(_ algorithms: Algorithms, at position: Position?) -> Bool {
        algorithms.verify(signature, toBeSigned(at: position), label: "LeafNodeTBS", key: signatureKey)
    }

    /// Makes and signs a leaf.
    package init(
        encryptionKey: HPKEPublicKey, identity: LeafIdentity, source: Source, position: Position?,
        algorithms: Algorithms, key: Secret
    ) throws(MLSError) {
        self.encryptionKey = encryptionKey
        signatureKey = identity.signatureKey
        credential = identity.credential
        capabilities = identity.capabilities
        extensions = identity.extensions
        self.source = source
        signature = []
        try sign(algorithms, at: position, key: key)
    }

    mutating func sign(_ algorithms: Algorithms, at position: Position?, key: Secret) throws(MLSError) {
        signature = try algorithms.sign(toBeSigned(at: position), label: "LeafNodeTBS", key: key)
    }

    /// What does not change when only the encryption key does.
    package var identity: LeafIdentity {
        LeafIdentity(
            signatureKey: signatureKey, credential: credential, capabilities: capabilities, extensions: extensions)
    }
}

/// The part of a leaf that its owner chooses.
package struct LeafIdentity: Sendable {
    package var signatureKey: SignaturePublicKey
    package var credential: Credential
    package var capabilities: Capabilities
    package var extensions: Extensions

    package init(
        signatureKey: SignaturePublicKey, credential: Credential, capabilities: Capabilities, extensions: Extensions
    ) {
        self.signatureKey = signatureKey
        self.credential = credential
        self.capabilities = capabilities
        self.extensions = extensions
    }
}
