import Testing
import WireCodec

@testable import MLS

/// Every byte of a valid message changed, and every length of it cut: refused, or equal to what was sent.
@Suite struct MutationTests {
    /// What a mutation does to a byte: a low bit, a high one, all of them.
    private static let masks: [UInt8] = [0x01, 0x80, 0xff]

    /// Gives each mutation to `accept`, which says whether it was taken for genuine.
    private func forEachMutation(
        of bytes: [UInt8], masks: [UInt8] = masks, _ accept: ([UInt8]) -> Bool,
        _ location: SourceLocation = #_sourceLocation
    ) {
        for place in bytes.indices {
            for mask in masks {
                var changed = bytes
                changed[place] ^= mask
                #expect(!accept(changed), "byte \(place) ^ \(mask)", sourceLocation: location)
            }
            #expect(!accept(Array(bytes.prefix(place))), "cut to \(place)", sourceLocation: location)
        }
        #expect(!accept(bytes + [0]), sourceLocation: location)
    }

    private func process(_ bytes: [UInt8], _ group: Group) -> Bool {
        var group = group
        do {
            let message = try MLSMessage(decoding: bytes)
            #expect(message.encoded == bytes)
            if case .commit(let commit) = try group.open(message) {
                try group.merge(try group.stage(commit, now: testTime, judge: AcceptAll()))
            }
            return true
        } catch { return false }
    }

    private func follow(_ bytes: [UInt8], _ follower: PublicGroup) -> Bool {
        var follower = follower
        do {
            try follower.process(try MLSMessage(decoding: bytes))
            return true
        } catch { return false }
    }

    @Test
    func `a public commit: members refuse every change; a follower every one outside the tags and path ciphertexts`()
        throws
    {
        var team = try TestGroup(4)
        let package = try team.keyPackage()
        let update = try team.groups[2].proposeUpdate(using: &team.generator)
        try team.deliver(update, except: 2)
        let message = try team.groups[0].commit(
            CommitOptions([.add(package)]), now: testTime, judge: AcceptAll(), using: &team.generator
        ).message
        let bytes = message.encoded
        forEachMutation(of: bytes, masks: [0x01, 0x80]) { process($0, team.groups[1]) }
        #expect(process(bytes, team.groups[1]))
        // The two tags are the last 66 bytes; what else a follower cannot see is under the signature.
        let visible = bytes.count - 2 * 33
        for place in 0..<visible {
            var changed = bytes
            changed[place] ^= 0x10
            #expect(!follow(changed, team.follower), "byte \(place)")
        }
        #expect(follow(bytes, team.follower))
    }

    @Test
    func `a public proposal and a private commit, proposal and application message`() throws {
        var team = try TestGroup(3)
        let removal = try team.groups[0].forge(.proposal(.remove(LeafIndex(2)))).encoded
        forEachMutation(of: removal) { process($0, team.groups[1]) }
        for place in 0..<(removal.count - 33) {
            var changed = removal
            changed[place] ^= 0x10
            #expect(!follow(changed, team.follower), "byte \(place)")
        }
        var options = CommitOptions()
        options.framing = .privateMessage(.multiple(of: 64))
        var copy = team.groups[0]
        let messages = [
            try copy.send([1, 2, 3], authenticatedData: [9], using: &team.generator),
            try copy.propose(.remove(LeafIndex(2)), framing: .privateMessage(.none), using: &team.generator),
            try team.groups[0].commit(options, now: testTime, judge: AcceptAll(), using: &team.generator).message,
        ]
        for message in messages {
            forEachMutation(of: message.encoded, masks: [0x01]) { process($0, team.groups[1]) }
            #expect(process(message.encoded, team.groups[1]))
        }
    }

    @Test
    func `an external commit, and what it was made from`() throws {
        var team = try TestGroup(3)
        let client = try Client("x", using: &team.generator)
        let info = try team.groups[0].groupInfo()
        let (_, commit) = try Group.joinExternally(
            info, identity: client.identity, now: testTime, judge: AcceptAll(), using: &team.generator)
        forEachMutation(of: commit.encoded, masks: [0x04]) { process($0, team.groups[1]) }
        #expect(process(commit.encoded, team.groups[1]))
        forEachMutation(of: info.encoded, masks: [0x04]) { bytes in
            (try? PublicGroup(try GroupInfo(decoding: bytes), now: testTime, judge: AcceptAll())) != nil
        }
    }

    @Test
    func `a Welcome, also one with two newcomers: the other's entry may be anything`() throws {
        let invitation = try Invitation()
        let bytes = invitation.welcome.wireBytes
        forEachMutation(of: bytes, masks: [0x02]) { changed in
            (try? invitation.join(try decodeWhole(changed))) != nil
        }
        _ = try invitation.join(try decodeWhole(bytes))
    }

    @Test(arguments: CipherSuite.supported)
    func `a key package, in every suite`(_ suite: CipherSuite) throws {
        var team = try TestGroup(1, suite: suite)
        let bytes = try team.keyPackage().encoded
        // The slow curves by one bit a byte.
        let masks: [UInt8] = suite.rawValue == 1 || suite.rawValue == 3 ? Self.masks : [0x01]
        forEachMutation(of: bytes, masks: masks) { changed in
            guard let package = try? KeyPackage(decoding: changed) else { return false }
            #expect(package.encoded == changed)
            return (try? package.validate(now: testTime)) != nil
        }
        try KeyPackage(decoding: bytes).validate(now: testTime)
    }

    @Test
    func `a tree: every change is refused by its decoder, its form, its structure, or its hash`() throws {
        let team = try TestGroup(4)
        let group = team.groups[0]
        forEachMutation(of: group.ratchetTree.encoded, masks: [0x08]) { bytes in
            guard let exported = try? ExportedRatchetTree(decoding: bytes) else { return false }
            #expect(exported.encoded == bytes)
            guard var tree = try? RatchetTree(exported, group.algorithms) else { return false }
            return tree.treeHash() == group.context.treeHash
        }
    }
}
