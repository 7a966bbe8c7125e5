/// Where a leaf is met, which decides what it must be (RFC 9420 §7.3).
enum LeafPlace {
    case keyPackage
    case update(LeafNode.Position)
    case commit(LeafNode.Position)
    /// In the tree of a group that is being joined.
    case tree(LeafNode.Position)

    var position: LeafNode.Position? {
        switch self {
        case .keyPackage: nil
        case .update(let position), .commit(let position), .tree(let position): position
        }
    }
}

/// What a group demands of each leaf (RFC 9420 §7.3, §11.1, §13.4).
struct LeafRules {
    let algorithms: Algorithms
    let version: ProtocolVersion
    let cipherSuite: CipherSuite
    let extensionTypes: [ExtensionType]
    let required: RequiredCapabilities?
    /// Seconds since 1970; nil where lifetimes shall not be judged.
    let now: UInt64?

    init(_ algorithms: Algorithms, _ context: GroupContext, now: UInt64?) throws(MLSError) {
        self.algorithms = algorithms
        version = context.version
        cipherSuite = context.cipherSuite
        extensionTypes = context.extensions.types
        required = try context.extensions.decode(.requiredCapabilities, as: RequiredCapabilities.self)
        self.now = now
    }

    /// Everything about a leaf that can be said without looking at the other ones.
    func validate(_ leaf: LeafNode, at place: LeafPlace) throws(MLSError) {
        try validateSource(leaf, place)
        try algorithms.checkPoint(leaf.encryptionKey.bytes)
        try require(algorithms.isAcceptable(leaf.signatureKey), .invalidPublicKey, "a leaf's signature key")
        try require(leaf.hasValidSignature(algorithms, at: place.position), .leafSignature)
        try validateCapabilities(leaf)
        for type in leaf.extensions.types where type.isDefault {
            // Of the RFC's own types only application_id belongs into a leaf (§17.3).
            try require(type == .applicationId, .extensionMisplaced, "type \(type.rawValue) in a leaf")
        }
        // GREASE stands unlisted in others' leaves and key packages: it must be ignored (§13.5).
        for type in leaf.extensions.types where !type.isGrease {
            try require(
                leaf.capabilities.supports(type), .extensionNotListed, "extension \(type.rawValue) of a leaf")
        }
        try require(
            leaf.capabilities.supports(leaf.credential.type), .credentialNotSupported,
            "the leaf's own type \(leaf.credential.type.rawValue)")
    }

    private func validateSource(_ leaf: LeafNode, _ place: LeafPlace) throws(MLSError) {
        switch (place, leaf.source) {
        case (.keyPackage, .keyPackage(let lifetime)), (.tree, .keyPackage(let lifetime)):
            try validate(lifetime)
        case (.update, .update), (.commit, .commit), (.tree, .update), (.tree, .commit): break
        default: throw MLSError(.leafSource, "\(leaf.source)")
        }
    }

    private func validate(_ lifetime: Lifetime) throws(MLSError) {
        guard let now else { return }
        let skew = Limits.clockSkew
        try require(
            lifetime.notBefore <= now.saturatingAdd(skew), .lifetimeInvalid, "not valid before \(lifetime.notBefore)")
        try require(
            now <= lifetime.notAfter.saturatingAdd(skew), .lifetimeInvalid, "not valid after \(lifetime.notAfter)")
        try require(
            lifetime.notAfter >= lifetime.notBefore
                && lifetime.notAfter - lifetime.notBefore <= Limits.keyPackageLifetime,
            .lifetimeInvalid, "longer than \(Limits.keyPackageLifetime) s")
    }

    /// What a group's context demands of every member.
    func validateCapabilities(_ leaf: LeafNode) throws(MLSError) {
        let has = leaf.capabilities
        try require(
            has.versions.contains(version) && has.cipherSuites.contains(cipherSuite), .suiteNotSupported,
            "a leaf lists neither version \(version.rawValue) nor suite \(cipherSuite.rawValue)")
        for type in extensionTypes {
            try require(has.supports(type), .extensionNotSupported, "extension \(type.rawValue) of the group")
        }
        guard let required else { return }
        for type in required.extensionTypes {
            try require(has.supports(type), .requiredCapabilities, "extension \(type.rawValue)")
        }
        for type in required.proposalTypes {
            try require(has.supports(type), .requiredCapabilities, "proposal \(type.rawValue)")
        }
        for type in required.credentialTypes {
            try require(has.supports(type), .requiredCapabilities, "credential \(type.rawValue)")
        }
    }

    /// RFC 9420 §10.1.
    func validate(_ keyPackage: KeyPackage) throws(MLSError) {
        try require(
            keyPackage.version == version && keyPackage.cipherSuite == cipherSuite, .keyPackageSuite,
            "version \(keyPackage.version.rawValue), suite \(keyPackage.cipherSuite.rawValue)")
        try algorithms.checkPoint(keyPackage.initKey.bytes)
        try require(keyPackage.initKey != keyPackage.leafNode.encryptionKey, .initKeyIsEncryptionKey)
        try validate(keyPackage.leafNode, at: .keyPackage)
        try require(keyPackage.hasValidSignature(algorithms), .keyPackageSignature)
        for type in keyPackage.extensions.types where !type.isGrease {
            try require(
                keyPackage.leafNode.capabilities.supports(type), .extensionNotListed,
                "extension \(type.rawValue) of a key package")
        }
    }
}

extension RatchetTree {
    /// RFC 9420 §7.3: each member's type of credential is one that all the others support.
    func validateCredentialTypes() throws(MLSError) {
        var inUse: Set<CredentialType> = []
        let members = members
        for (_, leaf) in members { inUse.insert(leaf.credential.type) }
        for (index, leaf) in members {
            for type in inUse {
                try require(
                    leaf.capabilities.supports(type), .credentialNotSupported,
                    "leaf \(index.rawValue) does not support type \(type.rawValue)")
            }
        }
    }
}

extension UInt64 {
    func saturatingAdd(_ other: UInt64) -> UInt64 {
        let (sum, overflow) = addingReportingOverflow(other)
        return overflow ? .max : sum
    }
}
