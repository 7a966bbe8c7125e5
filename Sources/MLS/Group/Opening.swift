extension Group {
    /// Verifies a message of this epoch; a private one is decrypted, which uses up its key. When it is refused, nothing has changed.
    public mutating func open(_ message: MLSMessage) throws(MLSError) -> VerifiedMessage {
        try require(status != .removed, .notMember)
        if let own = pending.commit, own.message == message { return .ownCommit }
        switch message.body {
        case .publicMessage(let message): return try open(message)
        case .privateMessage(let message): return try open(message)
        case .welcome, .groupInfo, .keyPackage:
            throw MLSError(.wrongWireFormat, "wire format \(message.wireFormat.rawValue) is not for a group")
        }
    }

    private func open(_ message: PublicMessage) throws(MLSError) -> VerifiedMessage {
        try state.checkPublic(message)
        if message.content.sender.leaf != nil {
            let valid = Protection.hasValidTag(
                message, context: state.contextBytes, membershipKey: secrets.membershipKey, algorithms: algorithms)
            try require(valid, .membershipTag)
        }
        try state.checkSignature(message.authenticatedContent)
        return try state.verified(message.authenticatedContent, by: .member)
    }

    private mutating func open(_ message: PrivateMessage) throws(MLSError) -> VerifiedMessage {
        try state.checkAddress(groupId: message.groupId, epoch: message.epoch)
        let opened = try Self.open(
            message, secretTree: secretTree, senderDataSecret: secrets.senderDataSecret, own: ownLeaf
        ) { state.tree.leaf($0) != nil }
        try state.checkSignature(opened.content)
        try opened.refuseOwn(ownLeaf)
        let verified = try state.verified(opened.content, by: .member, generation: opened.generation)
        secretTree.apply(opened.step)
        return verified
    }

    /// A private message that was decrypted, with the change of the secret tree that keeping it means.
    struct Opened {
        let content: AuthenticatedContent
        let generation: UInt32
        let step: SecretTree.Step

        /// Refuses what we have signed ourselves: our state is older than what we have sent from it.
        func refuseOwn(_ own: LeafIndex) throws(MLSError) {
            try require(content.content.sender != .member(own), .stateRolledBack, "generation \(generation)")
        }
    }

    static func open(
        _ message: PrivateMessage, secretTree: SecretTree, senderDataSecret: Secret, own: LeafIndex,
        isMember: (LeafIndex) -> Bool
    ) throws(MLSError) -> Opened {
        let algorithms = secretTree.algorithms
        let senderData = try Protection.openSenderData(
            message, senderDataSecret: senderDataSecret, algorithms: algorithms)
        try require(isMember(senderData.leaf), .senderNotMember, "leaf \(senderData.leaf.rawValue)")
        if senderData.leaf == own {
            // What our ratchet has not reached is opened with a copy of it: any member can claim to be us, and only our
            // signature shows that we were.
            let next = secretTree.ratchets[own]?[message.contentType].next ?? 0
            try require(senderData.generation >= next, .ownMessage, "generation \(senderData.generation)")
        }
        let step = try secretTree.taking(
            message.contentType, of: senderData.leaf, generation: senderData.generation)
        guard let key = step.key else { throw MLSError(.ratchetMissing) }
        let content = try Protection.open(message, senderData: senderData, key: key, algorithms: algorithms)
        return Opened(content: content, generation: senderData.generation, step: step)
    }

    /// Keeps a verified proposal until the epoch ends, so that a commit can name it.
    public mutating func cache(_ proposal: VerifiedProposal) throws(MLSError) {
        try require(proposal.verifier == .member, .verifiedElsewhere, "a proposal, by a follower")
        try state.cache(proposal)
    }
}
