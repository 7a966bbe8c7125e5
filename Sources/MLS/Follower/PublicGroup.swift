/// A group as somebody sees it who knows no secret (a delivery service): it follows the tree by public handshakes,
/// refuses what is invalid, and hands tree and GroupInfo to those who join.
///
/// It cannot see membership tags, confirmation tags and path ciphertexts: a commit that it accepts may still be
/// refused by members, who keep their state then and name the committer.
public struct PublicGroup: Sendable {
    package internal(set) var state: GroupState
    /// The latest description of this epoch by a member, if one was published.
    public internal(set) var groupInfo: GroupInfo?
    /// What was committed to follow this group, which takes no commit any more then (RFC 9420 §11.2, §12.4.2).
    public internal(set) var reInit: ReInit?
    /// The version of its row.
    var stored: UInt64 = 0
    /// Whether the rows are of this follower, and not of a former one.
    var isStored = false

    /// Begins to follow a group at some epoch.
    public init(
        _ info: GroupInfo, tree: ExportedRatchetTree? = nil, now: UInt64?, judge: some Judge
    ) throws(MLSError) {
        guard let exported = try info.extensions.decode(.ratchetTree, as: ExportedRatchetTree.self) ?? tree else {
            throw MLSError(.treeMissing)
        }
        state = try GroupState(info, tree: exported, now: now, judge: judge)
        groupInfo = info
    }

    /// Follows a group from where a member stands: for one that lost its way and comes back by an external commit
    /// (RFC 9420 §12.4.3.2), and shall believe nobody about what happened in between.
    public init(following group: Group) throws(MLSError) {
        try group.requireActive()
        self.init(state: group.state)
        state.tree.touchAll()
    }

    init(state: GroupState) { self.state = state }

    public var groupId: [UInt8] { state.context.groupId }
    public var epoch: UInt64 { state.context.epoch }
    public var context: GroupContext { state.context }
    public var members: [(index: LeafIndex, leaf: LeafNode)] { state.tree.members }
    public var memberCount: Int { state.tree.memberCount }
    public func member(_ index: LeafIndex) -> LeafNode? { state.tree.leaf(index) }
    /// The proposals that a commit of this epoch may name.
    public var pendingProposals: [(reference: ProposalRef, proposal: Proposal, sender: Sender)] {
        state.proposals.known
    }

    public var ratchetTree: ExportedRatchetTree { state.tree.exported }

    /// Verifies a public message of this epoch: everything but its membership tag.
    public func open(_ message: MLSMessage) throws(MLSError) -> VerifiedMessage {
        guard case .publicMessage(let message) = message.body else {
            throw MLSError(.wrongWireFormat, "a follower reads public messages only")
        }
        try state.checkPublic(message)
        try state.checkSignature(message.authenticatedContent)
        return try state.verified(message.authenticatedContent, by: .follower)
    }

    /// Keeps a verified proposal until the epoch ends.
    public mutating func cache(_ proposal: VerifiedProposal) throws(MLSError) {
        try state.cache(proposal)
    }

    /// A commit that a follower may apply.
    public struct Staged: Sendable {
        public let committer: Sender
        public let proposals: [JudgedProposal]
        public let added: [(index: LeafIndex, leaf: LeafNode)]
        public let removed: [(index: LeafIndex, leaf: LeafNode)]
        /// Where the trees before and after it differ, from the left; a leaf that only got other keys is among them.
        public let changes: [LeafChange]
        public let epoch: UInt64
        let reInit: ReInit?
        let base: EpochMark
        let next: GroupState
    }

    /// Checks a commit (RFC 9420 §12.4.2, without its secrets) and computes the state after it. Changes nothing.
    public func stage(
        _ commit: VerifiedCommit, now: UInt64?, judge: some Judge
    ) throws(MLSError) -> Staged {
        try require(reInit == nil, .groupReInitialised)
        let stage = try state.stagePublic(commit, now: now, judge: judge)
        return Staged(
            committer: commit.sender,
            proposals: stage.provisional.plan.all.map {
                JudgedProposal(proposal: $0.proposal, sender: $0.sender, isByValue: $0.reference == nil)
            }, added: stage.provisional.added.map { ($0.index, $0.keyPackage.leafNode) },
            removed: stage.provisional.removed, changes: changes(of: stage), epoch: stage.next.context.epoch,
            reInit: stage.provisional.plan.reInit, base: state.mark, next: stage.next)
    }

    private func changes(of stage: PublicStage) -> [LeafChange] {
        let plan = stage.provisional.plan
        var touched = Set(plan.updates.map(\.leaf) + plan.removes)
        touched.formUnion(stage.provisional.added.map(\.index))
        if stage.commit.path != nil { touched.insert(stage.provisional.sender) }
        return touched.sorted().map {
            LeafChange(index: $0, old: state.tree.leaf($0), new: stage.next.tree.leaf($0))
        }
    }

    public mutating func merge(_ staged: Staged) throws(MLSError) {
        try require(staged.base == state.mark, .staleStage)
        let dirty = state.tree.dirty
        state = staged.next
        state.tree.dirty.formUnion(dirty)
        groupInfo = nil
        reInit = staged.reInit
    }

    /// Takes a member's description of this epoch, for external joiners: its context must be ours, its signer a member.
    public mutating func publish(_ info: GroupInfo) throws(MLSError) {
        try check(info)
        groupInfo = info
    }

    /// Whether a member stands in the very epoch that was followed.
    public func agrees(with group: Group) -> Bool {
        group.context == context && group.state.confirmationTag == state.confirmationTag
    }

    /// Whether a GroupInfo describes this very epoch, by a member of it.
    func check(_ info: GroupInfo) throws(MLSError) {
        try require(info.groupContext.groupId == groupId, .wrongGroup)
        try require(info.groupContext.epoch >= epoch, .epochPast)
        try require(info.groupContext.epoch <= epoch, .epochFuture)
        try require(
            info.groupContext == state.context && info.confirmationTag == state.confirmationTag, .groupInfoMismatch)
        guard let signer = state.tree.leaf(info.signer) else { throw MLSError(.groupInfoSigner) }
        try require(
            info.hasValidSignature(state.algorithms, key: signer.signatureKey), .groupInfoSignature)
        try info.extensions.refuseDefaults(but: GroupInfo.extensionTypes, in: "a GroupInfo")
        // What joiners would refuse would keep them out until somebody publishes another one.
        if let tree = try info.extensions.decode(.ratchetTree, as: ExportedRatchetTree.self) {
            try require(tree == ratchetTree, .treeHashMismatch, "the tree that it carries")
        }
        if let external = try info.extensions.decode(.externalPub, as: ExternalPub.self) {
            try state.algorithms.checkPoint(external.key.bytes)
        }
    }
}
