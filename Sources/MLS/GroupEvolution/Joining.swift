import WireCodec

/// A group's public state, for those who want to join (RFC 9420 §12.4.3).
public struct GroupInfo: Hashable, Sendable, SignedStructure {
    public internal(set) var groupContext: GroupContext
    public internal(set) var extensions: Extensions
    public internal(set) var confirmationTag: [UInt8]
    public internal(set) var signer: LeafIndex
    public internal(set) var signature: [UInt8]

    package init(from reader: inout WireReader) throws(WireError) {
        groupContext = try reader.read()
        extensions = try reader.read()
        confirmationTag = Array(try reader.readVector(limit: 255, field: "confirmation_tag"))
        signer = try reader.read()
        signature = try reader.readSignature()
    }

    func encodeUnsigned(into writer: inout WireWriter) {
        writer.write(groupContext)
        writer.write(extensions)
        writer.write(vector: confirmationTag)
        writer.write(signer)
    }

    init(
        groupContext: GroupContext, extensions: Extensions, confirmationTag: [UInt8], signer: LeafIndex, key: Secret
    ) throws(MLSError) {
        self.groupContext = groupContext
        self.extensions = extensions
        self.confirmationTag = confirmationTag
        self.signer = signer
        signature = []
        try sign(key)
    }

    mutating func sign(_ key: Secret) throws(MLSError) {
        signature = try groupContext.cipherSuite.algorithms().sign(unsigned, label: "GroupInfoTBS", key: key)
    }

    package func hasValidSignature(_ algorithms: Algorithms, key: SignaturePublicKey) -> Bool {
        algorithms.verify(signature, unsigned, label: "GroupInfoTBS", key: key)
    }

    /// The RFC's own extensions that it may have (RFC 9420 §17.3).
    static let extensionTypes: [ExtensionType] = [.ratchetTree, .externalPub]

    /// Whether the tree travels with it.
    public var carriesTree: Bool { extensions[.ratchetTree] != nil }
}

/// What a joiner is told in secret (RFC 9420 §12.4.3.1).
package struct GroupSecrets: Hashable, Sendable, WireCodable {
    package var joinerSecret: [UInt8]
    package var pathSecret: [UInt8]?
    package var psks: [PreSharedKeyID]

    package init(joinerSecret: [UInt8], pathSecret: [UInt8]?, psks: [PreSharedKeyID]) {
        self.joinerSecret = joinerSecret
        self.pathSecret = pathSecret
        self.psks = psks
    }

    package init(from reader: inout WireReader) throws(WireError) {
        joinerSecret = Array(try reader.readVector(limit: 255, field: "joiner_secret"))
        pathSecret = try reader.readOptional(OpaqueVector.self)?.bytes
        psks = try reader.readVector(count: Limits.preSharedKeys, field: "psks")
    }

    package func encode(into writer: inout WireWriter) {
        writer.write(vector: joinerSecret)
        writer.write(optional: pathSecret.map(OpaqueVector.init(bytes:)))
        writer.write(vectorOf: psks)
    }
}

private struct OpaqueVector: WireCodable {
    var bytes: [UInt8]

    init(bytes: [UInt8]) { self.bytes = bytes }

    init(from reader: inout WireReader) throws(WireError) {
        bytes = Array(try reader.readVector(limit: 255, field: "path_secret"))
    }

    func encode(into writer: inout WireWriter) { writer.write(vector: bytes) }
}

package struct EncryptedGroupSecrets: Hashable, Sendable, WireCodable {
    package var newMember: [UInt8]
    package var encryptedGroupSecrets: HPKECiphertext

    package init(newMember: [UInt8], encryptedGroupSecrets: HPKECiphertext) {
        self.newMember = newMember
        self.encryptedGroupSecrets = encryptedGroupSecrets
    }

    package init(from reader: inout WireReader) throws(WireError) {
        newMember = Array(try reader.readVector(limit: 255, field: "key package reference"))
        encryptedGroupSecrets = try reader.read()
    }

    package func encode(into writer: inout WireWriter) {
        writer.write(vector: newMember)
        writer.write(encryptedGroupSecrets)
    }
}

/// What new members get to join with (RFC 9420 §12.4.3.1).
public struct Welcome: Hashable, Sendable, WireCodable {
    public internal(set) var cipherSuite: CipherSuite
    package var secrets: [EncryptedGroupSecrets]
    package var encryptedGroupInfo: [UInt8]

    init(cipherSuite: CipherSuite, secrets: [EncryptedGroupSecrets], encryptedGroupInfo: [UInt8]) {
        self.cipherSuite = cipherSuite
        self.secrets = secrets
        self.encryptedGroupInfo = encryptedGroupInfo
    }

    package init(from reader: inout WireReader) throws(WireError) {
        cipherSuite = try reader.read()
        secrets = try reader.readVector(count: Limits.leaves, field: "secrets")
        encryptedGroupInfo = Array(try reader.readVector())
    }

    package func encode(into writer: inout WireWriter) {
        writer.write(cipherSuite)
        writer.write(vectorOf: secrets)
        writer.write(vector: encryptedGroupInfo)
    }

    /// The key packages that it welcomes, by reference.
    public var newMembers: [[UInt8]] { secrets.map(\.newMember) }
}
