/// A group as one of its members sees it (RFC 9420 §3): a value with verbs.
///
/// What arrives is decoded by `MLSMessage`, verified by `open`, and a commit is staged by `stage`, which changes nothing,
/// before `merge` applies it. A refusal leaves the group as it was. Randomness and time are arguments.
public struct Group: Sendable {
    /// Whether the group can still be used.
    public enum Status: Sendable, Hashable {
        case active
        /// Somebody else's commit removed us: nothing can be sent or opened any more.
        case removed
        /// A ReInit was committed: the group that follows has these parameters (RFC 9420 §11.2).
        case reInit(ReInit)
    }

    package internal(set) var state: GroupState
    package internal(set) var secrets: EpochSecrets
    package internal(set) var secretTree: SecretTree
    package internal(set) var keys: TreePrivateKeys
    var signatureKey: SignatureKeyPair
    /// Keys of our own Update proposals of this epoch, by the public encryption key that they propose.
    var ownUpdates: [HPKEPublicKey: OwnUpdate] = [:]
    var pending: Pending = .none
    /// Resumption secrets of this and past epochs (RFC 9420 §8.6).
    var resumption: [UInt64: Secret] = [:]
    /// Of how many epochs they are kept, this one included.
    public internal(set) var resumptionEpochs = Limits.resumptionEpochs
    public internal(set) var status: Status = .active
    /// What storage has of it.
    var stored = StoredState()

    init(
        state: GroupState, schedule: KeySchedule, keys: TreePrivateKeys, signatureKey: SignatureKeyPair,
        preparing: Bool = true
    ) throws(MLSError) {
        self.state = state
        secrets = schedule.secrets
        self.keys = keys
        self.signatureKey = signatureKey
        var tree = SecretTree(
            state.algorithms, shape: state.tree.shape, encryptionSecret: schedule.encryptionSecret)
        if preparing { try tree.prepare(keys.leaf) }
        secretTree = tree
        resumption[state.context.epoch] = schedule.secrets.resumptionPSK
    }

    /// For storage: a group whose parts were taken from rows.
    init(
        state: GroupState, secrets: EpochSecrets, secretTree: SecretTree, keys: TreePrivateKeys,
        signatureKey: SignatureKeyPair
    ) {
        self.state = state
        self.secrets = secrets
        self.secretTree = secretTree
        self.keys = keys
        self.signatureKey = signatureKey
    }
}

struct OwnUpdate: Sendable {
    let leafKey: HPKEKeyPair
    let signatureKey: SignatureKeyPair
}

// MARK: What a group says of itself

extension Group {
    var algorithms: Algorithms { state.algorithms }

    public var groupId: [UInt8] { state.context.groupId }
    public var epoch: UInt64 { state.context.epoch }
    public var cipherSuite: CipherSuite { state.context.cipherSuite }
    public var context: GroupContext { state.context }
    public var ownLeaf: LeafIndex { keys.leaf }

    /// All members, from the left.
    public var members: [(index: LeafIndex, leaf: LeafNode)] { state.tree.members }
    public func member(_ index: LeafIndex) -> LeafNode? { state.tree.leaf(index) }
    public var memberCount: Int { state.tree.memberCount }

    /// The tree, for those who join (RFC 9420 §12.4.3.3).
    public var ratchetTree: ExportedRatchetTree { state.tree.exported }

    /// Whether this epoch is the one that a commit has begun, by its confirmation tag (RFC 9420 §8.1): for who has joined by a Welcome, which
    /// may have been made for another.
    public func began(with message: MLSMessage) -> Bool {
        guard case .publicMessage(let commit) = message.body, let tag = commit.auth.confirmationTag else {
            return false
        }
        return tag == state.confirmationTag
    }

    /// A value that only members of this epoch know, and all share (RFC 9420 §8.7).
    public var epochAuthenticator: Secret { secrets.epochAuthenticator }

    /// The proposals that a commit of this epoch may name.
    public var pendingProposals: [(reference: ProposalRef, proposal: Proposal, sender: Sender)] {
        state.proposals.known
    }

    /// A secret for another use, bound to this epoch (RFC 9420 §8.5).
    public func exportSecret(label: String, context: [UInt8], length: Int) throws(MLSError) -> Secret {
        try require(status != .removed, .notMember)
        try require((1...255 * algorithms.hashLength).contains(length), .limitExceeded, "\(length) bytes")
        return secrets.export(algorithms, label: label, context: context, length: length)
    }

    /// The resumption secret of an epoch that is still kept (RFC 9420 §8.6); that of this epoch always is.
    public func resumptionSecret(epoch: UInt64) -> Secret? {
        if epoch == self.epoch, status != .removed { return secrets.resumptionPSK }
        return resumption[epoch]
    }

    /// Keeps resumption secrets of so many epochs from now on, this one included (at most `Limits.resumptionEpochs`), and drops the
    /// others. With 0 nothing of a past epoch is kept: for who uses no resumption PSKs (RFC 9420 §8.6).
    public mutating func keepResumptionSecrets(ofEpochs count: Int) {
        resumptionEpochs = min(max(0, count), Limits.resumptionEpochs)
        let kept = resumption.filter { $0.key.saturatingAdd(UInt64(resumptionEpochs)) > epoch }
        if kept.count < resumption.count { stored.hasSurplusResumption = true }
        resumption = kept
    }

    /// Who may propose from outside (RFC 9420 §12.1.8.1).
    public var externalSenders: [ExternalSender] {
        (try? state.context.extensions.decode(.externalSenders, as: ExternalSenders.self))??.list ?? []
    }

    func requireActive() throws(MLSError) {
        switch status {
        case .active: return
        case .removed: throw MLSError(.notMember)
        case .reInit: throw MLSError(.groupReInitialised)
        }
    }

    /// A signed description of this epoch (RFC 9420 §12.4.3), for external joins when `withExternalPub`.
    public func groupInfo(
        withTree: Bool = true, withExternalPub: Bool = true, extensions: [Extension] = []
    ) throws(MLSError) -> GroupInfo {
        try requireActive()
        return try Self.makeGroupInfo(
            state, secrets: secrets, signer: ownLeaf, key: signatureKey, withTree: withTree,
            withExternalPub: withExternalPub, extensions: extensions)
    }

    static func makeGroupInfo(
        _ state: GroupState, secrets: EpochSecrets, signer: LeafIndex, key: SignatureKeyPair, withTree: Bool,
        withExternalPub: Bool, extensions: [Extension]
    ) throws(MLSError) -> GroupInfo {
        var all = try Extensions(extensions)
        try all.refuseDefaults(but: GroupInfo.extensionTypes, in: "a GroupInfo")
        if withTree { all.set(.ratchetTree, state.tree.exported.wireBytes) }
        if withExternalPub {
            let pair = try secrets.externalKeyPair(state.algorithms)
            all.set(.externalPub, ExternalPub(key: pair.publicKey).wireBytes)
        }
        return try GroupInfo(
            groupContext: state.context, extensions: all, confirmationTag: state.confirmationTag, signer: signer,
            key: key.privateKey)
    }
}
