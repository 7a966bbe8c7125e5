import WireCodec

/// A public key for the suite's KEM, as it travels (RFC 9420 §5.1.1). Its bytes are checked where it is used.
public struct HPKEPublicKey: Hashable, Sendable, WireCodable {
    public var bytes: [UInt8]

    public init(_ bytes: [UInt8]) { self.bytes = bytes }

    package init(from reader: inout WireReader) throws(WireError) {
        bytes = Array(try reader.readVector(limit: Limits.keyBytes, field: "HPKE public key"))
    }

    package func encode(into writer: inout WireWriter) { writer.write(vector: bytes) }
}

/// A public key for the suite's signature scheme, as it travels (RFC 9420 §5.1.1).
public struct SignaturePublicKey: Hashable, Sendable, WireCodable {
    public var bytes: [UInt8]

    public init(_ bytes: [UInt8]) { self.bytes = bytes }

    package init(from reader: inout WireReader) throws(WireError) {
        bytes = Array(try reader.readVector(limit: Limits.keyBytes, field: "signature public key"))
    }

    package func encode(into writer: inout WireWriter) { writer.write(vector: bytes) }
}

/// A KEM key pair. The public half stands beside the private one so that a private key is never used for a node whose
/// public key has changed.
public struct HPKEKeyPair: Sendable, Equatable {
    public let privateKey: Secret
    public let publicKey: HPKEPublicKey

    package init(privateKey: Secret, publicKey: HPKEPublicKey) {
        self.privateKey = privateKey
        self.publicKey = publicKey
    }
}

/// A client's signature key pair.
public struct SignatureKeyPair: Sendable, Equatable {
    public let privateKey: Secret
    public let publicKey: SignaturePublicKey

    package init(privateKey: Secret, publicKey: SignaturePublicKey) {
        self.privateKey = privateKey
        self.publicKey = publicKey
    }

    /// Makes a new pair for `suite` with randomness from `generator`.
    public init(suite: CipherSuite, using generator: inout some RandomNumberGenerator) throws(MLSError) {
        self = try suite.algorithms().generateSignatureKey(using: &generator)
    }

    /// Takes a private key back: 32 bytes for Ed25519, the scalar for ECDSA (leading zeros may be missing).
    public init(suite: CipherSuite, privateKey: Secret) throws(MLSError) {
        let algorithms = try suite.algorithms()
        let padded = privateKey.padded(to: algorithms.signaturePrivateKeyLength)
        self.init(privateKey: padded, publicKey: try algorithms.signaturePublicKey(of: padded))
    }
}
