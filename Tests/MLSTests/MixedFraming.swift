import Testing
import WireCodec

@testable import MLS

/// Refusals: framing of one kind in another's place (RFC 9420 §6).
@Suite struct MixedFraming {
    @Test
    func `content that was signed for the other wire format`() throws {
        var team = try TestGroup(3)
        let removal = FramedContent.Body.proposal(.remove(LeafIndex(2)))
        team.expectRefusal(of: try team.groups[0].forge(removal, signedAs: .privateMessage), .messageSignature)
        for body in [removal, .application([1])] {
            let message = try team.groups[0].forgePrivate(body, signedAs: .publicMessage)
            team.expectRefusal(of: message, .messageSignature, follower: .other(.wrongWireFormat))
        }
        // The same, framed for what they were signed for, are fine.
        try team.groups[1].process(try team.groups[0].forge(removal))
        #expect(try team.groups[1].read(team.groups[0].forgePrivate(.application([1]))).data == [1])
    }

    @Test
    func `tags that are missing where they belong, or present where they do not: the codec has no place for them`()
        throws
    {
        var team = try TestGroup(3)
        let tag: [UInt8] = [32] + [UInt8](repeating: 1, count: 32)
        let removal = try team.groups[0].forge(.proposal(.remove(LeafIndex(2)))).encoded
        let commit = try team.forge([]).encoded
        let newcomer = try team.groups[0].forge(.proposal(.add(try team.keyPackage())), sender: .newMemberProposal)
            .encoded
        // A member's without its membership tag, a proposal with a confirmation tag, a newcomer's with a membership tag.
        for bytes in [
            Array(removal.dropLast(33)), removal + tag, commit + tag, Array(commit.dropLast(33)), newcomer + tag,
        ] {
            expectRefusal(.malformed) { _ = try MLSMessage(decoding: bytes) }
        }
        _ = try MLSMessage(decoding: newcomer)
    }

    @Test
    func `another protocol version, in a message, a key package in it, or its wire format`() throws {
        var team = try TestGroup(2)
        let bytes = try team.groups[0].send([1], using: &team.generator).encoded
        for (place, value) in [(0, 1), (1, 0), (1, 2), (2, 1), (3, 0), (3, 6)] as [(Int, UInt8)] {
            var changed = bytes
            changed[place] = value
            expectRefusal(.malformed) { _ = try MLSMessage(decoding: changed) }
        }
        var package = MLSMessage(.keyPackage(try team.keyPackage())).encoded
        package[5] = 2
        expectRefusal(.malformed) { _ = try MLSMessage(decoding: package) }
    }

    @Test
    func `a proposal of a type that this document does not have, alone and in a commit`() throws {
        for type in [0, 8, 0x0a0a, 0xf001] as [UInt16] {
            var writer = WireWriter()
            writer.write(type)
            writer.write(vector: [])
            expectRefusal(.malformed) { _ = try Proposal(decoding: writer.bytes) }
            var commit = WireWriter()
            commit.writeVector { $0.write(fixed: [1] + writer.bytes) }
            commit.write(UInt8(0))
            expectRefusal(.malformed) { _ = try decodeWhole(commit.bytes, as: Commit.self) }
        }
    }

    @Test
    func `a message that was opened already changes nothing, nor does one that is refused`() throws {
        var team = try TestGroup(4)
        let message = try team.groups[0].send([1], using: &team.generator)
        _ = try team.groups[1].open(message)
        func state(_ group: Group) -> [String] {
            let ratchets = group.secretTree.ratchets.map { leaf, ratchets in
                "\(leaf.rawValue) \(ratchets.row)"
            }
            return ratchets.sorted() + group.secretTree.nodes.map { "\($0.key.offset) \($0.value.bytes)" }.sorted()
        }
        let before = state(team.groups[1])
        expectRefusal(.generationUsed) { _ = try team.groups[1].open(message) }
        let stranger = team.groups[3].signatureKey.privateKey
        for forged in [
            try team.groups[2].forgePrivate(.application([1]), key: stranger),
            try team.groups[2].forgePrivate(.application([1]), generation: 700, key: stranger),
            try team.groups[2].forgePrivate(.application([1])) { $1 += [1] },
        ] {
            #expect(throws: MLSError.self) { _ = try team.groups[1].open(forged) }
        }
        #expect(state(team.groups[1]) == before)
        #expect(try team.groups[1].read(team.groups[2].send([2], using: &team.generator)).data == [2])
    }

    @Test
    func `a ciphertext shorter than the sample is its own sample`() throws {
        let algorithms = try CipherSuite.p521Aes256GcmSha512P521.algorithms()
        let secret = Secret([1, 2, 3])
        let short = algorithms.senderDataKey(secret, ciphertext: [9, 9])
        let padded = algorithms.senderDataKey(secret, ciphertext: [9, 9] + [UInt8](repeating: 0, count: 62))
        #expect(short.key != padded.key && short.nonce != padded.nonce)
        let long = algorithms.senderDataKey(secret, ciphertext: [UInt8](repeating: 9, count: 64))
        let longer = algorithms.senderDataKey(secret, ciphertext: [UInt8](repeating: 9, count: 65))
        #expect(long.key == longer.key && long.nonce == longer.nonce)
    }

    @Test
    func `the last generation is never sent, from memory or from rows`() throws {
        var team = try TestGroup(2)
        let ratchets = SenderRatchets(
            handshake: Ratchet(secret: .zero(32), next: .max), application: Ratchet(secret: .zero(32), next: .max))
        let group = team.groups[0]
        team.groups[0].secretTree = SecretTree(
            group.algorithms, shape: group.secretTree.shape, nodes: group.secretTree.nodes,
            ratchets: [group.ownLeaf: ratchets])
        expectRefusal(.generationExhausted) { _ = try team.groups[0].send([1], using: &team.generator) }
        expectRefusal(.generationExhausted) {
            _ = try team.groups[0].propose(
                .remove(LeafIndex(1)), framing: .privateMessage(.none), using: &team.generator)
        }
        let store = MemoryGroupStore()
        try team.groups[0].save(to: store)
        expectRefusal(.generationExhausted) {
            _ = try StoredGroup.send([1], to: [1, 2, 3], from: store, using: &team.generator)
        }
    }

    @Test
    func `a message of a past epoch is refused by name, and no key of one is kept`() throws {
        #expect(Limits.pastEpochs == 0)
        var team = try TestGroup(3)
        let sent = try team.groups[2].send([1], using: &team.generator)
        let store = MemoryGroupStore()
        try team.groups[1].save(to: store)
        try team.commit()
        expectRefusal(.epochPast) { _ = try team.groups[1].open(sent) }
        try team.groups[1].save(to: store)
        expectRefusal(.epochPast) { _ = try StoredGroup.open(sent, from: store) }
        let later = try team.groups[2].send([1], using: &team.generator)
        guard case .privateMessage(var renamed) = later.body else { return }
        renamed.epoch += 1
        expectRefusal(.epochFuture) { _ = try team.groups[1].open(MLSMessage(.privateMessage(renamed))) }
        expectRefusal(.epochFuture) { _ = try StoredGroup.open(MLSMessage(.privateMessage(renamed)), from: store) }
    }
}
