import TestSupport
import Testing
import WireCodec

@testable import MLS

/// Messages that no honest client makes, signed and tagged as far as their maker could.
extension Group {
    /// A commit of this member with whatever content; the confirmation tag is of the right length and wrong.
    func forge(
        _ commit: Commit, sender: Sender? = nil, key: Secret? = nil, edit: (inout PublicMessage) -> Void = { _ in }
    ) throws -> MLSMessage {
        try forge(.commit(commit), sender: sender, key: key, edit: edit)
    }

    func forge(
        _ body: FramedContent.Body, sender: Sender? = nil, key: Secret? = nil,
        signedAs format: WireFormat = .publicMessage, edit: (inout PublicMessage) -> Void = { _ in }
    ) throws -> MLSMessage {
        let content = FramedContent(
            groupId: groupId, epoch: epoch, sender: sender ?? .member(ownLeaf), authenticatedData: [], body: body)
        var signed = try AuthenticatedContent.signed(
            content, wireFormat: format, context: state.contextBytes, algorithms: algorithms,
            key: key ?? signatureKey.privateKey)
        signed.wireFormat = .publicMessage
        if case .commit = body {
            signed.auth.confirmationTag = [UInt8](repeating: 7, count: algorithms.hashLength)
        }
        var message = Protection.publicMessage(
            signed, context: state.contextBytes, membershipKey: secrets.membershipKey, algorithms: algorithms)
        edit(&message)
        return MLSMessage(.publicMessage(message))
    }

    /// A private message of this member with whatever content, at whatever generation.
    func forgePrivate(
        _ body: FramedContent.Body, generation: UInt32 = 0, leaf: LeafIndex? = nil, type: ContentType? = nil,
        key: Secret? = nil, signedAs format: WireFormat = .privateMessage,
        edit: (inout PrivateMessage, inout [UInt8]) -> Void = { _, _ in }
    ) throws -> MLSMessage {
        let content = FramedContent(
            groupId: groupId, epoch: epoch, sender: .member(leaf ?? ownLeaf), authenticatedData: [], body: body)
        let signed = try AuthenticatedContent.signed(
            content, wireFormat: format, context: state.contextBytes, algorithms: algorithms,
            key: key ?? signatureKey.privateKey)
        var writer = WireWriter()
        body.encode(into: &writer)
        signed.auth.encode(for: body.type, into: &writer)
        var plaintext = writer.bytes
        var message = PrivateMessage(
            groupId: groupId, epoch: epoch, contentType: type ?? body.type, authenticatedData: [],
            encryptedSenderData: [], ciphertext: [])
        edit(&message, &plaintext)
        // The key of the generation, as every member could compute it at the epoch's start.
        let messageKey = try messageKey(leaf ?? ownLeaf, body.type, generation)
        message.ciphertext = try algorithms.seal(
            plaintext, key: messageKey.key, nonce: guarded(messageKey.nonce, [1, 2, 3, 4]), aad: message.contentAAD)
        let senderData = SenderData(leaf: leaf ?? ownLeaf, generation: generation, reuseGuard: [1, 2, 3, 4])
        let outer = algorithms.senderDataKey(secrets.senderDataSecret, ciphertext: message.ciphertext)
        message.encryptedSenderData = try algorithms.seal(
            senderData.wireBytes, key: outer.key, nonce: outer.nonce, aad: message.senderDataAAD)
        return MLSMessage(.privateMessage(message))
    }

    private func messageKey(_ leaf: LeafIndex, _ type: ContentType, _ generation: UInt32) throws -> MessageKey {
        let reachable = min(generation, Limits.generationSkip)
        guard let key = try secretTree.taking(type, of: leaf, generation: reachable).key else {
            throw TestFailure("no key")
        }
        return key
    }

    /// The content of an honest commit of this member, which is not sent.
    func honestCommit(
        _ options: CommitOptions = CommitOptions(), psks: PreSharedKeys = PreSharedKeys(),
        _ generator: inout SeededGenerator
    ) throws -> Commit {
        var copy = self
        let pending = try copy.commit(options, psks: psks, now: testTime, judge: Lenient(), using: &generator)
        guard case .commit(let commit) = pending.content.content.body else { throw TestFailure("no commit") }
        return commit
    }

    /// The path of an honest empty commit.
    func honestPath(_ generator: inout SeededGenerator) throws -> UpdatePath {
        guard let path = try honestCommit(.withoutReferences, &generator).path else { throw TestFailure("no path") }
        return path
    }

    /// Signs a leaf for this member's place again.
    func resign(_ leaf: inout LeafNode, at index: LeafIndex? = nil, key: Secret? = nil) throws {
        try leaf.sign(
            algorithms, at: .init(groupId: groupId, index: index ?? ownLeaf), key: key ?? signatureKey.privateKey)
    }
}

extension CommitOptions {
    /// A commit that names none of the proposals that wait.
    static var withoutReferences: CommitOptions {
        var options = CommitOptions()
        options.references = []
        return options
    }
}

extension TestGroup {
    /// A key package of a new client, changed by `edit` and signed again.
    mutating func keyPackage(
        resignLeaf: Bool = true, resign: Bool = true, lifetime: Lifetime = testLifetime,
        edit: (inout KeyPackage) throws -> Void = { _ in }
    ) throws -> KeyPackage {
        let client = try Client("new \(generator.next())", suite: suite, using: &generator)
        var package = try client.keyPackage(lifetime: lifetime, using: &generator).keyPackage
        try edit(&package)
        let key = client.identity.signatureKey.privateKey
        if resignLeaf { try package.leafNode.sign(suite.algorithms(), at: nil, key: key) }
        if resign { try package.sign(key) }
        return package
    }

    /// A commit of member 0 with these proposals by value and an honest path: for faults that are seen in the list.
    mutating func forge(_ proposals: [Proposal], by committer: Int = 0, withPath: Bool = true) throws -> MLSMessage {
        let path = withPath ? try groups[committer].honestPath(&generator) : nil
        return try groups[committer].forge(Commit(proposals: proposals.map(ProposalOrRef.proposal), path: path))
    }

    /// A commit of member 0 with this list and path.
    func forge(_ list: [ProposalOrRef], path: UpdatePath?) throws -> MLSMessage {
        try groups[0].forge(Commit(proposals: list, path: path))
    }

    /// A member refuses `message` by `check`, and so does the follower (or by another check, or not at all); nobody has changed.
    mutating func expectRefusal(
        of message: MLSMessage, _ check: Check, follower followerCheck: FollowerVerdict = .same, member: Int = 1,
        judge: some Judge = AcceptAll(), _ location: SourceLocation = #_sourceLocation
    ) {
        let before = groups[member]
        MLSTests.expectRefusal(check, location) { try groups[member].process(message, judge: judge) }
        #expect(groups[member].context == before.context, sourceLocation: location)
        #expect(groups[member].state.proposals.all.count == before.state.proposals.all.count, sourceLocation: location)
        #expect(groups[member].epochAuthenticator == before.epochAuthenticator, sourceLocation: location)
        let context = follower.context
        switch followerCheck {
        case .same: MLSTests.expectRefusal(check, location) { try follower.process(message, judge: judge) }
        case .other(let other): MLSTests.expectRefusal(other, location) { try follower.process(message, judge: judge) }
        case .accepts:
            var copy = follower
            do { try copy.process(message, judge: judge) } catch {
                Issue.record("the follower refuses: \(error)", sourceLocation: location)
            }
        }
        #expect(follower.context == context, sourceLocation: location)
    }
}

/// What the follower says to something that a member refuses.
enum FollowerVerdict {
    case same
    case other(Check)
    /// It cannot see the fault.
    case accepts
}
