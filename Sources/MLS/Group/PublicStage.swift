/// A commit whose public half was checked and applied to a copy: everything that a follower can know.
struct PublicStage: Sendable {
    var provisional: Provisional
    let steps: [PathStep]
    /// The tree that the path was encrypted to: with the proposals, without the path.
    let before: RatchetTree
    let commit: Commit
    /// What path secrets are encrypted under: the new context with the old transcript (RFC 9420 §12.4.1).
    let provisionalContext: [UInt8]
    let confirmedTranscriptHash: [UInt8]
    let confirmationTag: [UInt8]
    let next: GroupState
}

extension GroupState {
    /// The public half of processing a commit (RFC 9420 §12.4.2). Pure.
    func stagePublic(
        _ commit: VerifiedCommit, purpose: CommitPurpose = .ordinary, now: UInt64?, judge: some Judge
    ) throws(MLSError) -> PublicStage {
        try require(commit.verifiedIn == mark, .verifiedElsewhere, "a commit")
        guard case .commit(let body) = commit.content.content.body else { throw MLSError(.senderContent) }
        guard let tag = commit.content.auth.confirmationTag, tag.count == algorithms.hashLength else {
            throw MLSError(.confirmationTagMissing)
        }
        let committer: Committer
        switch commit.sender {
        case .member(let leaf): committer = .member(leaf)
        case .newMemberCommit: committer = .external
        default: throw MLSError(.senderContent)
        }
        let resolved = try proposals.resolve(body.proposals, committer: committer)
        var provisional = try applying(
            resolved, committer: committer, purpose: purpose, now: now, judge: judge)
        if provisional.plan.needsPath { try require(body.path != nil, .pathMissing) }
        guard let leaf = committer == .external ? body.path?.leafNode : tree.leaf(provisional.sender) else {
            throw MLSError(.externalCommitPath)
        }
        try judgeCommit(
            provisional, leaf: leaf, pathLeaf: body.path?.leafNode, authenticatedData: commit.authenticatedData,
            judge: judge)
        var steps: [PathStep] = []
        var before = provisional.tree
        if let path = body.path {
            (steps, before) = try provisional.apply(path, now: now, judge: judge)
        } else {
            provisional.context.treeHash = provisional.tree.treeHash()
        }
        let provisionalContext = provisional.context.wireBytes
        let confirmed = Transcript.confirmed(
            algorithms, interimBefore: interimTranscriptHash, commit: commit.content)
        return PublicStage(
            provisional: provisional, steps: steps, before: before, commit: body,
            provisionalContext: provisionalContext, confirmedTranscriptHash: confirmed, confirmationTag: tag,
            next: next(provisional, confirmed: confirmed, confirmationTag: tag))
    }
}
