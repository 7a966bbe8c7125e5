import WireCodec

/// An invitation to be added, made in advance (RFC 9420 §10).
public struct KeyPackage: Hashable, Sendable, SignedStructure {
    public internal(set) var version: ProtocolVersion
    public internal(set) var cipherSuite: CipherSuite
    public internal(set) var initKey: HPKEPublicKey
    public internal(set) var leafNode: LeafNode
    public internal(set) var extensions: Extensions
    public internal(set) var signature: [UInt8]

    package init(from reader: inout WireReader) throws(WireError) {
        version = try reader.read()
        cipherSuite = try reader.read()
        initKey = try reader.read()
        leafNode = try reader.read()
        extensions = try reader.read()
        signature = try reader.readSignature()
    }

    func encodeUnsigned(into writer: inout WireWriter) {
        writer.write(version)
        writer.write(cipherSuite)
        writer.write(initKey)
        writer.write(leafNode)
        writer.write(extensions)
    }

    init(
        cipherSuite: CipherSuite, initKey: HPKEPublicKey, leafNode: LeafNode, extensions: Extensions, key: Secret
    ) throws(MLSError) {
        version = .mls10
        self.cipherSuite = cipherSuite
        self.initKey = initKey
        self.leafNode = leafNode
        self.extensions = extensions
        signature = []
        try sign(key)
    }

    mutating func sign(_ key: Secret) throws(MLSError) {
        signature = try cipherSuite.algorithms().sign(unsigned, label: "KeyPackageTBS", key: key)
    }

    func hasValidSignature(_ algorithms: Algorithms) -> Bool {
        algorithms.verify(signature, unsigned, label: "KeyPackageTBS", key: leafNode.signatureKey)
    }

    /// `KeyPackageRef` (RFC 9420 §5.2): by which a Welcome names this key package.
    public func reference() throws(MLSError) -> [UInt8] {
        try cipherSuite.algorithms().refHash(label: "MLS 1.0 KeyPackage Reference", wireBytes)
    }
}

/// What its owner keeps of a key package until somebody used it: the private keys. `Group.join` consumes it; the
/// init key must not outlive the join (RFC 9420 §12.4.3.1).
public struct KeyPackageSecrets: Sendable {
    public let keyPackage: KeyPackage
    let initKey: HPKEKeyPair
    let encryptionKey: HPKEKeyPair
    let signatureKey: SignatureKeyPair

    package init(
        keyPackage: KeyPackage, initPrivateKey: Secret, encryptionPrivateKey: Secret, signatureKey: SignatureKeyPair
    ) throws(MLSError) {
        let algorithms = try keyPackage.cipherSuite.algorithms()
        self.keyPackage = keyPackage
        initKey = try algorithms.keyPair(initPrivateKey)
        encryptionKey = try algorithms.keyPair(encryptionPrivateKey)
        self.signatureKey = signatureKey
        try require(
            initKey.publicKey == keyPackage.initKey && encryptionKey.publicKey == keyPackage.leafNode.encryptionKey
                && signatureKey.publicKey == keyPackage.leafNode.signatureKey,
            .invalidPrivateKey, "the private keys are not those of the key package")
    }

    package var initPrivateKey: Secret { initKey.privateKey }
    package var encryptionPrivateKey: Secret { encryptionKey.privateKey }
    package var signaturePrivateKey: Secret { signatureKey.privateKey }
}

extension KeyPackageSecrets {
    /// For the application's store: the key package and its private keys, in the clear.
    public var encoded: [UInt8] {
        encodeRow { writer in
            writer.write(keyPackage)
            writer.write(initKey)
            writer.write(encryptionKey)
            writer.write(signatureKey)
        }
    }

    /// Takes back what `encoded` gave.
    public init(decoding bytes: [UInt8]) throws(MLSError) {
        let (package, initPair, leafPair, signer) = try decodeRow(bytes) { (reader) throws(WireError) in
            let package = try reader.read(KeyPackage.self)
            let initPair = try reader.readHPKEPair()
            let leafPair = try reader.readHPKEPair()
            return (package, initPair, leafPair, try reader.readSignaturePair())
        }
        try self.init(
            keyPackage: package, initPrivateKey: initPair.privateKey, encryptionPrivateKey: leafPair.privateKey,
            signatureKey: signer)
        let signerKey = try package.cipherSuite.algorithms().signaturePublicKey(of: signer.privateKey)
        try require(
            initKey == initPair && encryptionKey == leafPair && signerKey == signer.publicKey, .storeMalformed,
            "the private keys are not those of the public ones")
    }
}
