extension Group {
    /// Creates a group with one member (RFC 9420 §11).
    ///
    /// - Parameters:
    ///   - groupId: must be one that nobody uses; random where nothing speaks against it.
    ///   - lifetime: of the founder's leaf, which others judge until its first commit with a path: at most
    ///     `Limits.keyPackageLifetime` long.
    public static func create(
        groupId: [UInt8], suite: CipherSuite, identity: MemberIdentity, extensions: Extensions = .none,
        lifetime: Lifetime, judge: some Judge,
        using generator: inout some RandomNumberGenerator
    ) throws(MLSError) -> Group {
        try require(suite.isSupported, .unsupportedCipherSuite, "\(suite.rawValue)")
        try require(groupId.count <= Limits.identifierBytes, .limitExceeded, "\(groupId.count) bytes of group id")
        let algorithms = try suite.algorithms()
        try GroupState.checkContent(extensions)
        let leafKey = try algorithms.generateKeyPair(using: &generator)
        let leaf = try LeafNode(
            encryptionKey: leafKey.publicKey, identity: identity.leafIdentity, source: .keyPackage(lifetime),
            position: nil, algorithms: algorithms, key: identity.signatureKey.privateKey)
        var tree = RatchetTree(algorithms)
        let index = try tree.add(leaf)
        let context = GroupContext(
            cipherSuite: suite, groupId: groupId, epoch: 0, treeHash: tree.treeHash(), confirmedTranscriptHash: [],
            extensions: extensions)
        try LeafRules(algorithms, context, now: nil).validate(leaf, at: .keyPackage)
        let judged = JudgedLeaf(leaf: leaf, index: index, origin: .existing, replaced: nil)
        try GroupState.ask(judge.judge(leaf: judged, in: context), .leafRefused)
        try GroupState.judgeTree(tree, in: context, judge: judge)
        try GroupState.judgeExternalSenders(of: context, judge: judge)
        let schedule = KeySchedule(
            algorithms, epochSecret: .random(algorithms.hashLength, using: &generator))
        let tag = algorithms.mac(schedule.secrets.confirmationKey, [])
        let state = GroupState(context: context, tree: tree, confirmationTag: tag)
        return try Group(
            state: state, schedule: schedule, keys: TreePrivateKeys(leaf: index, leafKey: leafKey),
            signatureKey: identity.signatureKey)
    }
}
