/// A message for the application, opened and verified.
public struct ApplicationMessage: Sendable, Hashable {
    public let sender: LeafIndex
    /// The sender's leaf in this epoch: whose credential it is that has signed.
    public let leaf: LeafNode
    public let epoch: UInt64
    public let generation: UInt32
    public let data: [UInt8]
    public let authenticatedData: [UInt8]
}

/// A proposal whose signature, sender and epoch are right. Whether it may be committed is seen when it is.
public struct VerifiedProposal: Sendable, Hashable {
    public let proposal: Proposal
    public let sender: Sender
    public let epoch: UInt64
    public let authenticatedData: [UInt8]
    /// By which a commit names it.
    public let reference: ProposalRef
    let verifiedIn: EpochMark
    let verifier: Verifier
}

/// A commit whose signature, sender and epoch are right: what `stage` takes.
public struct VerifiedCommit: Sendable, Hashable {
    package let content: AuthenticatedContent
    let verifiedIn: EpochMark
    let verifier: Verifier

    public var sender: Sender { content.content.sender }
    public var epoch: UInt64 { content.content.epoch }
    public var authenticatedData: [UInt8] { content.content.authenticatedData }
}

/// What a group made of a message.
public enum VerifiedMessage: Sendable, Hashable {
    case application(ApplicationMessage)
    case proposal(VerifiedProposal)
    case commit(VerifiedCommit)
    /// The group's own pending commit came back: `mergePending` applies it.
    case ownCommit
}

/// Who has verified a message. A follower cannot see membership tags: what it has verified is no member's to apply.
enum Verifier: Sendable, Hashable {
    case member
    case follower
}

/// Names one state of one group: two groups with equal marks have the same transcript.
struct EpochMark: Sendable, Hashable {
    let groupId: [UInt8]
    let epoch: UInt64
    let confirmationTag: [UInt8]
}

extension GroupState {
    var mark: EpochMark {
        EpochMark(groupId: context.groupId, epoch: context.epoch, confirmationTag: confirmationTag)
    }

    /// Refuses what is for another group or epoch (RFC 9420 §6, §12.4.2).
    func checkAddress(groupId: [UInt8], epoch: UInt64) throws(MLSError) {
        try require(groupId == context.groupId, .wrongGroup)
        try Self.checkEpoch(epoch, current: context.epoch)
    }

    /// Refuses what is of an epoch whose keys are gone, or that has not begun.
    static func checkEpoch(_ epoch: UInt64, current: UInt64) throws(MLSError) {
        try require(
            epoch.saturatingAdd(Limits.pastEpochs) >= current, .epochPast, "epoch \(epoch), the group is at \(current)")
        try require(epoch <= current, .epochFuture, "epoch \(epoch), the group is at \(current)")
    }

    /// The key with which a sender must have signed (RFC 9420 §6.1), when it may send such content at all.
    func signatureKey(for content: FramedContent, in wireFormat: WireFormat) throws(MLSError) -> SignaturePublicKey {
        switch (content.sender, content.body) {
        case (.member(let index), let body):
            if case .application = body {
                try require(wireFormat == .privateMessage, .applicationInPublic)
            }
            guard let leaf = tree.leaf(index) else { throw MLSError(.senderNotMember, "leaf \(index.rawValue)") }
            return leaf.signatureKey
        case (.external(let index), .proposal(let proposal)):
            try ProposalPlan.checkSender(content.sender, proposes: proposal)
            return try externalSender(index).signatureKey
        case (.newMemberProposal, .proposal(let proposal)):
            try ProposalPlan.checkSender(content.sender, proposes: proposal)
            guard case .add(let keyPackage) = proposal else { throw MLSError(.proposalSender) }
            return keyPackage.leafNode.signatureKey
        case (.newMemberCommit, .commit(let commit)):
            guard let path = commit.path else { throw MLSError(.externalCommitPath) }
            return path.leafNode.signatureKey
        default:
            throw MLSError(.senderContent, "\(content.body.type) from this type of sender")
        }
    }

    /// Checks the signature of content that was unprotected.
    func checkSignature(_ content: AuthenticatedContent) throws(MLSError) {
        let key = try signatureKey(for: content.content, in: content.wireFormat)
        try require(content.hasValidSignature(algorithms, context: contextBytes, key: key), .messageSignature)
        if case .proposal(.externalInit) = content.content.body { throw MLSError(.externalInitByReference) }
    }

    /// Everything about a PublicMessage that can be checked without secrets.
    func checkPublic(_ message: PublicMessage) throws(MLSError) {
        try checkAddress(groupId: message.content.groupId, epoch: message.content.epoch)
        _ = try signatureKey(for: message.content, in: .publicMessage)
    }

    /// Wraps verified content for the application.
    func verified(
        _ content: AuthenticatedContent, by verifier: Verifier, generation: UInt32 = 0
    ) throws(MLSError) -> VerifiedMessage {
        switch content.content.body {
        case .application(let data):
            guard case .member(let index) = content.content.sender else { throw MLSError(.senderContent) }
            guard let leaf = tree.leaf(index) else { throw MLSError(.senderNotMember, "leaf \(index.rawValue)") }
            return .application(
                ApplicationMessage(
                    sender: index, leaf: leaf, epoch: content.content.epoch, generation: generation, data: data,
                    authenticatedData: content.content.authenticatedData))
        case .proposal(let proposal):
            return .proposal(
                VerifiedProposal(
                    proposal: proposal, sender: content.content.sender, epoch: content.content.epoch,
                    authenticatedData: content.content.authenticatedData,
                    reference: content.proposalReference(algorithms), verifiedIn: mark, verifier: verifier))
        case .commit:
            return .commit(VerifiedCommit(content: content, verifiedIn: mark, verifier: verifier))
        }
    }

    mutating func cache(_ proposal: VerifiedProposal) throws(MLSError) {
        try require(proposal.verifiedIn == mark, .verifiedElsewhere, "a proposal")
        try proposals.insert(
            SourcedProposal(proposal: proposal.proposal, sender: proposal.sender, reference: proposal.reference),
            proposal.reference)
    }
}
