/// What an external commit shall do.
public struct ExternalJoinOptions: Sendable {
    /// The joiner's own former leaf, which the commit removes (a "resync").
    public var removing: LeafIndex?
    /// Pre-shared keys that the commit shall use.
    public var psks: [PreSharedKeyID.Key] = []
    public var authenticatedData: [UInt8] = []

    public init() {}
}

extension Group {
    /// Joins by an external commit (RFC 9420 §12.4.3.2).
    ///
    /// The group that is returned is in the new epoch already: it is worth nothing unless the commit is accepted.
    /// - Parameters:
    ///   - tree: the ratchet tree, when the GroupInfo does not carry it.
    ///   - knownGroups: says whether we are in a group of that id already; such a one is refused, unless `options` remove the
    ///     former leaf (RFC 9420 §12.4.3).
    public static func joinExternally(
        _ info: GroupInfo, tree: ExportedRatchetTree? = nil, identity: MemberIdentity,
        options: ExternalJoinOptions = ExternalJoinOptions(), psks: some PreSharedKeySource = NoPreSharedKeys(),
        now: UInt64?, judge: some Judge, knownGroups: ([UInt8]) -> Bool = { _ in false },
        using generator: inout some RandomNumberGenerator
    ) throws(MLSError) -> (group: Group, commit: MLSMessage) {
        guard let exported = try info.extensions.decode(.ratchetTree, as: ExportedRatchetTree.self) ?? tree else {
            throw MLSError(.treeMissing)
        }
        try require(options.removing != nil || !knownGroups(info.groupContext.groupId), .groupKnown)
        let state = try GroupState(info, tree: exported, now: now, judge: judge)
        return try enter(
            state, info, identity: identity, options: options, psks: psks, now: now, judge: judge, using: &generator)
    }

    /// Joins by an external commit the group that one has followed (RFC 9420 §12.4.3.2). Nothing of the GroupInfo is believed: it
    /// must describe the epoch in which the follower is, by one of its members, and gives the external key only. The tree, which
    /// was verified leaf by leaf when it was followed, is not verified again, so that a lost race costs little: `judge` is asked
    /// about the whole tree and about the commit.
    ///
    /// - Parameter info: the description of the follower's epoch; nil for the one that was last published to it.
    public static func joinExternally(
        following follower: PublicGroup, info: GroupInfo? = nil, identity: MemberIdentity,
        options: ExternalJoinOptions = ExternalJoinOptions(), psks: some PreSharedKeySource = NoPreSharedKeys(),
        now: UInt64?, judge: some Judge, using generator: inout some RandomNumberGenerator
    ) throws(MLSError) -> (group: Group, commit: MLSMessage) {
        try require(follower.reInit == nil, .groupReInitialised)
        guard let info = info ?? follower.groupInfo else {
            throw MLSError(.externalPubMissing, "no GroupInfo of epoch \(follower.epoch)")
        }
        try follower.check(info)
        try GroupState.judgeTree(follower.state.tree, in: follower.context, judge: judge)
        return try enter(
            follower.state, info, identity: identity, options: options, psks: psks, now: now, judge: judge,
            using: &generator)
    }

    private static func enter(
        _ state: GroupState, _ info: GroupInfo, identity: MemberIdentity, options: ExternalJoinOptions,
        psks: some PreSharedKeySource, now: UInt64?, judge: some Judge,
        using generator: inout some RandomNumberGenerator
    ) throws(MLSError) -> (group: Group, commit: MLSMessage) {
        let algorithms = state.algorithms
        guard let external = try info.extensions.decode(.externalPub, as: ExternalPub.self) else {
            throw MLSError(.externalPubMissing)
        }
        let (kemOutput, initSecret) = try algorithms.exportToSend(
            to: external.key, exporterLabel: externalInitLabel)
        var proposals: [Proposal] = [.externalInit(kemOutput: kemOutput)]
        if let leaf = options.removing { proposals.append(.remove(leaf)) }
        for key in options.psks {
            proposals.append(
                .preSharedKey(PreSharedKeyID(key: key, nonce: randomBytes(algorithms.hashLength, using: &generator))))
        }
        var provisional = try state.applying(
            proposals.map { SourcedProposal(proposal: $0, sender: .newMemberCommit, reference: nil) },
            committer: .external, now: now, judge: judge)
        if let old = provisional.replaced {
            try require(judge.maySucceed(old.credential, identity.credential), .identityChanged, "a resync")
        }
        let made = try MadePath(
            &provisional, identity: identity.leafIdentity, key: identity.signatureKey, using: &generator)
        try provisional.tree.validateCredentialTypes()
        try state.judgeCommit(
            provisional, leaf: made.path.leafNode, pathLeaf: made.path.leafNode,
            authenticatedData: options.authenticatedData, judge: judge)
        let content = FramedContent(
            groupId: state.context.groupId, epoch: state.context.epoch, sender: .newMemberCommit,
            authenticatedData: options.authenticatedData,
            body: .commit(Commit(proposals: proposals.map(ProposalOrRef.proposal), path: made.path)))
        var signed = try AuthenticatedContent.signed(
            content, wireFormat: .publicMessage, context: state.contextBytes, algorithms: algorithms,
            key: identity.signatureKey.privateKey)
        let outside = try Group(outside: state, leaf: provisional.sender, made: made)
        let conclusion = try outside.conclude(
            &signed, provisional, made: made, initSecret: initSecret, psks: psks)
        var group = conclusion.group
        group.resumption = [group.epoch: group.secrets.resumptionPSK]
        group.state.tree.touchAll()
        let message = Protection.publicMessage(
            signed, context: state.contextBytes, membershipKey: nil, algorithms: algorithms)
        return (group, MLSMessage(.publicMessage(message)))
    }

    /// A joiner's view before its commit: the public state, and no secret of the epoch.
    private init(outside state: GroupState, leaf: LeafIndex, made: MadePath) throws(MLSError) {
        let nothing = Secret.zero(state.algorithms.hashLength)
        try self.init(
            state: state, schedule: KeySchedule(state.algorithms, epochSecret: nothing),
            keys: TreePrivateKeys(leaf: leaf, leafKey: made.generated.leafKey), signatureKey: made.signatureKey,
            preparing: false)
    }
}
