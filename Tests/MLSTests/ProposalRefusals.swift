import TestSupport
import Testing
import WireCodec

@testable import MLS

/// Refusals: lists of proposals (RFC 9420 §12.1, §12.2).
@Suite struct ProposalRefusals {
    @Test
    func `one client added twice, by signature key and by init key; a member added again (ValSem101 to 103)`() throws {
        var team = try TestGroup(3)
        let package = try team.keyPackage()
        team.expectRefusal(of: try team.forge([.add(package), .add(package)]), .initKeyNotUnique)
        // Another init key, the same signature key.
        var client = try Client("twice", using: &team.generator)
        let one = try client.keyPackage(using: &team.generator).keyPackage
        let two = try client.keyPackage(using: &team.generator).keyPackage
        team.expectRefusal(of: try team.forge([.add(one), .add(two)]), .clientAddedTwice)
        // Another signature key, the same encryption key.
        let other = try team.keyPackage { $0.leafNode.encryptionKey = one.leafNode.encryptionKey }
        team.expectRefusal(of: try team.forge([.add(one), .add(other)]), .encryptionKeyNotUnique)
        let own = try #require(team.groups[0].member(LeafIndex(2)))
        let stolen = try team.keyPackage { $0.leafNode.encryptionKey = own.encryptionKey }
        team.expectRefusal(of: try team.forge([.add(stolen)]), .encryptionKeyNotUnique)
        client.identity.signatureKey = team.groups[2].signatureKey
        let again = try client.keyPackage(using: &team.generator).keyPackage
        team.expectRefusal(of: try team.forge([.add(again)]), .signatureKeyNotUnique)
    }

    @Test
    func `a member is removed and added again in one commit`() throws {
        var team = try TestGroup(4)
        let own = try team.clients[2].keyPackage(using: &team.generator)
        let welcome = try team.commit(CommitOptions([.remove(LeafIndex(2)), .add(own.keyPackage)]))
        guard case .welcome(let welcome)? = welcome?.body else { return }
        team.groups[2] = try Group.join(welcome, with: own, now: testTime, judge: AcceptAll())
        #expect(team.groups[2].ownLeaf == LeafIndex(2))
        try team.expectAgreement()
    }

    @Test
    func `a key package that is not valid: init key, suite, version, signatures (ValSem104, 105)`() throws {
        var team = try TestGroup(3)
        let cases: [(Check, KeyPackage)] = [
            (.initKeyIsEncryptionKey, try team.keyPackage { $0.initKey = $0.leafNode.encryptionKey }),
            (.keyPackageSuite, try team.keyPackage { $0.cipherSuite = .x25519ChaCha20Poly1305Sha256Ed25519 }),
            (.keyPackageSuite, try team.keyPackage { $0.version = ProtocolVersion(rawValue: 2) }),
            (.keyPackageSignature, try team.keyPackage(resign: false) { $0.signature[3] ^= 1 }),
            (
                .keyPackageSignature,
                try team.keyPackage(resign: false) { $0.extensions = Extensions(unchecked: [grease]) }
            ),
            (.leafSignature, try team.keyPackage(resignLeaf: false) { $0.leafNode.signature[3] ^= 1 }),
            (.leafSignature, try team.keyPackage(resignLeaf: false) { $0.leafNode.credential = .basic(identity: [1]) }),
            (.leafSource, try team.keyPackage { $0.leafNode.source = .update }),
            (.leafSource, try team.keyPackage { $0.leafNode.source = .commit(parentHash: []) }),
            (.invalidPublicKey, try team.keyPackage { $0.initKey = HPKEPublicKey([UInt8](repeating: 0, count: 32)) }),
            (.invalidPublicKey, try team.keyPackage { $0.initKey = HPKEPublicKey([1]) }),
            (
                .invalidPublicKey,
                try team.keyPackage { $0.leafNode.encryptionKey = HPKEPublicKey([UInt8](repeating: 0, count: 32)) }
            ),
            (.extensionNotListed, try team.keyPackage { $0.extensions = Extensions(unchecked: [unlisted]) }),
            (.extensionNotListed, try team.keyPackage { $0.leafNode.extensions = Extensions(unchecked: [unlisted]) }),
            (.credentialNotSupported, try team.keyPackage { $0.leafNode.capabilities.credentials = [.x509] }),
            (.suiteNotSupported, try team.keyPackage { $0.leafNode.capabilities.versions = [] }),
            (
                .suiteNotSupported,
                try team.keyPackage { $0.leafNode.capabilities.cipherSuites = [.p256Aes128GcmSha256P256] }
            ),
        ]
        for (check, package) in cases {
            team.expectRefusal(of: try team.forge([.add(package)]), check)
            // The committer's own verb refuses it too.
            expectRefusal(check) {
                _ = try team.groups[0].commit(
                    CommitOptions([.add(package)]), now: testTime, judge: AcceptAll(), using: &team.generator)
            }
        }
    }

    @Test
    func `one newcomer's init key that is another's encryption key`() throws {
        var team = try TestGroup(3)
        let one = try team.keyPackage()
        let other = try team.keyPackage { $0.initKey = one.leafNode.encryptionKey }
        team.expectRefusal(of: try team.forge([.add(one), .add(other)]), .initKeyIsEncryptionKey)
    }

    @Test
    func `extensions of the group or of a GroupInfo that stand in a leaf`() throws {
        var team = try TestGroup(3)
        for type in [ExtensionType.ratchetTree, .requiredCapabilities, .externalPub, .externalSenders] {
            let package = try team.keyPackage {
                $0.leafNode.extensions = Extensions(unchecked: [Extension(type: type, data: [])])
            }
            team.expectRefusal(of: try team.forge([.add(package)]), .extensionMisplaced)
        }
        let good = try team.keyPackage { $0.leafNode.extensions = Extensions(unchecked: [.applicationId([1])]) }
        try team.commit(CommitOptions([.add(good)]))
    }

    @Test
    func `nobody makes a key package or an Update that others would refuse`() throws {
        var team = try TestGroup(2)
        var client = try Client("x", using: &team.generator)
        client.identity.capabilities.credentials = [.x509]
        expectRefusal(.credentialNotSupported) { _ = try client.keyPackage(using: &team.generator) }
        var identity = team.clients[0].identity
        identity.capabilities.cipherSuites = []
        expectRefusal(.suiteNotSupported) {
            _ = try team.groups[0].proposeUpdate(newIdentity: identity, using: &team.generator)
        }
        #expect(team.groups[0].pendingProposals.isEmpty && team.groups[0].ownUpdates.isEmpty)
    }

    private let unlisted = Extension(type: ExtensionType(rawValue: 0xf001), data: [])
    private let grease = Extension(type: ExtensionType(rawValue: 0x0a0a), data: [1])

    @Test
    func `lifetimes: over, not begun, too long; with some skew of clocks`() throws {
        var team = try TestGroup(3)
        let day: UInt64 = 86_400
        let refused = [
            Lifetime(notBefore: testTime - 2 * day, notAfter: testTime - day),
            Lifetime(notBefore: testTime + day, notAfter: testTime + 2 * day),
            Lifetime(notBefore: 0, notAfter: .max),
            Lifetime(notBefore: testTime - day, notAfter: testTime + Limits.keyPackageLifetime),
        ]
        for lifetime in refused {
            let package = try team.keyPackage(lifetime: lifetime)
            team.expectRefusal(of: try team.forge([.add(package)]), .lifetimeInvalid)
            expectRefusal(.lifetimeInvalid) { try package.validate(now: testTime) }
        }
        for lifetime in [
            Lifetime(notBefore: testTime - day, notAfter: testTime - 600),
            Lifetime(notBefore: testTime + 600, notAfter: testTime + day),
        ] { try team.keyPackage(lifetime: lifetime).validate(now: testTime) }
    }

    @Test
    func `required capabilities, for those who are added, update or commit (ValSem106, 109)`() throws {
        let custom = ExtensionType(rawValue: 0xf002)
        let able = Capabilities(extensions: [custom], proposals: [ProposalType(rawValue: 0xf003)])
        let required = RequiredCapabilities(
            extensionTypes: [custom, .applicationId], proposalTypes: [ProposalType(rawValue: 0xf003), .add],
            credentialTypes: [.basic])
        var team = try TestGroup(3, extensions: [.requiredCapabilities(required)], capabilities: able)
        let package = try team.keyPackage()
        team.expectRefusal(of: try team.forge([.add(package)]), .requiredCapabilities)
        let good = try team.keyPackage { $0.leafNode.capabilities = able }
        // Somebody able is fine: what is wrong then is only the forged tag.
        team.expectRefusal(
            of: try team.forge([.add(good)], withPath: false), .confirmationTag, follower: .accepts)
        let without = try team.groups[2].update { $0.capabilities = Capabilities() }
        try team.deliver(without, except: nil)
        let reference = try #require(team.groups[0].pendingProposals.first?.reference)
        let path = try team.groups[0].honestPath(&team.generator)
        team.expectRefusal(
            of: try team.groups[0].forge(Commit(proposals: [.reference(reference)], path: path)),
            .requiredCapabilities)
        var weak = path
        weak.leafNode.capabilities = Capabilities()
        try team.groups[0].resign(&weak.leafNode)
        team.expectRefusal(of: try team.groups[0].forge(Commit(proposals: [], path: weak)), .requiredCapabilities)
    }

    @Test
    func `GroupContextExtensions: twice, unsupported by a member, malformed, misplaced`() throws {
        var team = try TestGroup(3)
        let list = Proposal.groupContextExtensions(.none)
        team.expectRefusal(of: try team.forge([list, list]), .multipleGroupContextExtensions)
        func proposal(_ type: UInt16, _ data: [UInt8]) -> Proposal {
            .groupContextExtensions(Extensions(unchecked: [Extension(type: ExtensionType(rawValue: type), data: data)]))
        }
        team.expectRefusal(of: try team.forge([proposal(0xf001, [])]), .extensionNotSupported)
        let required = RequiredCapabilities(proposalTypes: [ProposalType(rawValue: 0xf001)])
        team.expectRefusal(
            of: try team.forge([.groupContextExtensions(try Extensions([.requiredCapabilities(required)]))]),
            .requiredCapabilities)
        team.expectRefusal(of: try team.forge([proposal(3, [1, 2, 3])]), .extensionMalformed)
        team.expectRefusal(of: try team.forge([proposal(3, required.wireBytes + [0])]), .extensionMalformed)
        team.expectRefusal(of: try team.forge([proposal(5, [1])]), .extensionMalformed)
        for type in [1, 2, 4] as [UInt16] {
            team.expectRefusal(of: try team.forge([proposal(type, [])]), .extensionMisplaced)
        }
        // The new list decides about the Adds beside it.
        let able = Capabilities(extensions: [ExtensionType(rawValue: 0xf001)])
        var other = try TestGroup(2, capabilities: able)
        let package = try other.keyPackage()
        other.expectRefusal(of: try other.forge([.add(package), proposal(0xf001, [])]), .extensionNotSupported)
    }

    @Test
    func `removals: twice, of a blank leaf, of one outside the tree, of the committer (ValSem107, 108, 200)`() throws {
        var team = try TestGroup(4)
        team.expectRefusal(
            of: try team.forge([.remove(LeafIndex(2)), .remove(LeafIndex(2))]), .leafChangedTwice)
        team.expectRefusal(of: try team.forge([.remove(LeafIndex(0))]), .committerRemovesItself)
        for leaf in [LeafIndex(50), LeafIndex(rawValue: .max)] {
            team.expectRefusal(of: try team.forge([.remove(leaf)]), .removedNotMember)
        }
        try team.commit(CommitOptions([.remove(LeafIndex(2))]))
        team.expectRefusal(of: try team.forge([.remove(LeafIndex(2))]), .removedNotMember)
    }

    @Test
    func `updates: by the committer, by value, twice, beside a removal (ValSem111)`() throws {
        var team = try TestGroup(4)
        let own = try team.groups[0].update { _ in }
        let one = try team.groups[2].update { _ in }
        let two = try team.groups[2].update { _ in }
        for message in [own, one, two] { try team.deliver(message, except: nil) }
        let references = team.groups[1].pendingProposals.map(\.reference)
        let path = try team.groups[0].honestPath(&team.generator)
        team.expectRefusal(of: try team.forge([.reference(references[0])], path: path), .committerUpdatesItself)
        let leaf = try #require(team.groups[0].member(LeafIndex(0)))
        team.expectRefusal(of: try team.forge([.proposal(.update(leaf))], path: path), .committerUpdatesItself)
        team.expectRefusal(
            of: try team.forge([.reference(references[1]), .reference(references[2])], path: path), .leafChangedTwice)
        team.expectRefusal(
            of: try team.forge([.reference(references[1]), .proposal(.remove(LeafIndex(2)))], path: path),
            .leafChangedTwice)
        // An honest committer chooses: the last Update, and not its own.
        let pending = try team.groups[0].commit(now: testTime, judge: AcceptAll(), using: &team.generator)
        #expect(pending.staged.proposals.count == 1)
    }

    @Test
    func `an update with the old key, another's key, another identity, a wrong source or place (ValSem110)`() throws {
        var team = try TestGroup(4)
        let other = try #require(team.groups[0].member(LeafIndex(3)))
        let old = try #require(team.groups[0].member(LeafIndex(2)))
        let cases: [(Check, (inout LeafNode) -> Void)] = [
            (.encryptionKeyUnchanged, { $0.encryptionKey = old.encryptionKey }),
            (.encryptionKeyNotUnique, { $0.encryptionKey = other.encryptionKey }),
            (.identityChanged, { $0.credential = .basic(identity: [66]) }),
            (.leafSource, { $0.source = .commit(parentHash: []) }),
            (.leafSource, { $0.source = .keyPackage(testLifetime) }),
            (.credentialNotSupported, { $0.capabilities.credentials = [] }),
            (.invalidPublicKey, { $0.encryptionKey = HPKEPublicKey([UInt8](repeating: 0, count: 32)) }),
            (.leafSignature, { $0.signatureKey = other.signatureKey }),
            // The same key in another encoding: X25519 ignores the top bit.
            (
                .invalidPublicKey,
                {
                    $0.encryptionKey = old.encryptionKey
                    $0.encryptionKey.bytes[31] |= 0x80
                }
            ),
        ]
        for (check, edit) in cases {
            var copy = team
            let update = try copy.groups[2].update(edit: edit)
            try copy.deliver(update, except: nil)
            let reference = try #require(copy.groups[1].pendingProposals.first?.reference)
            let path = try copy.groups[0].honestPath(&copy.generator)
            copy.expectRefusal(
                of: try copy.groups[0].forge(Commit(proposals: [.reference(reference)], path: path)), check)
        }
        // Signed for another leaf's place, and for another group.
        let pair = try team.groups[2].algorithms.generateKeyPair(using: &team.generator)
        for position in [
            LeafNode.Position(groupId: [1, 2, 3], index: LeafIndex(3)), .init(groupId: [4], index: LeafIndex(2)),
        ] {
            var copy = team
            let leaf = try LeafNode(
                encryptionKey: pair.publicKey, identity: old.identity, source: .update, position: position,
                algorithms: copy.groups[2].algorithms, key: copy.groups[2].signatureKey.privateKey)
            try copy.deliver(try copy.groups[2].forge(.proposal(.update(leaf))), except: nil)
            let reference = try #require(copy.groups[1].pendingProposals.first?.reference)
            let path = try copy.groups[0].honestPath(&copy.generator)
            copy.expectRefusal(
                of: try copy.groups[0].forge(Commit(proposals: [.reference(reference)], path: path)), .leafSignature)
        }
    }

    @Test
    func `PSKs: a nonce of another length, twice, with a usage of another purpose (ValSem401 to 403)`() throws {
        var team = try TestGroup(3)
        let nonce = [UInt8](repeating: 1, count: 32)
        let external = PreSharedKeyID.Key.external(id: [1])
        for length in [0, 31, 33] {
            let id = PreSharedKeyID(key: external, nonce: [UInt8](repeating: 1, count: length))
            team.expectRefusal(of: try team.forge([.preSharedKey(id)]), .pskNonceLength)
        }
        let id = PreSharedKeyID(key: external, nonce: nonce)
        team.expectRefusal(of: try team.forge([.preSharedKey(id), .preSharedKey(id)]), .duplicatePSK)
        for usage in [PreSharedKeyID.Usage.reinit, .branch] {
            let id = PreSharedKeyID(
                key: .resumption(usage: usage, groupId: [1, 2, 3], epoch: 1), nonce: nonce)
            team.expectRefusal(of: try team.forge([.preSharedKey(id)]), .pskUsage)
        }
        let commit = try team.groups[0].honestCommit(
            CommitOptions([.preSharedKey(id)]), psks: PreSharedKeys([external: Secret([1])]), &team.generator)
        team.expectRefusal(of: try team.groups[0].forge(commit), .pskUnknown, follower: .accepts)
    }

    @Test
    func `a ReInit beside another proposal, twice, or of an older version`() throws {
        var team = try TestGroup(3)
        let reInit = ReInit(groupId: [9], cipherSuite: team.suite)
        team.expectRefusal(of: try team.forge([.reInit(reInit), .remove(LeafIndex(2))]), .reInitNotAlone)
        team.expectRefusal(of: try team.forge([.reInit(reInit), .reInit(reInit)]), .reInitNotAlone)
        var old = reInit
        old.version = ProtocolVersion(rawValue: 0)
        team.expectRefusal(of: try team.forge([.reInit(old)]), .reInitVersion)
    }

    @Test
    func `an ExternalInit in a member's commit`() throws {
        var team = try TestGroup(3)
        team.expectRefusal(
            of: try team.forge([.externalInit(kemOutput: [UInt8](repeating: 9, count: 32))]), .externalInitFromMember)
    }

    @Test
    func `a reference that is unknown, doubled, of an earlier epoch, or not verified`() throws {
        var team = try TestGroup(4)
        let path = try team.groups[0].honestPath(&team.generator)
        team.expectRefusal(
            of: try team.forge([.reference(ProposalRef([1, 2]))], path: path), .proposalReferenceUnknown)
        let removal = try team.groups[2].forge(.proposal(.remove(LeafIndex(3))))
        try team.deliver(removal, except: nil)
        let reference = try #require(team.groups[1].pendingProposals.first?.reference)
        team.expectRefusal(
            of: try team.forge([.reference(reference), .reference(reference)], path: path), .proposalReferenceTwice)
        // What was refused is not kept: a commit that names it is refused.
        let bad = try team.groups[2].forge(
            .proposal(.remove(LeafIndex(0))), key: team.groups[3].signatureKey.privateKey)
        team.expectRefusal(of: bad, .messageSignature)
        try team.commit(CommitOptions(), by: 1)
        #expect(team.groups[3].status == .removed)
        let later = try team.groups[0].honestPath(&team.generator)
        team.expectRefusal(
            of: try team.groups[0].forge(Commit(proposals: [.reference(reference)], path: later)),
            .proposalReferenceUnknown)
    }

    @Test
    func `the application refuses a leaf or a commit, and is asked on every inbound path`() throws {
        struct Strict: Judge {
            func judge(leaf: JudgedLeaf, in context: GroupContext) -> Verdict {
                leaf.leaf.credential == .basic(identity: [66]) ? .refuse("66") : .accept
            }
            func judge(commit: JudgedCommit) -> Verdict {
                commit.removed.isEmpty ? .accept : .refuse("nobody removes")
            }
            func maySucceed(_ old: Credential, _ new: Credential) -> Bool { true }
        }
        var team = try TestGroup(3)
        let package = try team.keyPackage { $0.leafNode.credential = .basic(identity: [66]) }
        team.expectRefusal(of: try team.forge([.add(package)]), .leafRefused, judge: Strict())
        var path = try team.groups[0].honestPath(&team.generator)
        path.leafNode.credential = .basic(identity: [66])
        try team.groups[0].resign(&path.leafNode)
        team.expectRefusal(
            of: try team.groups[0].forge(Commit(proposals: [], path: path)), .leafRefused, judge: Strict())
        team.expectRefusal(
            of: try team.forge([.remove(LeafIndex(2))]), .commitRefused, judge: Strict())
        expectRefusal(.commitRefused) {
            _ = try team.groups[0].commit(
                CommitOptions([.remove(LeafIndex(2))]), now: testTime, judge: Strict(), using: &team.generator)
        }
        var identity = try Client("x", using: &team.generator).identity
        identity.credential = .basic(identity: [66])
        let (joined, commit) = try Group.joinExternally(
            try team.groups[0].groupInfo(), identity: identity, now: testTime, judge: AcceptAll(),
            using: &team.generator)
        team.expectRefusal(of: commit, .leafRefused, judge: Strict())
        try team.deliver(commit, except: nil)
        expectRefusal(.leafRefused) { _ = try PublicGroup(try joined.groupInfo(), now: testTime, judge: Strict()) }
    }
}

extension Group {
    /// An Update proposal of this member whose leaf was changed by `edit` and signed again.
    func update(edit: (inout LeafNode) -> Void) throws -> MLSMessage {
        var generator = SeededGenerator(seed: UInt64.random(in: 0...UInt64.max))
        guard let own = member(ownLeaf) else { throw TestFailure("not a member") }
        let pair = try algorithms.generateKeyPair(using: &generator)
        var leaf = try LeafNode(
            encryptionKey: pair.publicKey, identity: own.identity, source: .update,
            position: .init(groupId: groupId, index: ownLeaf), algorithms: algorithms, key: signatureKey.privateKey)
        edit(&leaf)
        try resign(&leaf)
        return try forge(.proposal(.update(leaf)))
    }
}
