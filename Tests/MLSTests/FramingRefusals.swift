import TestSupport
import Testing
import WireCodec

@testable import MLS

/// Refusals: framing (RFC 9420 §6, §9).
@Suite struct FramingRefusals {
    @Test
    func `another group, an earlier and a later epoch (ValSem002, 003)`() throws {
        var team = try TestGroup(3)
        let old = try team.groups[2].commit(now: testTime, judge: AcceptAll(), using: &team.generator).message
        team.groups[2].discardPending()
        let path = try team.groups[0].honestPath(&team.generator)
        let other = try team.groups[0].forge(Commit(proposals: [], path: path)) { $0.content.groupId = [9] }
        team.expectRefusal(of: other, .wrongGroup)
        let future = try team.groups[0].forge(Commit(proposals: [], path: path)) { $0.content.epoch += 1 }
        team.expectRefusal(of: future, .epochFuture)
        let sent = try team.groups[2].send([1], using: &team.generator)
        try team.commit()
        team.expectRefusal(of: old, .epochPast)
        team.expectRefusal(of: sent, .epochPast, follower: .other(.wrongWireFormat))
    }

    @Test
    func `a sender whose leaf is blank, removed or outside the tree (ValSem004)`() throws {
        var team = try TestGroup(4)
        let removed = team.groups[2]
        try team.commit(CommitOptions([.remove(LeafIndex(2))]))
        for leaf in [LeafIndex(2), LeafIndex(100), LeafIndex(rawValue: .max)] {
            let message = try team.groups[0].forge(
                .proposal(.remove(LeafIndex(3))), sender: .member(leaf), key: removed.signatureKey.privateKey)
            team.expectRefusal(of: message, .senderNotMember)
        }
        let message = try team.groups[0].forgePrivate(.application([1]), leaf: LeafIndex(2))
        expectRefusal(.senderNotMember) { _ = try team.groups[1].open(message) }
    }

    @Test
    func `application data in the clear (ValSem005)`() throws {
        var team = try TestGroup(3)
        team.expectRefusal(of: try team.groups[0].forge(.application([1])), .applicationInPublic)
    }

    @Test
    func `a ciphertext that does not open, and sender data that does not (ValSem006)`() throws {
        var team = try TestGroup(3)
        guard case .privateMessage(let good) = try team.groups[0].send([1], using: &team.generator).body else { return }
        var bad = good
        bad.ciphertext[bad.ciphertext.count - 1] ^= 1
        expectRefusal(.decryptionFailed) { _ = try team.groups[1].open(MLSMessage(.privateMessage(bad))) }
        bad = good
        bad.ciphertext[0] ^= 1
        expectRefusal(.senderDataInvalid) { _ = try team.groups[1].open(MLSMessage(.privateMessage(bad))) }
        bad = good
        bad.encryptedSenderData[0] ^= 1
        expectRefusal(.senderDataInvalid) { _ = try team.groups[1].open(MLSMessage(.privateMessage(bad))) }
        for length in [0, 1, 15] {
            bad = good
            bad.ciphertext = Array(good.ciphertext.prefix(length))
            expectRefusal(.senderDataInvalid) { _ = try team.groups[1].open(MLSMessage(.privateMessage(bad))) }
        }
        bad = good
        bad.authenticatedData = [1]
        expectRefusal(.decryptionFailed) { _ = try team.groups[1].open(MLSMessage(.privateMessage(bad))) }
        bad = good
        bad.contentType = .proposal
        expectRefusal(.senderDataInvalid) { _ = try team.groups[1].open(MLSMessage(.privateMessage(bad))) }
        // All that changed nothing: the message itself still opens.
        #expect(try team.groups[1].read(MLSMessage(.privateMessage(good))).data == [1])
    }

    @Test
    func `a membership tag that is missing, cut, empty or wrong; the follower cannot see it (ValSem007, 008)`() throws {
        var team = try TestGroup(3)
        let edits: [(inout PublicMessage) -> Void] = [
            { $0.membershipTag = nil }, { $0.membershipTag = [] }, { $0.membershipTag?.removeLast() },
            { $0.membershipTag?[0] ^= 1 }, { $0.membershipTag = [UInt8](repeating: 0, count: 32) },
        ]
        for edit in edits {
            let message = try team.groups[0].forge(.proposal(.remove(LeafIndex(2))), edit: edit)
            team.expectRefusal(of: message, .membershipTag, follower: .accepts)
        }
    }

    @Test
    func `a confirmation tag that is empty, cut or wrong (ValSem009, 205)`() throws {
        var team = try TestGroup(3)
        let commit = Commit(proposals: [], path: try team.groups[0].honestPath(&team.generator))
        for tag in [[], [UInt8](repeating: 7, count: 31)] {
            var signed = try AuthenticatedContent.signed(
                FramedContent(
                    groupId: [1, 2, 3], epoch: team.groups[0].epoch, sender: .member(LeafIndex(0)),
                    authenticatedData: [], body: .commit(commit)),
                wireFormat: .publicMessage, context: team.groups[0].state.contextBytes,
                algorithms: team.groups[0].algorithms, key: team.groups[0].signatureKey.privateKey)
            signed.auth.confirmationTag = tag
            let message = Protection.publicMessage(
                signed, context: team.groups[0].state.contextBytes,
                membershipKey: team.groups[0].secrets.membershipKey, algorithms: team.groups[0].algorithms)
            team.expectRefusal(of: MLSMessage(.publicMessage(message)), .confirmationTagMissing)
        }
        team.expectRefusal(of: try team.groups[0].forge(commit), .confirmationTag, follower: .accepts)
    }

    @Test
    func `a signature by another key, and changed content under a right tag (ValSem010)`() throws {
        var team = try TestGroup(3)
        let key = team.groups[2].signatureKey.privateKey
        team.expectRefusal(
            of: try team.groups[0].forge(.proposal(.remove(LeafIndex(2))), key: key), .messageSignature)
        let message = try team.groups[0].forgePrivate(.application([1]), key: key)
        expectRefusal(.messageSignature) { _ = try team.groups[1].open(message) }
        // What is forged by an insider does not use up the sender's key.
        let honest = try team.groups[0].send([2], using: &team.generator)
        #expect(try team.groups[1].read(honest).data == [2])
    }

    @Test
    func `padding that is not all zero (ValSem011)`() throws {
        var team = try TestGroup(2)
        for padding in [[1], [0, 0, 1], [1, 0, 0]] as [[UInt8]] {
            let message = try team.groups[0].forgePrivate(.application([1])) { $1 += padding }
            expectRefusal(.paddingNotZero) { _ = try team.groups[1].open(message) }
        }
        let message = try team.groups[0].forgePrivate(.application([1])) { $1 += [0, 0, 0] }
        #expect(try team.groups[1].read(message).data == [1])
    }

    @Test
    func `a content that is not what its type says`() throws {
        var team = try TestGroup(2)
        let message = try team.groups[0].forgePrivate(.application([1, 2, 3])) { $1 = Array($1.prefix(2)) }
        expectRefusal(.malformed) { _ = try team.groups[1].open(message) }
    }

    @Test
    func `generations that are used, too far ahead or at the end of the number space`() throws {
        var team = try TestGroup(3)
        for generation in [1_001, 5_000, UInt32.max - 1, .max] {
            let message = try team.groups[0].forgePrivate(.application([1]), generation: generation)
            expectRefusal(.generationTooFar) { _ = try team.groups[1].open(message) }
        }
        let message = try team.groups[0].forgePrivate(.application([1]), generation: 1_000)
        _ = try team.groups[1].open(message)
        expectRefusal(.generationUsed) { _ = try team.groups[1].open(message) }
        var ratchet = Ratchet(secret: .zero(32), next: .max - 1)
        _ = try ratchet.step(team.groups[0].algorithms)
        expectRefusal(.generationExhausted) { _ = try ratchet.step(team.groups[0].algorithms) }
        #expect(team.groups[1].secretTree.ratchets[LeafIndex(0)]?.application.kept.count == Limits.keptKeys)
    }

    @Test
    func `sender type and content type that do not go together (ValSem112)`() throws {
        var team = try TestGroup(3)
        let path = try team.groups[0].honestPath(&team.generator)
        let commit = FramedContent.Body.commit(Commit(proposals: [], path: path))
        let leaf = try #require(team.groups[0].member(LeafIndex(0)))
        let cases: [(FramedContent.Body, Sender, Check)] = [
            (commit, .external(index: 0), .senderContent),
            (commit, .newMemberProposal, .senderContent),
            (.application([1]), .external(index: 0), .senderContent),
            (.application([1]), .newMemberProposal, .senderContent),
            (.application([1]), .newMemberCommit, .senderContent),
            (.proposal(.remove(LeafIndex(1))), .newMemberCommit, .senderContent),
            (.proposal(.remove(LeafIndex(1))), .newMemberProposal, .proposalSender),
            (.proposal(.update(leaf)), .newMemberProposal, .proposalSender),
            (.proposal(.update(leaf)), .external(index: 0), .proposalSender),
            (.proposal(.externalInit(kemOutput: [])), .external(index: 0), .proposalSender),
            (.proposal(.externalInit(kemOutput: [])), .member(LeafIndex(0)), .externalInitByReference),
            (.proposal(.remove(LeafIndex(1))), .external(index: 0), .externalSenderUnknown),
            (.commit(Commit(proposals: [], path: nil)), .newMemberCommit, .externalCommitPath),
        ]
        for (body, sender, check) in cases {
            team.expectRefusal(of: try team.groups[0].forge(body, sender: sender), check)
        }
    }

    @Test
    func `an external sender outside the list, with another key, and dropped by GroupContextExtensions`() throws {
        var generator = SeededGenerator(seed: 3)
        let service = try Client("service", using: &generator)
        let sender = ExternalSender(
            signatureKey: service.identity.signatureKey.publicKey, credential: service.identity.credential)
        var team = try TestGroup(3, extensions: [.externalSenders([sender])])
        let key = service.identity.signatureKey
        let removal = Proposal.remove(LeafIndex(2))
        team.expectRefusal(
            of: try ExternalProposal.make(removal, context: team.follower.context, index: 1, key: key),
            .externalSenderUnknown)
        let stranger = try Client("stranger", using: &team.generator).identity.signatureKey
        team.expectRefusal(
            of: try ExternalProposal.make(removal, context: team.follower.context, index: 0, key: stranger),
            .messageSignature)
        try team.commit(CommitOptions([.groupContextExtensions(.none)]))
        team.expectRefusal(
            of: try ExternalProposal.make(removal, context: team.follower.context, index: 0, key: key),
            .externalSenderUnknown)
    }

    @Test
    func `a newcomer's proposal that is not signed by its key package's key`() throws {
        var team = try TestGroup(3)
        let package = try team.keyPackage()
        let message = try team.groups[0].forge(.proposal(.add(package)), sender: .newMemberProposal)
        team.expectRefusal(of: message, .messageSignature)
    }

    @Test
    func `messages that are not for a group, and private ones for a follower`() throws {
        var team = try TestGroup(3)
        let package = MLSMessage(.keyPackage(try team.keyPackage()))
        team.expectRefusal(of: package, .wrongWireFormat)
        team.expectRefusal(of: MLSMessage(.groupInfo(try team.groups[0].groupInfo())), .wrongWireFormat)
        let message = try team.groups[0].send([1], using: &team.generator)
        expectRefusal(.wrongWireFormat) { _ = try team.follower.open(message) }
    }

    @Test
    func `too many proposals of one sender in an epoch`() throws {
        var team = try TestGroup(2)
        for number in 0..<Limits.cachedProposalsPerSender {
            let id = PreSharedKeyID(key: .external(id: [UInt8(number & 255)]), nonce: [UInt8](repeating: 1, count: 32))
            try team.groups[1].process(try team.groups[0].forge(.proposal(.preSharedKey(id))))
        }
        let message = try team.groups[0].forge(.proposal(.remove(LeafIndex(1))))
        expectRefusal(.limitExceeded) { try team.groups[1].process(message) }
        let other = try team.groups[1].forge(.proposal(.remove(LeafIndex(0))))
        try team.groups[1].process(other)
    }

    @Test
    func `too many bytes of proposals of one sender in an epoch`() throws {
        var team = try TestGroup(2)
        let half = [UInt8](repeating: 7, count: Limits.cachedProposalBytesPerSender / 2)
        func proposal(_ type: UInt16) throws -> MLSMessage {
            let large = Extension(type: ExtensionType(rawValue: type), data: half)
            return try team.groups[0].forge(.proposal(.groupContextExtensions(try Extensions([large]))))
        }
        let first = try proposal(0xf001)
        for _ in 0..<3 {
            try team.groups[1].process(first)
            try team.follower.process(first)
        }
        team.expectRefusal(of: try proposal(0xf002), .limitExceeded)
    }

    @Test
    func `more proposals of all senders in an epoch than a commit could name`() throws {
        var cache = ProposalCache()
        func insert(_ number: Int) throws(MLSError) {
            let reference = ProposalRef(withUnsafeBytes(of: number.bigEndian) { Array($0) })
            try cache.insert(
                SourcedProposal(
                    proposal: .remove(LeafIndex(0)),
                    sender: .member(LeafIndex(number / Limits.cachedProposalsPerSender)), reference: reference),
                reference)
        }
        for number in 0..<Limits.proposals { try insert(number) }
        expectRefusal(.limitExceeded) { try insert(Limits.proposals) }
        try insert(7)
        #expect(cache.all.count == Limits.proposals)
    }
}
