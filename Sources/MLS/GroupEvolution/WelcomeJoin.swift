/// The group from which a new one comes (RFC 9420 §11.2, §11.3).
public enum Predecessor: Sendable {
    case none
    /// Re-initialisation of a group whose last commit was a ReInit.
    case reInit(of: Group)
    /// A branch with some members of a group.
    case branch(of: Group)

    var group: Group? {
        switch self {
        case .none: nil
        case .reInit(let group), .branch(let group): group
        }
    }

    var purpose: CommitPurpose {
        switch self {
        case .none: .ordinary
        case .reInit: .reInit
        case .branch: .branch
        }
    }
}

/// A Welcome that was opened with a key package's secrets; its GroupInfo is not verified yet.
struct OpenedWelcome {
    let info: GroupInfo
    let secrets: GroupSecrets
    let pskSecret: Secret

    init(
        _ welcome: Welcome, _ own: KeyPackageSecrets, psks: some PreSharedKeySource, predecessor: Predecessor
    ) throws(MLSError) {
        try require(welcome.cipherSuite.isSupported, .unsupportedCipherSuite, "\(welcome.cipherSuite.rawValue)")
        try require(
            welcome.cipherSuite == own.keyPackage.cipherSuite, .welcomeSuite,
            "suite \(welcome.cipherSuite.rawValue) for a key package of \(own.keyPackage.cipherSuite.rawValue)")
        let algorithms = try welcome.cipherSuite.algorithms()
        try require(Set(welcome.newMembers).count == welcome.secrets.count, .welcomeDuplicate)
        let reference = try own.keyPackage.reference()
        guard let entry = welcome.secrets.first(where: { $0.newMember == reference }) else {
            throw MLSError(.welcomeNotForUs)
        }
        let opened = try algorithms.decrypt(
            entry.encryptedGroupSecrets, with: own.initKey.privateKey, label: "Welcome",
            context: welcome.encryptedGroupInfo)
        secrets = try decodeWhole(opened)
        try require(
            secrets.joinerSecret.count == algorithms.hashLength
                && secrets.pathSecret?.count ?? algorithms.hashLength == algorithms.hashLength,
            .malformed, "secrets of another length")
        pskSecret = try Self.pskSecret(secrets.psks, algorithms, psks, predecessor)
        let welcomeSecret = KeySchedule.welcomeSecret(
            algorithms, joinerSecret: Secret(secrets.joinerSecret), pskSecret: pskSecret)
        let key = WelcomeKey(algorithms, welcomeSecret: welcomeSecret)
        guard
            let plaintext = algorithms.open(
                welcome.encryptedGroupInfo, key: key.key, nonce: key.nonce, aad: [])
        else { throw MLSError(.decryptionFailed, "the GroupInfo of a Welcome") }
        info = try decodeWhole(plaintext)
        try require(info.groupContext.cipherSuite == welcome.cipherSuite, .welcomeSuite, "in its GroupInfo")
    }

    private static func pskSecret(
        _ list: [PreSharedKeyID], _ algorithms: Algorithms, _ source: some PreSharedKeySource,
        _ predecessor: Predecessor
    ) throws(MLSError) -> Secret {
        try require(Set(list).count == list.count, .duplicatePSK)
        var found: [(id: PreSharedKeyID, secret: Secret)] = []
        var special = 0
        for id in list {
            try require(id.nonce.count == algorithms.hashLength, .pskNonceLength, "\(id.nonce.count) bytes")
            var secret: Secret?
            if case .resumption(let usage, let groupId, let epoch) = id.key {
                if usage != .application { special += 1 }
                if let group = predecessor.group, group.groupId == groupId {
                    secret = group.resumptionSecret(epoch: epoch)
                }
            }
            guard let known = secret ?? source.preSharedKey(id.key) else { throw MLSError(.pskUnknown) }
            found.append((id, known))
        }
        try require(special <= 1, .pskUsage, "more than one for a re-initialisation or branch")
        return algorithms.pskSecret(found)
    }
}

extension Group {
    /// Joins by a Welcome (RFC 9420 §12.4.3.1).
    ///
    /// The key package's secrets have served their purpose when this succeeds: the caller deletes them.
    /// - Parameters:
    ///   - tree: the ratchet tree, when the Welcome does not carry it.
    ///   - knownGroups: says whether we are in a group of that id already; a Welcome for such a one is refused.
    public static func join(
        _ welcome: Welcome, with own: KeyPackageSecrets, tree: ExportedRatchetTree? = nil,
        psks: some PreSharedKeySource = NoPreSharedKeys(), predecessor: Predecessor = .none, now: UInt64?,
        judge: some Judge, knownGroups: ([UInt8]) -> Bool = { _ in false }
    ) throws(MLSError) -> Group {
        try joinTellingSigner(
            welcome, with: own, tree: tree, psks: psks, predecessor: predecessor, now: now, judge: judge,
            knownGroups: knownGroups
        ).group
    }

    /// As `join`, and tells which leaf has signed the description of the group: whoever has let us in.
    public static func joinTellingSigner(
        _ welcome: Welcome, with own: KeyPackageSecrets, tree: ExportedRatchetTree? = nil,
        psks: some PreSharedKeySource = NoPreSharedKeys(), predecessor: Predecessor = .none, now: UInt64?,
        judge: some Judge, knownGroups: ([UInt8]) -> Bool = { _ in false }
    ) throws(MLSError) -> (group: Group, signer: LeafIndex) {
        let opened = try OpenedWelcome(welcome, own, psks: psks, predecessor: predecessor)
        let info = opened.info
        try require(!knownGroups(info.groupContext.groupId), .groupKnown)
        guard let exported = try info.extensions.decode(.ratchetTree, as: ExportedRatchetTree.self) ?? tree else {
            throw MLSError(.treeMissing)
        }
        let state = try GroupState(info, tree: exported, now: now, judge: judge)
        guard
            let index = state.tree.members.first(where: { $0.leaf == own.keyPackage.leafNode })?.index
        else { throw MLSError(.ownLeafMissing) }
        try require(index != info.signer, .groupInfoSigner, "the Welcome is signed by ourselves")
        let keys = try pathKeys(opened, own, index: index, tree: state.tree)
        let schedule = KeySchedule(
            state.algorithms, joinerSecret: Secret(opened.secrets.joinerSecret), pskSecret: opened.pskSecret,
            context: state.contextBytes)
        let valid = state.algorithms.isValidMac(
            info.confirmationTag, key: schedule.secrets.confirmationKey, state.context.confirmedTranscriptHash)
        try require(valid, .confirmationTag)
        try checkLink(opened.secrets.psks, info: info, tree: state.tree, predecessor: predecessor, judge: judge)
        let group = try Group(state: state, schedule: schedule, keys: keys, signatureKey: own.signatureKey)
        return (group, info.signer)
    }

    /// The private keys of a joiner: its leaf, and what the path secret gives, which must be all that it may know.
    private static func pathKeys(
        _ opened: OpenedWelcome, _ own: KeyPackageSecrets, index: LeafIndex, tree: RatchetTree
    ) throws(MLSError) -> TreePrivateKeys {
        var keys = TreePrivateKeys(leaf: index, leafKey: own.encryptionKey)
        if let secret = opened.secrets.pathSecret {
            let ancestor = tree.shape.commonAncestor(index, opened.info.signer)
            let path = tree.shape.directPath(of: NodeIndex(opened.info.signer))
                .filter { tree[$0] != nil }.map { PathStep(node: $0, copathChild: $0) }
            try require(
                path.contains { $0.node == ancestor } && tree.isOurs(ancestor, leaf: index), .pathSecretUnexpected,
                "for node \(ancestor.offset)")
            _ = try keys.implant(Secret(secret), at: ancestor, path: path, tree: tree)
        }
        for node in tree.shape.directPath(of: NodeIndex(index)) where tree.isOurs(node, leaf: index) {
            try require(keys.pairs[node] != nil, .pathSecretMissing, "for node \(node.offset)")
        }
        return keys
    }

    /// RFC 9420 §11.2, §11.3, §12.4.3.1: what a new group must have of the one that it comes from.
    private static func checkLink(
        _ psks: [PreSharedKeyID], info: GroupInfo, tree: RatchetTree, predecessor: Predecessor, judge: some Judge
    ) throws(MLSError) {
        var link: (PreSharedKeyID.Usage, [UInt8], UInt64)?
        for psk in psks {
            if case .resumption(let usage, let groupId, let epoch) = psk.key, usage != .application {
                link = (usage, groupId, epoch)
            }
        }
        guard let (usage, groupId, epoch) = link else {
            if case .none = predecessor { return }
            throw MLSError(.predecessorMissing, "the Welcome names no group that it comes from")
        }
        let context = info.groupContext
        try require(context.epoch == 1, .predecessorEpoch, "epoch \(context.epoch)")
        switch (usage, predecessor) {
        case (.reinit, .reInit(let old)):
            guard case .reInit(let wanted) = old.status, old.groupId == groupId, old.epoch == epoch else {
                throw MLSError(.predecessorMismatch, "not the epoch after a ReInit")
            }
            try require(
                context.groupId == wanted.groupId && context.version == wanted.version
                    && context.cipherSuite == wanted.cipherSuite && context.extensions == wanted.extensions,
                .predecessorMismatch, "other parameters than the ReInit's")
            let members = tree.members
            for member in old.members {
                try require(
                    members.contains { judge.isSameMember(member.leaf, $0.leaf) }, .predecessorMembers,
                    "leaf \(member.index.rawValue) is not in the new group")
            }
        case (.branch, .branch(let old)):
            try require(old.groupId == groupId, .predecessorMismatch, "another group")
            try require(
                context.version == old.context.version && context.cipherSuite == old.cipherSuite,
                .predecessorMismatch, "another version or suite")
            let members = old.members
            for member in tree.members {
                try require(
                    members.contains { judge.isSameMember($0.leaf, member.leaf) }, .predecessorMembers,
                    "leaf \(member.index.rawValue) is not in the old group")
            }
        default: throw MLSError(.predecessorMissing, "\(usage)")
        }
    }
}
