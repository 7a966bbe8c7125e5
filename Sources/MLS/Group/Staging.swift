/// A commit that may be applied: every check has passed, and the state that follows is known.
public struct StagedCommit: Sendable {
    /// Who committed.
    public let committer: Sender
    /// The proposals that take effect.
    public let proposals: [JudgedProposal]
    public let added: [(index: LeafIndex, leaf: LeafNode)]
    public let removed: [(index: LeafIndex, leaf: LeafNode)]
    /// Whether it removes us: merging it ends our membership.
    public let removesUs: Bool
    /// The epoch that it begins.
    public let epoch: UInt64
    let base: EpochMark
    /// The group after it; nil when it removes us.
    let next: Group?

    /// The epoch authenticator of the new epoch, if we are part of it.
    public var epochAuthenticator: Secret? { next?.epochAuthenticator }
}

/// What only the committer knows of its own commit: enough to stage it again after a restart.
struct CommitSecrets: Sendable {
    let commitSecret: Secret
    /// Its new leaf key and the keys of its path; empty without a path.
    let pairs: [NodeIndex: HPKEKeyPair]
    let signatureKey: SignatureKeyPair
}

extension Group {
    /// Checks a commit and computes the state after it (RFC 9420 §12.4.2). Changes nothing.
    ///
    /// - Parameters:
    ///   - psks: where pre-shared keys come from.
    ///   - now: seconds since 1970, by which lifetimes of new members are judged; nil to judge none.
    public func stage(
        _ commit: VerifiedCommit, psks: some PreSharedKeySource = NoPreSharedKeys(), now: UInt64?, judge: some Judge
    ) throws(MLSError) -> StagedCommit {
        try requireActive()
        try require(commit.verifier == .member, .verifiedElsewhere, "a commit, by a follower")
        try require(commit.sender != .member(ownLeaf), .ownMessage, "a commit that is not the pending one")
        return try stage(commit, own: nil, purpose: .ordinary, psks: psks, now: now, judge: judge)
    }

    func stage(
        _ commit: VerifiedCommit, own: CommitSecrets?, purpose: CommitPurpose, psks: some PreSharedKeySource,
        now: UInt64?, judge: some Judge
    ) throws(MLSError) -> StagedCommit {
        let stage = try state.stagePublic(commit, purpose: purpose, now: now, judge: judge)
        let removesUs = stage.provisional.removed.contains { $0.index == ownLeaf }
        let next = removesUs ? nil : try enter(stage, own: own, psks: psks)
        return StagedCommit(
            committer: commit.sender,
            proposals: stage.provisional.plan.all.map {
                JudgedProposal(proposal: $0.proposal, sender: $0.sender, isByValue: $0.reference == nil)
            }, added: stage.provisional.added.map { ($0.index, $0.keyPackage.leafNode) },
            removed: stage.provisional.removed, removesUs: removesUs, epoch: stage.next.context.epoch,
            base: state.mark, next: next)
    }

    /// The secret half of processing a commit.
    private func enter(
        _ stage: PublicStage, own: CommitSecrets?, psks: some PreSharedKeySource
    ) throws(MLSError) -> Group {
        let (keys, commitSecret, signatureKey) = try pathSecrets(stage, own: own)
        let plan = stage.provisional.plan
        let initSecret: Secret
        if let output = plan.externalInit {
            let pair = try secrets.externalKeyPair(algorithms)
            initSecret = try algorithms.exportToReceive(
                kemOutput: output, key: pair.privateKey, exporterLabel: externalInitLabel)
        } else {
            initSecret = secrets.initSecret
        }
        let pskSecret = try self.pskSecret(plan.psks, psks)
        let schedule = KeySchedule(
            algorithms, initSecret: initSecret, commitSecret: commitSecret, pskSecret: pskSecret,
            context: stage.next.contextBytes)
        let valid = algorithms.isValidMac(
            stage.confirmationTag, key: schedule.secrets.confirmationKey, stage.confirmedTranscriptHash)
        try require(valid, .confirmationTag)
        return try follow(stage.next, schedule: schedule, keys: keys, signatureKey: signatureKey, plan: plan)
    }

    /// The group of the next epoch, with what outlives this one.
    func follow(
        _ next: GroupState, schedule: KeySchedule, keys: TreePrivateKeys, signatureKey: SignatureKeyPair,
        plan: ProposalPlan
    ) throws(MLSError) -> Group {
        var keys = keys
        keys.prune(next.tree)
        var group = try Group(state: next, schedule: schedule, keys: keys, signatureKey: signatureKey)
        group.inherit(self)
        if let reInit = plan.reInit { group.status = .reInit(reInit) }
        return group
    }

    private mutating func inherit(_ before: Group) {
        resumption.merge(before.resumption) { own, _ in own }
        keepResumptionSecrets(ofEpochs: before.resumptionEpochs)
        stored = before.stored
    }

    private func pathSecrets(
        _ stage: PublicStage, own: CommitSecrets?
    ) throws(MLSError) -> (TreePrivateKeys, Secret, SignatureKeyPair) {
        var keys = keys
        var signatureKey = signatureKey
        if let own {
            for (node, pair) in own.pairs { keys.set(node, pair) }
            return (keys, own.commitSecret, own.signatureKey)
        }
        if let update = stage.provisional.plan.updates.first(where: { $0.leaf == ownLeaf }) {
            guard let known = ownUpdates[update.node.encryptionKey] else {
                throw MLSError(.privateKeyMissing, "our own Update")
            }
            keys.set(NodeIndex(ownLeaf), known.leafKey)
            signatureKey = known.signatureKey
        }
        guard let path = stage.commit.path else {
            return (keys, .zero(algorithms.hashLength), signatureKey)
        }
        let joining = stage.provisional.joining
        let (node, secret) = try stage.before.decryptPathSecret(
            path, steps: stage.steps, keys: keys, joining: joining, context: stage.provisionalContext)
        let commitSecret = try keys.implant(secret, at: node, path: stage.steps, tree: stage.provisional.tree)
        return (keys, commitSecret, signatureKey)
    }

    /// `psk_secret` of a list (RFC 9420 §8.4).
    func pskSecret(_ list: [PreSharedKeyID], _ source: some PreSharedKeySource) throws(MLSError) -> Secret {
        var found: [(id: PreSharedKeyID, secret: Secret)] = []
        for id in list {
            var secret: Secret?
            if case .resumption(_, groupId, let epoch) = id.key { secret = resumptionSecret(epoch: epoch) }
            guard let known = secret ?? source.preSharedKey(id.key) else { throw MLSError(.pskUnknown) }
            found.append((id, known))
        }
        return algorithms.pskSecret(found)
    }

    /// Applies a staged commit: the group is in the next epoch then, or removed. A pending commit of our own has
    /// lost and is dropped.
    public mutating func merge(_ staged: StagedCommit) throws(MLSError) {
        try require(staged.base == state.mark, .staleStage)
        guard var next = staged.next else {
            retire()
            return
        }
        // What storage took between staging and merging still counts.
        next.stored = stored
        next.keepResumptionSecrets(ofEpochs: resumptionEpochs)
        next.state.tree.dirty.formUnion(state.tree.dirty)
        self = next
    }

    /// Forgets every secret (RFC 9420 §12.4.2: a removed member should).
    private mutating func retire() {
        status = .removed
        let none = Secret.zero(0)
        secrets = EpochSecrets(
            senderDataSecret: none, exporterSecret: none, externalSecret: none, confirmationKey: none,
            membershipKey: none, resumptionPSK: none, epochAuthenticator: none, initSecret: none)
        secretTree = SecretTree(algorithms, shape: secretTree.shape, nodes: [:], ratchets: [:])
        keys = TreePrivateKeys(leaf: keys.leaf, pairs: [:])
        signatureKey = SignatureKeyPair(privateKey: none, publicKey: signatureKey.publicKey)
        ownUpdates = [:]
        pending = .none
        resumption = [:]
    }
}
