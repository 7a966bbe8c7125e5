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
    private let extensionTypes: Set<ExtensionType>
    private let required:
        (extensions: Set<ExtensionType>, proposals: Set<ProposalType>, credentials: Set<CredentialType>)
    /// Signatures that were found valid before, where the same leaves are judged several times.
    private let known: KnownSignatures?
    /// Seconds since 1970; nil where lifetimes shall not be judged.
    let now: UInt64?

    init(
        _ algorithms: Algorithms, _ context: GroupContext, now: UInt64?, known: KnownSignatures? = nil
    ) throws(MLSError) {
        self.algorithms = algorithms
        version = context.version
        cipherSuite = context.cipherSuite
        extensionTypes = Set(context.extensions.types)
        let required = try context.extensions.decode(.requiredCapabilities, as: RequiredCapabilities.self)
        self.required = (
            Set(required?.extensionTypes ?? []), Set(required?.proposalTypes ?? []),
            Set(required?.credentialTypes ?? [])
        )
        self.now = now
        self.known = known
    }

    /// Everything about a leaf that can be said without looking at the other ones.
    func validate(_ leaf: LeafNode, at place: LeafPlace) throws(MLSError) {
        try validateSource(leaf, place)
        try algorithms.checkPoint(leaf.encryptionKey.bytes)
        try require(algorithms.isAcceptable(leaf.signatureKey), .invalidPublicKey, "a leaf's signature key")
        let signed = isSigned(.leaf(leaf, at: place.position)) {
            leaf.hasValidSignature(algorithms, at: place.position)
        }
        try require(signed, .leafSignature)
        try validateCapabilities(leaf)
        // Of the RFC's own types only application_id belongs into a leaf (§17.3).
        try leaf.extensions.refuseDefaults(but: [.applicationId], in: "a leaf")
        try validateListed(leaf.extensions.types, leaf.capabilities, "a leaf")
        try require(
            leaf.capabilities.credentials.contains(leaf.credential.type), .credentialNotSupported,
            "the leaf's own type \(leaf.credential.type.rawValue)")
    }

    private func validateListed(
        _ types: [ExtensionType], _ capabilities: Capabilities, _ place: String
    ) throws(MLSError) {
        if let type = capabilities.lacking(Set(types)).first {
            throw MLSError(.extensionNotListed, "extension \(type.rawValue) of \(place)")
        }
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
        if let type = has.lacking(extensionTypes).first {
            throw MLSError(.extensionNotSupported, "extension \(type.rawValue) of the group")
        }
        if let type = has.lacking(required.extensions).first {
            throw MLSError(.requiredCapabilities, "extension \(type.rawValue)")
        }
        if let type = has.lacking(required.proposals).first {
            throw MLSError(.requiredCapabilities, "proposal \(type.rawValue)")
        }
        if let type = has.lacking(required.credentials).first {
            throw MLSError(.requiredCapabilities, "credential \(type.rawValue)")
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
        let signed = isSigned(.keyPackage(keyPackage)) { keyPackage.hasValidSignature(algorithms) }
        try require(signed, .keyPackageSignature)
        // None of the RFC's own types belongs into a key package (§17.3). GREASE may stand there unlisted, other than in a
        // leaf: unknown extensions of a key package are ignored (§10, §13.5).
        try keyPackage.extensions.refuseDefaults(but: [], in: "a key package")
        try validateListed(
            keyPackage.extensions.types.filter { !$0.isGrease }, keyPackage.leafNode.capabilities, "a key package")
    }
}

/// Remembers valid signatures while a committer tries which proposals go together: checked anew for each attempt, a few
/// hundred proposals that exclude each other would cost tens of thousands of checks.
final class KnownSignatures {
    /// What bears a signature, with all that it covers.
    fileprivate enum Signed: Hashable {
        case keyPackage(KeyPackage)
        case leaf(LeafNode, at: LeafNode.Position?)
    }

    private var valid: Set<Signed> = []

    fileprivate func holds(_ signed: Signed, _ check: () -> Bool) -> Bool {
        if valid.contains(signed) { return true }
        guard check() else { return false }
        valid.insert(signed)
        return true
    }
}

extension LeafRules {
    private func isSigned(_ signed: KnownSignatures.Signed, _ check: () -> Bool) -> Bool {
        known?.holds(signed, check) ?? check()
    }
}

extension RatchetTree {
    /// RFC 9420 §7.3: each member's type of credential is one that all the others support.
    func validateCredentialTypes() throws(MLSError) {
        var inUse: Set<CredentialType> = []
        let members = members
        for (_, leaf) in members { inUse.insert(leaf.credential.type) }
        for (index, leaf) in members {
            if let type = leaf.capabilities.lacking(inUse).first {
                throw MLSError(
                    .credentialNotSupported, "leaf \(index.rawValue) does not support type \(type.rawValue)")
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
