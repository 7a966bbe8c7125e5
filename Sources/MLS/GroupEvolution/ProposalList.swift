/// A proposal with its sender, as a commit covers it.
package struct SourcedProposal: Sendable {
    package let proposal: Proposal
    package let sender: Sender
    /// Nil for one that stands in the commit itself.
    package let reference: ProposalRef?
}

/// Who commits.
package enum Committer: Sendable, Equatable {
    case member(LeafIndex)
    case external

    var sender: Sender {
        switch self {
        case .member(let leaf): .member(leaf)
        case .external: .newMemberCommit
        }
    }
}

/// In which circumstances a commit is made, for the PSK usages that are tied to them (RFC 9420 §12.1.4).
package enum CommitPurpose: Sendable {
    case ordinary
    case reInit
    case branch
}

/// A list of proposals whose combination is allowed (RFC 9420 §12.2). Whether each fits the tree is seen when
/// they are applied.
struct ProposalPlan: Sendable {
    let all: [SourcedProposal]
    private(set) var extensions: Extensions?
    private(set) var updates: [(leaf: LeafIndex, node: LeafNode)] = []
    private(set) var removes: [LeafIndex] = []
    private(set) var adds: [KeyPackage] = []
    private(set) var psks: [PreSharedKeyID] = []
    private(set) var reInit: ReInit?
    private(set) var externalInit: [UInt8]?

    init(
        _ proposals: [SourcedProposal], committer: Committer, purpose: CommitPurpose, context: GroupContext,
        algorithms: Algorithms
    ) throws(MLSError) {
        try require(proposals.count <= Limits.proposals, .limitExceeded, "\(proposals.count) proposals")
        all = proposals
        for item in proposals {
            try checkSender(of: item)
            try take(item)
        }
        try checkPSKs(purpose, algorithms)
        try checkInitKeys()
        switch committer {
        case .member(let leaf): try checkMember(leaf, context)
        case .external: try checkExternal()
        }
    }

    private mutating func take(_ item: SourcedProposal) throws(MLSError) {
        switch item.proposal {
        case .add(let keyPackage): adds.append(keyPackage)
        case .update(let node):
            guard case .member(let leaf) = item.sender else { throw MLSError(.proposalSender, "an Update") }
            updates.append((leaf, node))
        case .remove(let leaf): removes.append(leaf)
        case .preSharedKey(let id): psks.append(id)
        case .reInit(let value):
            try require(reInit == nil, .reInitNotAlone, "two ReInit proposals")
            reInit = value
        case .externalInit(let output):
            try require(externalInit == nil, .externalInitCount, "two ExternalInit proposals")
            externalInit = output
        case .groupContextExtensions(let value):
            try require(extensions == nil, .multipleGroupContextExtensions)
            extensions = value
        }
    }

    /// RFC 9420 §12.1.8, §17.4: what those who are not members may propose.
    private func checkSender(of item: SourcedProposal) throws(MLSError) {
        try Self.checkSender(item.sender, proposes: item.proposal)
        if case .externalInit = item.proposal {
            try require(item.reference == nil, .externalInitByReference)
        }
    }

    static func checkSender(_ sender: Sender, proposes proposal: Proposal) throws(MLSError) {
        switch (sender, proposal.type) {
        case (.member, _), (.newMemberProposal, .add), (.newMemberCommit, _): return
        case (.external, .add), (.external, .remove), (.external, .preSharedKey), (.external, .reInit),
            (.external, .groupContextExtensions):
            return
        default: throw MLSError(.proposalSender, "type \(proposal.type.rawValue)")
        }
    }

    /// RFC 9420 §12.1.4, §12.2.
    private func checkPSKs(_ purpose: CommitPurpose, _ algorithms: Algorithms) throws(MLSError) {
        try require(psks.count <= Limits.preSharedKeys, .limitExceeded, "\(psks.count) PSKs")
        try require(Set(psks).count == psks.count, .duplicatePSK)
        var special = 0
        for psk in psks {
            try require(psk.nonce.count == algorithms.hashLength, .pskNonceLength, "\(psk.nonce.count) bytes")
            guard case .resumption(let usage, _, _) = psk.key else { continue }
            switch (usage, purpose) {
            case (.application, _): break
            case (.reinit, .reInit), (.branch, .branch): special += 1
            default: throw MLSError(.pskUsage, "\(usage)")
            }
        }
        try require(special <= 1, .pskUsage, "more than one for a re-initialisation or branch")
    }

    private func checkInitKeys() throws(MLSError) {
        try require(Set(adds.map(\.initKey)).count == adds.count, .initKeyNotUnique)
        // One client's init key as another's encryption key would let one decrypt what is for the other.
        try require(
            Set(adds.map(\.initKey)).isDisjoint(with: adds.map(\.leafNode.encryptionKey)), .initKeyIsEncryptionKey)
        try require(Set(adds.map(\.leafNode.signatureKey)).count == adds.count, .clientAddedTwice)
    }

    /// RFC 9420 §12.2, for a commit by a member.
    private func checkMember(_ committer: LeafIndex, _ context: GroupContext) throws(MLSError) {
        try require(externalInit == nil, .externalInitFromMember)
        try require(!updates.contains { $0.leaf == committer }, .committerUpdatesItself)
        try require(!removes.contains(committer), .committerRemovesItself)
        let touched = updates.map(\.leaf) + removes
        try require(Set(touched).count == touched.count, .leafChangedTwice)
        if let reInit {
            try require(all.count == 1, .reInitNotAlone)
            try require(reInit.version.rawValue >= context.version.rawValue, .reInitVersion)
        }
    }

    /// RFC 9420 §12.2, §12.4.3.2, for an external commit.
    private func checkExternal() throws(MLSError) {
        try require(all.allSatisfy { $0.reference == nil }, .externalCommitReference)
        try require(externalInit != nil, .externalInitCount, "none")
        try require(removes.count <= 1, .externalCommitRemoves)
        try require(
            adds.isEmpty && updates.isEmpty && reInit == nil && extensions == nil, .externalCommitProposal)
    }

    /// RFC 9420 §12.4.
    var needsPath: Bool { all.isEmpty || all.contains { $0.proposal.needsPath } }
}
