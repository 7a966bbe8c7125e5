/// How handshake messages travel (RFC 9420 §6).
public enum HandshakeFraming: Hashable, Sendable {
    /// Signed and in the clear, so that a follower can keep up.
    case publicMessage
    /// Encrypted.
    case privateMessage(Padding)
}

/// What a commit shall do.
public struct CommitOptions: Sendable {
    /// Proposals that the commit carries itself.
    public var proposals: [Proposal] = []
    /// Which proposals of others it names: nil for all that are valid together.
    public var references: [ProposalRef]?
    /// Whether new keys are drawn even where the RFC does not demand it (§12.4).
    public var forcePath = true
    /// Another credential, signature key or capabilities from the new epoch on; needs a path.
    public var newIdentity: MemberIdentity?
    public var framing: HandshakeFraming = .publicMessage
    public var authenticatedData: [UInt8] = []
    /// Whether the Welcome carries the tree.
    public var welcomeCarriesTree = true
    /// Further extensions of the GroupInfo in the Welcome.
    public var groupInfoExtensions: [Extension] = []

    public init(_ proposals: [Proposal] = []) { self.proposals = proposals }
}

/// A commit that was made but not yet accepted by whoever orders messages.
public struct PendingCommit: Sendable {
    public let message: MLSMessage
    /// For those whom it adds.
    public let welcome: MLSMessage?
    public let staged: StagedCommit
    /// What was signed, for staging it again after a restart.
    let content: AuthenticatedContent
    let secrets: CommitSecrets

    /// The tree of the new epoch, for those who join without it in their Welcome.
    public var ratchetTree: ExportedRatchetTree? { staged.next?.ratchetTree }

    /// Describes the new epoch to external joiners: to be published once the commit was accepted.
    public func groupInfo(withTree: Bool = false) throws(MLSError) -> GroupInfo? {
        guard let next = staged.next, next.status == .active else { return nil }
        return try next.groupInfo(withTree: withTree)
    }
}

indirect enum Pending: Sendable {
    case none
    case some(PendingCommit)

    var commit: PendingCommit? {
        if case .some(let commit) = self { commit } else { nil }
    }
}

extension Group {
    /// Our commit that waits for its acceptance. It survives a lost answer: its message can be sent again.
    public var pendingCommit: PendingCommit? { pending.commit }

    /// Makes a commit (RFC 9420 §12.4.1). The group stays in its epoch until `mergePending`.
    public mutating func commit(
        _ options: CommitOptions = CommitOptions(), psks: some PreSharedKeySource = NoPreSharedKeys(),
        now: UInt64?, judge: some Judge, using generator: inout some RandomNumberGenerator
    ) throws(MLSError) -> PendingCommit {
        try commit(options, purpose: .ordinary, psks: psks, now: now, judge: judge, using: &generator)
    }

    mutating func commit(
        _ options: CommitOptions, purpose: CommitPurpose, psks: some PreSharedKeySource, now: UInt64?,
        judge: some Judge, using generator: inout some RandomNumberGenerator
    ) throws(MLSError) -> PendingCommit {
        try requireActive()
        try require(pending.commit == nil, .commitPending)
        try Self.checkSize([], options.authenticatedData)
        var provisional = try choose(options, purpose: purpose, now: now, judge: judge)
        let list = provisional.plan.all
        guard let leaf = state.tree.leaf(ownLeaf) else { throw MLSError(.senderNotMember) }
        let wantsPath = options.forcePath && provisional.plan.reInit == nil || options.newIdentity != nil
        let made: MadePath? =
            provisional.plan.needsPath || wantsPath
            ? try MadePath(
                &provisional, identity: options.newIdentity?.leafIdentity ?? leaf.identity,
                key: options.newIdentity?.signatureKey ?? signatureKey, using: &generator) : nil
        if let identity = options.newIdentity {
            try require(judge.maySucceed(leaf.credential, identity.credential), .identityChanged, "our own")
            try provisional.tree.validateCredentialTypes()
        }
        try state.judgeCommit(
            provisional, leaf: leaf, pathLeaf: made?.path.leafNode, authenticatedData: options.authenticatedData,
            judge: judge)
        if made == nil { provisional.context.treeHash = provisional.tree.treeHash() }
        let body = Commit(
            proposals: list.map { item in item.reference.map(ProposalOrRef.reference) ?? .proposal(item.proposal) },
            path: made?.path)
        let content = FramedContent(
            groupId: groupId, epoch: epoch, sender: .member(ownLeaf), authenticatedData: options.authenticatedData,
            body: .commit(body))
        let format: WireFormat = options.framing == .publicMessage ? .publicMessage : .privateMessage
        var signed = try AuthenticatedContent.signed(
            content, wireFormat: format, context: state.contextBytes, algorithms: algorithms,
            key: signatureKey.privateKey)
        let conclusion = try conclude(
            &signed, provisional, made: made, initSecret: secrets.initSecret, psks: psks)
        let welcome = try conclusion.welcome(provisional, made: made, options: options)
        var committed = self
        let message = try committed.protect(signed, options.framing, using: &generator)
        let staged = StagedCommit(
            committer: .member(ownLeaf),
            proposals: list.map {
                JudgedProposal(proposal: $0.proposal, sender: $0.sender, isByValue: $0.reference == nil)
            }, added: provisional.added.map { ($0.index, $0.keyPackage.leafNode) }, removed: provisional.removed,
            removesUs: false, epoch: conclusion.group.epoch, base: state.mark, next: conclusion.group)
        let result = PendingCommit(
            message: message, welcome: welcome.map { MLSMessage(.welcome($0)) }, staged: staged, content: signed,
            secrets: CommitSecrets(
                commitSecret: conclusion.commitSecret, pairs: made?.pairs ?? [:],
                signatureKey: made?.signatureKey ?? signatureKey))
        committed.pending = .some(result)
        self = committed
        return result
    }

    /// Applies our own commit, which was accepted.
    public mutating func mergePending() throws(MLSError) {
        guard let commit = pending.commit else { throw MLSError(.noPendingCommit) }
        try merge(commit.staged)
    }

    /// Drops our own commit, which was refused.
    public mutating func discardPending() { pending = .none }

    /// Drops the proposals that wait in this epoch, and our own commit, which may name them: for who finds that the log of the epoch is
    /// another one than was read. Those that stand in it are cached anew.
    public mutating func discardProposals() {
        pending = .none
        state.proposals = ProposalCache()
    }

    /// The proposals of a commit, applied: those by value, and those of the cache that are named or go together.
    private func choose(
        _ options: CommitOptions, purpose: CommitPurpose, now: UInt64?, judge: some Judge
    ) throws(MLSError) -> Provisional {
        let committer = Committer.member(ownLeaf)
        let known = KnownSignatures()
        func applied(_ list: [SourcedProposal]) throws(MLSError) -> Provisional {
            try state.applying(list, committer: committer, purpose: purpose, now: now, judge: judge, known: known)
        }
        let byValue = options.proposals.map {
            SourcedProposal(proposal: $0, sender: committer.sender, reference: nil)
        }
        if let references = options.references {
            let named = try state.proposals.resolve(references.map(ProposalOrRef.reference), committer: committer)
            return try applied(named + byValue)
        }
        let cached = preferred(state.proposals.all)
        if cached.isEmpty { return try applied(byValue) }
        if let all = try? applied(cached + byValue) { return all }
        // Something in the cache does not go with the rest. Halves that fail are halved again, so that a few bad ones among
        // many cost few attempts.
        var chosen = try applied(byValue)
        var waiting = [cached[...]]
        while let part = waiting.popLast() {
            guard !part.isEmpty else { continue }
            if let attempt = try? applied(chosen.plan.all + part) {
                chosen = attempt
            } else if part.count > 1 {
                let middle = part.startIndex + part.count / 2
                waiting.append(part[middle...])
                waiting.append(part[..<middle])
            }
        }
        return chosen
    }

    /// RFC 9420 §12.2: a removal before updates of the same leaf, the latest update before earlier ones, anything
    /// before a ReInit; our own updates and removals never.
    private func preferred(_ all: [SourcedProposal]) -> [SourcedProposal] {
        var removed: Set<LeafIndex> = []
        var latest: [LeafIndex: Int] = [:]
        for (place, item) in all.enumerated() {
            if case .update = item.proposal, let leaf = item.sender.leaf { latest[leaf] = place }
        }
        for item in all {
            if case .remove(let leaf) = item.proposal { removed.insert(leaf) }
        }
        var seen: Set<LeafIndex> = []
        let hasOthers = all.contains { $0.proposal.type != .reInit }
        return all.enumerated().compactMap { place, item in
            switch item.proposal {
            case .update:
                guard let leaf = item.sender.leaf else { return nil }
                return leaf != ownLeaf && !removed.contains(leaf) && latest[leaf] == place ? item : nil
            case .remove(let leaf): return leaf != ownLeaf && seen.insert(leaf).inserted ? item : nil
            case .reInit: return hasOthers ? nil : item
            default: return item
            }
        }
    }
}

/// A path made for a commit, with its secrets.
struct MadePath {
    let path: UpdatePath
    let generated: GeneratedPath
    let pairs: [NodeIndex: HPKEKeyPair]
    let signatureKey: SignatureKeyPair

    /// Draws a path for the committer, applies it to `provisional` and encrypts it (RFC 9420 §7.5).
    init(
        _ provisional: inout Provisional, identity: LeafIdentity, key: SignatureKeyPair,
        using generator: inout some RandomNumberGenerator
    ) throws(MLSError) {
        let before = provisional.tree
        let sender = provisional.sender
        generated = try GeneratedPath(before, leaf: sender, using: &generator)
        let keys = zip(generated.steps, generated.pairs).map { (step: $0.0, key: $0.1.publicKey) }
        let parentHash = provisional.tree.setPath(sender, keys: keys)
        let leaf = try LeafNode(
            encryptionKey: generated.leafKey.publicKey, identity: identity, source: .commit(parentHash: parentHash),
            position: .init(groupId: provisional.context.groupId, index: sender), algorithms: before.algorithms,
            key: key.privateKey)
        provisional.tree[NodeIndex(sender)] = .leaf(leaf)
        try LeafRules(before.algorithms, provisional.context, now: nil).validateCapabilities(leaf)
        try require(provisional.tree.hasUniqueSignatureKeys, .signatureKeyNotUnique, "the new leaf")
        provisional.context.treeHash = provisional.tree.treeHash()
        let nodes = try generated.encrypt(
            before, joining: provisional.joining, context: provisional.context.wireBytes)
        path = UpdatePath(leafNode: leaf, nodes: nodes)
        signatureKey = key
        var pairs = [NodeIndex(sender): generated.leafKey]
        for (step, pair) in zip(generated.steps, generated.pairs) { pairs[step.node] = pair }
        self.pairs = pairs
    }
}

/// The new epoch of a commit that is being made.
struct Conclusion {
    let group: Group
    let schedule: KeySchedule
    let commitSecret: Secret

    /// The Welcome for those whom the commit adds (RFC 9420 §12.4.3.1).
    func welcome(_ provisional: Provisional, made: MadePath?, options: CommitOptions) throws(MLSError) -> Welcome? {
        guard !provisional.added.isEmpty else { return nil }
        let algorithms = group.algorithms
        let info = try Group.makeGroupInfo(
            group.state, secrets: group.secrets, signer: provisional.sender, key: group.signatureKey,
            withTree: options.welcomeCarriesTree, withExternalPub: false, extensions: options.groupInfoExtensions)
        let key = WelcomeKey(algorithms, welcomeSecret: schedule.welcomeSecret)
        let sealed = try algorithms.seal(info.wireBytes, key: key.key, nonce: key.nonce, aad: [])
        var secrets: [EncryptedGroupSecrets] = []
        for (index, keyPackage) in provisional.added {
            let content = GroupSecrets(
                joinerSecret: schedule.joinerSecret.bytes, pathSecret: made?.generated.pathSecret(for: index)?.bytes,
                psks: provisional.plan.psks)
            secrets.append(
                EncryptedGroupSecrets(
                    newMember: try keyPackage.reference(),
                    encryptedGroupSecrets: try algorithms.encrypt(
                        content.wireBytes, to: keyPackage.initKey, label: "Welcome", context: sealed)))
        }
        return Welcome(cipherSuite: group.cipherSuite, secrets: secrets, encryptedGroupInfo: sealed)
    }
}

/// Key and nonce of a Welcome's GroupInfo (RFC 9420 §12.4.3.1).
package struct WelcomeKey: Sendable {
    package let key: Secret
    package let nonce: [UInt8]

    package init(_ algorithms: Algorithms, welcomeSecret: Secret) {
        key = algorithms.expand(welcomeSecret, label: "key", length: algorithms.keyLength)
        nonce = algorithms.expand(welcomeSecret, label: "nonce", length: algorithms.nonceLength).bytes
    }
}

extension Group {
    /// Computes the epoch that a commit of ours begins, and gives the commit its confirmation tag.
    func conclude(
        _ signed: inout AuthenticatedContent, _ provisional: Provisional, made: MadePath?, initSecret: Secret,
        psks: some PreSharedKeySource
    ) throws(MLSError) -> Conclusion {
        let commitSecret = made?.generated.commitSecret ?? .zero(algorithms.hashLength)
        let confirmed = Transcript.confirmed(
            algorithms, interimBefore: state.interimTranscriptHash, commit: signed)
        var context = provisional.context
        context.confirmedTranscriptHash = confirmed
        let pskSecret = try self.pskSecret(provisional.plan.psks, psks)
        let schedule = KeySchedule(
            algorithms, initSecret: initSecret, commitSecret: commitSecret, pskSecret: pskSecret,
            context: context.wireBytes)
        let tag = algorithms.mac(schedule.secrets.confirmationKey, confirmed)
        signed.auth.confirmationTag = tag
        var keys = keys
        for (node, pair) in made?.pairs ?? [:] { keys.set(node, pair) }
        let group = try follow(
            state.next(provisional, confirmed: confirmed, confirmationTag: tag), schedule: schedule, keys: keys,
            signatureKey: made?.signatureKey ?? signatureKey, plan: provisional.plan)
        return Conclusion(group: group, schedule: schedule, commitSecret: commitSecret)
    }

    /// Frames signed content (RFC 9420 §6.2, §6.3). A private message takes the next key of our ratchet.
    mutating func protect(
        _ content: AuthenticatedContent, _ framing: HandshakeFraming,
        using generator: inout some RandomNumberGenerator
    ) throws(MLSError) -> MLSMessage {
        switch framing {
        case .publicMessage:
            return MLSMessage(
                .publicMessage(
                    Protection.publicMessage(
                        content, context: state.contextBytes, membershipKey: secrets.membershipKey,
                        algorithms: algorithms)))
        case .privateMessage(let padding):
            var tree = secretTree
            let key = try tree.takeNext(content.content.body.type, of: ownLeaf)
            let message = try Protection.privateMessage(
                content, leaf: ownLeaf, key: key, reuseGuard: randomBytes(4, using: &generator),
                senderDataSecret: secrets.senderDataSecret, padding: padding, algorithms: algorithms)
            secretTree = tree
            return MLSMessage(.privateMessage(message))
        }
    }
}
