extension Group {
    /// Encrypts data for the group (RFC 9420 §15). While proposals wait, a commit must come first (§12.4).
    public mutating func send(
        _ data: [UInt8], authenticatedData: [UInt8] = [], padding: Padding = .none,
        using generator: inout some RandomNumberGenerator
    ) throws(MLSError) -> MLSMessage {
        try requireActive()
        try require(state.proposals.isEmpty, .proposalsWaiting)
        try Self.checkSize(data, authenticatedData)
        let content = FramedContent(
            groupId: groupId, epoch: epoch, sender: .member(ownLeaf), authenticatedData: authenticatedData,
            body: .application(data))
        let signed = try AuthenticatedContent.signed(
            content, wireFormat: .privateMessage, context: state.contextBytes, algorithms: algorithms,
            key: signatureKey.privateKey)
        return try protect(signed, .privateMessage(padding), using: &generator)
    }

    /// Refuses what nobody would decode.
    static func checkSize(_ data: [UInt8], _ authenticatedData: [UInt8]) throws(MLSError) {
        let room = Limits.messageBytes - 65_536
        try require(
            data.count <= room && authenticatedData.count <= room - data.count, .limitExceeded,
            "\(data.count) bytes of data, \(authenticatedData.count) of authenticated data")
    }

    /// Proposes a change (RFC 9420 §12.1) and keeps the proposal for a later commit.
    ///
    /// - Parameter now: seconds since 1970, by which the lifetime of whom an Add adds is judged; nil to judge none.
    public mutating func propose(
        _ proposal: Proposal, authenticatedData: [UInt8] = [], framing: HandshakeFraming = .publicMessage,
        now: UInt64? = nil, using generator: inout some RandomNumberGenerator
    ) throws(MLSError) -> MLSMessage {
        try requireActive()
        switch proposal {
        case .externalInit: throw MLSError(.externalInitByReference)
        case .add(let keyPackage): try LeafRules(algorithms, context, now: now).validate(keyPackage)
        default: break
        }
        try Self.checkSize([], authenticatedData)
        let content = FramedContent(
            groupId: groupId, epoch: epoch, sender: .member(ownLeaf), authenticatedData: authenticatedData,
            body: .proposal(proposal))
        let format: WireFormat = framing == .publicMessage ? .publicMessage : .privateMessage
        let signed = try AuthenticatedContent.signed(
            content, wireFormat: format, context: state.contextBytes, algorithms: algorithms,
            key: signatureKey.privateKey)
        var changed = self
        if case .proposal(let verified) = try state.verified(signed, by: .member) { try changed.state.cache(verified) }
        let message = try changed.protect(signed, framing, using: &generator)
        self = changed
        return message
    }

    /// Proposes new keys for our own leaf (RFC 9420 §12.1.2), and another identity if one is given. Somebody else must commit it.
    public mutating func proposeUpdate(
        newIdentity: MemberIdentity? = nil, authenticatedData: [UInt8] = [],
        framing: HandshakeFraming = .publicMessage, using generator: inout some RandomNumberGenerator
    ) throws(MLSError) -> MLSMessage {
        try requireActive()
        guard let leaf = state.tree.leaf(ownLeaf) else { throw MLSError(.senderNotMember) }
        let pair = try algorithms.generateKeyPair(using: &generator)
        let key = newIdentity?.signatureKey ?? signatureKey
        let node = try LeafNode(
            encryptionKey: pair.publicKey, identity: newIdentity?.leafIdentity ?? leaf.identity, source: .update,
            position: .init(groupId: groupId, index: ownLeaf), algorithms: algorithms, key: key.privateKey)
        try LeafRules(algorithms, context, now: nil).validate(
            node, at: .update(.init(groupId: groupId, index: ownLeaf)))
        var changed = self
        changed.ownUpdates[pair.publicKey] = OwnUpdate(leafKey: pair, signatureKey: key)
        let message = try changed.propose(
            .update(node), authenticatedData: authenticatedData, framing: framing, using: &generator)
        self = changed
        return message
    }

    /// A PSK proposal for a key known from elsewhere, or of a past epoch of this group (RFC 9420 §12.1.4).
    public func preSharedKeyProposal(
        _ key: PreSharedKeyID.Key, using generator: inout some RandomNumberGenerator
    ) -> Proposal {
        .preSharedKey(PreSharedKeyID(key: key, nonce: randomBytes(algorithms.hashLength, using: &generator)))
    }
}

/// Proposals from outside (RFC 9420 §12.1.8), which need no group.
public enum ExternalProposal {
    /// By the signer at `index` of the group's external_senders.
    public static func make(
        _ proposal: Proposal, context: GroupContext, index: UInt32, key: SignatureKeyPair,
        authenticatedData: [UInt8] = []
    ) throws(MLSError) -> MLSMessage {
        try make(
            proposal, context: context, sender: .external(index: index), key: key,
            authenticatedData: authenticatedData)
    }

    /// By a client that wants to be added itself.
    public static func add(
        _ secrets: KeyPackageSecrets, context: GroupContext, authenticatedData: [UInt8] = []
    ) throws(MLSError) -> MLSMessage {
        try make(
            .add(secrets.keyPackage), context: context, sender: .newMemberProposal, key: secrets.signatureKey,
            authenticatedData: authenticatedData)
    }

    private static func make(
        _ proposal: Proposal, context: GroupContext, sender: Sender, key: SignatureKeyPair,
        authenticatedData: [UInt8]
    ) throws(MLSError) -> MLSMessage {
        try ProposalPlan.checkSender(sender, proposes: proposal)
        let content = FramedContent(
            groupId: context.groupId, epoch: context.epoch, sender: sender, authenticatedData: authenticatedData,
            body: .proposal(proposal))
        let signed = try AuthenticatedContent.signed(
            content, wireFormat: .publicMessage, context: context.wireBytes,
            algorithms: context.cipherSuite.algorithms(), key: key.privateKey)
        return MLSMessage(
            .publicMessage(PublicMessage(content: signed.content, auth: signed.auth, membershipTag: nil)))
    }
}
