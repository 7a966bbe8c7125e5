/// How a client presents itself in a group: who it says it is, its signature key, what it can do.
public struct MemberIdentity: Sendable {
    public var credential: Credential
    public var signatureKey: SignatureKeyPair
    public var capabilities: Capabilities
    /// Extensions of its leaf; their types must be listed in the capabilities.
    public var extensions: Extensions

    public init(
        credential: Credential, signatureKey: SignatureKeyPair, capabilities: Capabilities = Capabilities(),
        extensions: Extensions = .none
    ) {
        self.credential = credential
        self.signatureKey = signatureKey
        self.capabilities = capabilities
        self.extensions = extensions
    }

    var leafIdentity: LeafIdentity {
        LeafIdentity(
            signatureKey: signatureKey.publicKey, credential: credential, capabilities: capabilities,
            extensions: extensions)
    }
}

extension KeyPackage {
    /// Makes a key package and the secrets to keep until it is used (RFC 9420 §10).
    ///
    /// - Parameter lifetime: when others may use it; at most `Limits.keyPackageLifetime` long.
    public static func create(
        suite: CipherSuite, identity: MemberIdentity, lifetime: Lifetime, extensions: Extensions = .none,
        using generator: inout some RandomNumberGenerator
    ) throws(MLSError) -> KeyPackageSecrets {
        let algorithms = try suite.algorithms()
        let initKey = try algorithms.generateKeyPair(using: &generator)
        let leafKey = try algorithms.generateKeyPair(using: &generator)
        let leaf = try LeafNode(
            encryptionKey: leafKey.publicKey, identity: identity.leafIdentity, source: .keyPackage(lifetime),
            position: nil, algorithms: algorithms, key: identity.signatureKey.privateKey)
        let keyPackage = try KeyPackage(
            cipherSuite: suite, initKey: initKey.publicKey, leafNode: leaf, extensions: extensions,
            key: identity.signatureKey.privateKey)
        try keyPackage.validate(now: nil)
        return try KeyPackageSecrets(
            keyPackage: keyPackage, initPrivateKey: initKey.privateKey, encryptionPrivateKey: leafKey.privateKey,
            signatureKey: identity.signatureKey)
    }

    /// Checks everything about a key package that can be checked without a group (RFC 9420 §10.1): before publishing or
    /// fetching one.
    public func validate(now: UInt64?) throws(MLSError) {
        try require(version == .mls10, .unsupportedVersion, "\(version.rawValue)")
        try require(cipherSuite.isSupported, .unsupportedCipherSuite, "\(cipherSuite.rawValue)")
        let context = GroupContext(
            cipherSuite: cipherSuite, groupId: [], epoch: 0, treeHash: [], confirmedTranscriptHash: [],
            extensions: .none)
        try LeafRules(try cipherSuite.algorithms(), context, now: now).validate(self)
    }
}
