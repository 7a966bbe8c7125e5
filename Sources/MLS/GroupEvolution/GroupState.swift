/// The public half of a group: what a follower has too, and what every commit is judged by.
package struct GroupState: Sendable {
    package let algorithms: Algorithms
    package private(set) var context: GroupContext
    /// The encoded context: part of every signature.
    package private(set) var contextBytes: [UInt8]
    package internal(set) var tree: RatchetTree
    package private(set) var interimTranscriptHash: [UInt8]
    package private(set) var confirmationTag: [UInt8]
    package internal(set) var proposals = ProposalCache()

    package init(
        context: GroupContext, tree: RatchetTree, confirmationTag: [UInt8], interimTranscriptHash: [UInt8]? = nil
    ) {
        algorithms = tree.algorithms
        self.context = context
        contextBytes = context.wireBytes
        self.tree = tree
        self.confirmationTag = confirmationTag
        self.interimTranscriptHash =
            interimTranscriptHash
            ?? Transcript.interim(
                tree.algorithms, confirmed: context.confirmedTranscriptHash, confirmationTag: confirmationTag)
    }

    /// Checks a group that is being joined or followed (RFC 9420 §12.4.3.1), in the order in which the checks get expensive.
    package init(
        _ info: GroupInfo, tree exported: ExportedRatchetTree, now: UInt64?, judge: some Judge
    ) throws(MLSError) {
        let context = info.groupContext
        try require(context.version == .mls10, .unsupportedVersion, "\(context.version.rawValue)")
        try require(context.cipherSuite.isSupported, .unsupportedCipherSuite, "\(context.cipherSuite.rawValue)")
        let algorithms = try context.cipherSuite.algorithms()
        var tree = try RatchetTree(exported, algorithms)
        guard let signer = tree.leaf(info.signer) else {
            throw MLSError(.groupInfoSigner, "leaf \(info.signer.rawValue)")
        }
        try require(info.hasValidSignature(algorithms, key: signer.signatureKey), .groupInfoSignature)
        try require(tree.treeHash() == context.treeHash, .treeHashMismatch)
        try tree.validateStructure()
        try Self.checkContent(context.extensions)
        try info.extensions.refuseDefaults(but: GroupInfo.extensionTypes, in: "a GroupInfo")
        try Self.judgeExternalSenders(of: context, judge: judge)
        let rules = try LeafRules(algorithms, context, now: now)
        for (index, leaf) in tree.members {
            let position = LeafNode.Position(groupId: context.groupId, index: index)
            try rules.validate(leaf, at: .tree(position))
            let judged = JudgedLeaf(leaf: leaf, index: index, origin: .existing, replaced: nil)
            try Self.ask(judge.judge(leaf: judged, in: context), .leafRefused)
        }
        try tree.validateCredentialTypes()
        try Self.judgeTree(tree, in: context, judge: judge)
        tree.touchAll()
        self.init(context: context, tree: tree, confirmationTag: info.confirmationTag)
    }

    static func judgeTree(_ tree: RatchetTree, in context: GroupContext, judge: some Judge) throws(MLSError) {
        try ask(judge.judge(tree: Roster(tree), in: context), .treeRefused)
    }

    static func ask(_ verdict: Verdict, _ check: Check) throws(MLSError) {
        if case .refuse(let reason) = verdict { throw MLSError(check, reason) }
    }

    /// Whether the extensions that we know hold what they must (RFC 9420 §11.1, §12.1.8.1).
    static func checkContent(_ extensions: Extensions) throws(MLSError) {
        do {
            _ = try extensions.decode(.requiredCapabilities, as: RequiredCapabilities.self)
            _ = try extensions.decode(.externalSenders, as: ExternalSenders.self)
        } catch {
            throw MLSError(.extensionMalformed, error.detail)
        }
        try extensions.refuseDefaults(but: [.requiredCapabilities, .externalSenders], in: "a group context")
    }

    /// Asks the application about those who may propose from outside (RFC 9420 §5.3.1), but for those who already might.
    static func judgeExternalSenders(
        of context: GroupContext, before: GroupContext? = nil, judge: some Judge
    ) throws(MLSError) {
        let senders = try context.extensions.decode(.externalSenders, as: ExternalSenders.self)?.list ?? []
        let known = try before?.extensions.decode(.externalSenders, as: ExternalSenders.self)?.list ?? []
        for sender in senders where !known.contains(sender) {
            try ask(judge.judge(externalSender: sender, in: context), .externalSenderRefused)
        }
    }

    func externalSender(_ index: UInt32) throws(MLSError) -> ExternalSender {
        let senders = try context.extensions.decode(.externalSenders, as: ExternalSenders.self)?.list ?? []
        try require(Int(index) < senders.count, .externalSenderUnknown, "\(index) of \(senders.count)")
        return senders[Int(index)]
    }
}

/// What the proposals of a commit make of a group, before its path is looked at.
struct Provisional: Sendable {
    let plan: ProposalPlan
    let committer: Committer
    /// The committer's place in the new tree.
    let sender: LeafIndex
    var tree: RatchetTree
    /// With the new epoch and extensions; tree hash and transcript hash are still to come.
    var context: GroupContext
    let added: [(index: LeafIndex, keyPackage: KeyPackage)]
    let removed: [(index: LeafIndex, leaf: LeafNode)]
    /// The leaf that the path's leaf replaces: the committer's own, or the one an external joiner removes.
    let replaced: LeafNode?

    var joining: Set<LeafIndex> { Set(added.map(\.index)) }
}

extension GroupState {
    /// Applies a list of proposals (RFC 9420 §12.3) to a copy, with every check of §12.2.
    func applying(
        _ proposals: [SourcedProposal], committer: Committer, purpose: CommitPurpose = .ordinary, now: UInt64?,
        judge: some Judge, known: KnownSignatures? = nil
    ) throws(MLSError) -> Provisional {
        let plan = try ProposalPlan(
            proposals, committer: committer, purpose: purpose, context: context, algorithms: algorithms)
        var next = context
        try require(context.epoch < .max, .epochExhausted)
        next.epoch += 1
        if let extensions = plan.extensions {
            try Self.checkContent(extensions)
            next.extensions = extensions
            try Self.judgeExternalSenders(of: next, before: context, judge: judge)
        }
        let rules = try LeafRules(algorithms, next, now: now, known: known)
        var tree = tree
        for (index, leaf) in plan.updates {
            try applyUpdate(leaf, of: index, to: &tree, rules: rules, context: next, judge: judge)
        }
        var removed: [(LeafIndex, LeafNode)] = []
        for index in plan.removes {
            guard let leaf = tree.leaf(index) else { throw MLSError(.removedNotMember, "leaf \(index.rawValue)") }
            removed.append((index, leaf))
            tree.remove(index)
        }
        tree.truncate()
        var added: [(LeafIndex, KeyPackage)] = []
        for keyPackage in plan.adds {
            try rules.validate(keyPackage)
            let index = try tree.add(keyPackage.leafNode)
            let judged = JudgedLeaf(leaf: keyPackage.leafNode, index: index, origin: .added, replaced: nil)
            try Self.ask(judge.judge(leaf: judged, in: next), .leafRefused)
            added.append((index, keyPackage))
        }
        if plan.extensions != nil {
            for (_, leaf) in tree.members { try rules.validateCapabilities(leaf) }
        }
        try require(tree.hasUniqueEncryptionKeys, .encryptionKeyNotUnique)
        try require(tree.hasUniqueSignatureKeys, .signatureKeyNotUnique)
        if !plan.adds.isEmpty || !plan.updates.isEmpty { try tree.validateCredentialTypes() }
        let sender: LeafIndex
        let replaced: LeafNode?
        switch committer {
        case .member(let leaf):
            sender = leaf
            replaced = tree.leaf(leaf)
            try require(replaced != nil, .senderNotMember, "leaf \(leaf.rawValue)")
        case .external:
            sender = try tree.takeFreeLeaf()
            replaced = removed.first?.1
        }
        return Provisional(
            plan: plan, committer: committer, sender: sender, tree: tree, context: next, added: added,
            removed: removed, replaced: replaced)
    }

    private func applyUpdate(
        _ leaf: LeafNode, of index: LeafIndex, to tree: inout RatchetTree, rules: LeafRules, context: GroupContext,
        judge: some Judge
    ) throws(MLSError) {
        guard let old = tree.leaf(index) else { throw MLSError(.senderNotMember, "leaf \(index.rawValue)") }
        try rules.validate(leaf, at: .update(.init(groupId: context.groupId, index: index)))
        try require(leaf.encryptionKey != old.encryptionKey, .encryptionKeyUnchanged, "an Update")
        try require(judge.maySucceed(old.credential, leaf.credential), .identityChanged, "an Update")
        let judged = JudgedLeaf(leaf: leaf, index: index, origin: .updated, replaced: old)
        try Self.ask(judge.judge(leaf: judged, in: context), .leafRefused)
        tree.update(index, leaf)
    }

    /// Asks the application about the whole commit.
    ///
    /// - Parameters:
    ///   - leaf: the committer's: the old one, or an external joiner's new one.
    ///   - pathLeaf: the one that its path brings.
    func judgeCommit(
        _ provisional: Provisional, leaf: LeafNode, pathLeaf: LeafNode?, authenticatedData: [UInt8], judge: some Judge
    ) throws(MLSError) {
        let after = Roster(provisional.tree, coming: pathLeaf.map { (provisional.sender, $0) })
        var touched = Set(provisional.plan.updates.map(\.leaf) + provisional.plan.removes)
        touched.formUnion(provisional.added.map(\.index))
        if pathLeaf != nil { touched.insert(provisional.sender) }
        let judged = JudgedCommit(
            context: context, extensions: provisional.context.extensions, before: Roster(tree), after: after,
            changes: touched.sorted().map { LeafChange(index: $0, old: tree.leaf($0), new: after[$0]) },
            committer: provisional.committer.sender, committerLeaf: leaf,
            proposals: provisional.plan.all.map {
                JudgedProposal(proposal: $0.proposal, sender: $0.sender, isByValue: $0.reference == nil)
            }, removed: provisional.removed, authenticatedData: authenticatedData)
        try Self.ask(judge.judge(commit: judged), .commitRefused)
    }

    /// The group after a commit, when tree and confirmation tag are known.
    func next(_ provisional: Provisional, confirmed: [UInt8], confirmationTag: [UInt8]) -> GroupState {
        var context = provisional.context
        context.confirmedTranscriptHash = confirmed
        return GroupState(context: context, tree: provisional.tree, confirmationTag: confirmationTag)
    }
}

extension Provisional {
    /// Validates the leaf of a path and what it replaces (RFC 9420 §12.4.2), then applies the path's public half.
    /// Returns what decryption needs: the steps and the tree before.
    mutating func apply(
        _ path: UpdatePath, now: UInt64?, judge: some Judge
    ) throws(MLSError) -> (steps: [PathStep], before: RatchetTree) {
        let rules = try LeafRules(tree.algorithms, context, now: now)
        let leaf = path.leafNode
        try rules.validate(leaf, at: .commit(.init(groupId: context.groupId, index: sender)))
        if let replaced {
            try require(leaf.encryptionKey != replaced.encryptionKey, .encryptionKeyUnchanged, "a path")
            try require(judge.maySucceed(replaced.credential, leaf.credential), .identityChanged, "a path")
        }
        let origin: JudgedLeaf.Origin = committer == .external ? .joinedExternally : .committed
        let judged = JudgedLeaf(leaf: leaf, index: sender, origin: origin, replaced: replaced)
        try GroupState.ask(judge.judge(leaf: judged, in: context), .leafRefused)
        let steps = try tree.validatePath(path, sender: sender, joining: joining)
        let before = tree
        try tree.apply(path, steps: steps, sender: sender)
        try require(tree.hasUniqueSignatureKeys, .signatureKeyNotUnique, "the committer's leaf")
        if replaced?.credential.type != leaf.credential.type || replaced?.capabilities != leaf.capabilities {
            try tree.validateCredentialTypes()
        }
        context.treeHash = tree.treeHash()
        return (steps, before)
    }
}
