import Testing
import WireCodec

@testable import MLS

/// Refusals: joining (RFC 9420 §12.4.3).
@Suite struct JoinRefusals {
    @Test
    func `the honest Welcome, forged without a change, is accepted`() throws {
        let invitation = try Invitation()
        #expect(
            try invitation.join(try invitation.forged()).epochAuthenticator
                == invitation.team.groups[0].epochAuthenticator)
    }

    @Test
    func `Welcomes for somebody else, for one key package twice, of another suite`() throws {
        var invitation = try Invitation()
        let other = try Client("other", using: &invitation.team.generator).keyPackage(using: &invitation.team.generator)
        expectRefusal(.welcomeNotForUs) {
            _ = try Group.join(invitation.welcome, with: other, now: testTime, judge: AcceptAll())
        }
        let twice = try invitation.forged(welcome: { $0.secrets.append($0.secrets[0]) })
        expectRefusal(.welcomeDuplicate) { _ = try invitation.join(twice) }
        let suite = try invitation.forged(welcome: { $0.cipherSuite = .x25519ChaCha20Poly1305Sha256Ed25519 })
        expectRefusal(.welcomeSuite) { _ = try invitation.join(suite) }
        let inner = try invitation.forged(
            info: { $0.groupContext.cipherSuite = .x25519ChaCha20Poly1305Sha256Ed25519 })
        expectRefusal(.welcomeSuite) { _ = try invitation.join(inner) }
        let unknown = try invitation.forged(welcome: { $0.cipherSuite = CipherSuite(rawValue: 99) })
        expectRefusal(.unsupportedCipherSuite) { _ = try invitation.join(unknown) }
        expectRefusal(.groupKnown) {
            _ = try Group.join(
                invitation.welcome, with: invitation.own, now: testTime, judge: AcceptAll(),
                knownGroups: { $0 == [1, 2, 3] })
        }
    }

    @Test
    func `an external join to a group that one is in, unless one comes back`() throws {
        var team = try TestGroup(3)
        let info = try team.groups[0].groupInfo()
        let identity = team.clients[2].identity
        func join(_ options: ExternalJoinOptions) throws(MLSError) -> Group {
            try Group.joinExternally(
                info, identity: identity, options: options, now: testTime, judge: AcceptAll(),
                knownGroups: { $0 == info.groupContext.groupId }, using: &team.generator
            ).group
        }
        expectRefusal(.groupKnown) { _ = try join(ExternalJoinOptions()) }
        var resync = ExternalJoinOptions()
        resync.removing = LeafIndex(2)
        #expect(try join(resync).ownLeaf == LeafIndex(2))
    }

    @Test
    func `a GroupInfo signed by another, by a blank leaf, by nobody, by ourselves`() throws {
        let invitation = try Invitation()
        let cases: [(Check, (inout GroupInfo) throws -> Void)] = [
            (.groupInfoSignature, { $0.signer = LeafIndex(1) }),
            (.groupInfoSigner, { $0.signer = LeafIndex(6) }),
            (.groupInfoSigner, { $0.signer = LeafIndex(rawValue: .max) }),
            (.groupInfoSignature, { $0.confirmationTag[0] ^= 1 }),
        ]
        for (check, edit) in cases {
            let welcome = try invitation.forged(
                resign: false,
                info: { info in
                    try edit(&info)
                    if check == .groupInfoSigner { try info.sign(invitation.team.groups[0].signatureKey.privateKey) }
                })
            expectRefusal(check) { _ = try invitation.join(welcome) }
        }
        let own = try invitation.forged(
            resign: false,
            info: { info in
                info.signer = LeafIndex(4)
                try info.sign(invitation.own.signatureKey.privateKey)
            })
        expectRefusal(.groupInfoSigner) { _ = try invitation.join(own) }
    }

    @Test
    func `context and tags: tree hash, confirmation tag (also cut and empty), version, extensions`() throws {
        let invitation = try Invitation()
        let unlisted = Extension(type: ExtensionType(rawValue: 0xf001), data: [])
        let cases: [(Check, (inout GroupInfo) throws -> Void)] = [
            (.treeHashMismatch, { $0.groupContext.treeHash[0] ^= 1 }),
            (.confirmationTag, { $0.confirmationTag[0] ^= 1 }),
            (.confirmationTag, { $0.confirmationTag = [] }),
            (.confirmationTag, { $0.confirmationTag.removeLast() }),
            (.confirmationTag, { $0.groupContext.epoch += 1 }),
            (.confirmationTag, { $0.groupContext.confirmedTranscriptHash[0] ^= 1 }),
            (.unsupportedVersion, { $0.groupContext.version = ProtocolVersion(rawValue: 2) }),
            (.extensionNotSupported, { $0.groupContext.extensions = Extensions(unchecked: [unlisted]) }),
            (.leafSignature, { $0.groupContext.groupId = [7] }),
            (.treeMissing, { $0.extensions = .none }),
            (.malformed, { $0.extensions = Extensions(unchecked: [Extension(type: .ratchetTree, data: [5, 1])]) }),
        ]
        for (check, edit) in cases {
            let welcome = try invitation.forged(info: edit)
            expectRefusal(check) { _ = try invitation.join(welcome) }
        }
    }

    @Test
    func `a path secret that is missing, superfluous, of another length or not matching`() throws {
        let invitation = try Invitation()
        let cases: [(Check, (inout GroupSecrets) -> Void)] = [
            (.pathSecretMissing, { $0.pathSecret = nil }),
            (.pathSecretMismatch, { $0.pathSecret?[0] ^= 1 }),
            (.malformed, { $0.pathSecret?.removeLast() }),
            (.malformed, { $0.joinerSecret.removeLast() }),
        ]
        for (check, edit) in cases {
            let welcome = try invitation.forged(secrets: edit)
            expectRefusal(check) { _ = try invitation.join(welcome) }
        }
        let without = try Invitation(forcePath: false)
        let superfluous = try without.forged(secrets: { $0.pathSecret = [UInt8](repeating: 1, count: 32) })
        expectRefusal(.pathSecretUnexpected) { _ = try without.join(superfluous) }
    }

    @Test
    func `PSKs of a Welcome: unknown, twice, a short nonce, a usage without its group`() throws {
        let invitation = try Invitation()
        let nonce = [UInt8](repeating: 1, count: 32)
        let id = PreSharedKeyID(key: .external(id: [1]), nonce: nonce)
        let branch = PreSharedKeyID(key: .resumption(usage: .branch, groupId: [1, 2, 3], epoch: 1), nonce: nonce)
        let cases: [(Check, [PreSharedKeyID])] = [
            (.pskUnknown, [id]), (.duplicatePSK, [id, id]),
            (.pskNonceLength, [PreSharedKeyID(key: .external(id: [1]), nonce: [1])]), (.pskUnknown, [branch]),
        ]
        for (check, psks) in cases {
            let welcome = try invitation.forged(secrets: { $0.psks = psks })
            expectRefusal(check) { _ = try invitation.join(welcome) }
        }
        expectRefusal(.predecessorMissing) {
            _ = try Group.join(
                invitation.welcome, with: invitation.own, predecessor: .branch(of: invitation.team.groups[0]),
                now: testTime, judge: AcceptAll())
        }
    }

    @Test
    func `a key package that is not in the tree, and secrets that are not its own`() throws {
        var invitation = try Invitation()
        let other = try Client("other", using: &invitation.team.generator).keyPackage(using: &invitation.team.generator)
        expectRefusal(.invalidPrivateKey) {
            _ = try KeyPackageSecrets(
                keyPackage: invitation.own.keyPackage, initPrivateKey: other.initKey.privateKey,
                encryptionPrivateKey: other.encryptionKey.privateKey, signatureKey: other.signatureKey)
        }
        // The tree of the epoch before has no such leaf.
        try invitation.team.commit(CommitOptions([.remove(LeafIndex(4))]))
        let info = try invitation.team.groups[0].groupInfo(withExternalPub: false)
        let welcome = try invitation.forged(info: { $0 = info })
        expectRefusal(.ownLeafMissing) { _ = try invitation.join(welcome) }
    }

    @Test
    func `external joins: a stale GroupInfo, without external_pub, with a weak one, a tree that is not its own`() throws
    {
        var team = try TestGroup(3)
        let client = try Client("x", using: &team.generator)
        let stale = try team.groups[0].groupInfo()
        let plain = try team.groups[0].groupInfo(withExternalPub: false)
        expectRefusal(.externalPubMissing) {
            _ = try Group.joinExternally(
                plain, identity: client.identity, now: testTime, judge: AcceptAll(), using: &team.generator)
        }
        var weak = plain
        weak.extensions.set(.externalPub, ExternalPub(key: HPKEPublicKey([UInt8](repeating: 0, count: 32))).wireBytes)
        try weak.sign(team.groups[0].signatureKey.privateKey)
        expectRefusal(.invalidPublicKey) {
            _ = try Group.joinExternally(
                weak, identity: client.identity, now: testTime, judge: AcceptAll(), using: &team.generator)
        }
        // A GroupInfo with another external_pub leads to a commit that members refuse and the follower cannot judge.
        var wrong = plain
        wrong.extensions.set(
            .externalPub, ExternalPub(key: HPKEPublicKey([9] + [UInt8](repeating: 0, count: 31))).wireBytes)
        try wrong.sign(team.groups[0].signatureKey.privateKey)
        let bad = try Group.joinExternally(
            wrong, identity: client.identity, now: testTime, judge: AcceptAll(), using: &team.generator
        ).commit
        team.expectRefusal(of: bad, .confirmationTag, follower: .accepts)
        let (_, commit) = try Group.joinExternally(
            stale, identity: client.identity, now: testTime, judge: AcceptAll(), using: &team.generator)
        try team.commit()
        team.expectRefusal(of: commit, .epochPast)
        let info = try team.groups[0].groupInfo(withTree: false)
        expectRefusal(.treeMissing) {
            _ = try Group.joinExternally(
                info, identity: client.identity, now: testTime, judge: AcceptAll(), using: &team.generator)
        }
        let other = try TestGroup(3, seed: 9).groups[0].ratchetTree
        #expect(throws: MLSError.self) {
            _ = try Group.joinExternally(
                info, tree: other, identity: client.identity, now: testTime, judge: AcceptAll(),
                using: &team.generator)
        }
    }

    @Test
    func `a GroupInfo that a follower is given: of another epoch, another state, by a stranger`() throws {
        var team = try TestGroup(3)
        let stale = try team.groups[0].groupInfo(withTree: false)
        try team.commit()
        expectRefusal(.epochPast) { try team.follower.publish(stale) }
        let good = try team.groups[1].groupInfo(withTree: false)
        try team.follower.publish(good)
        #expect(team.follower.groupInfo == good)
        var other = good
        other.confirmationTag[0] ^= 1
        expectRefusal(.groupInfoMismatch) { try team.follower.publish(other) }
        other = good
        other.signature[0] ^= 1
        expectRefusal(.groupInfoSignature) { try team.follower.publish(other) }
        other = good
        other.signer = LeafIndex(40)
        expectRefusal(.groupInfoSigner) { try team.follower.publish(other) }
        // Its signer is a member, but nobody could join by it: another tree, and external keys that are none.
        func signed(_ type: ExtensionType, _ data: [UInt8]) throws -> GroupInfo {
            var info = good
            info.extensions.set(type, data)
            try info.sign(team.groups[1].signatureKey.privateKey)
            return info
        }
        var nodes = team.groups[1].ratchetTree.nodes
        nodes[0] = nodes[2]
        let tree = try signed(.ratchetTree, ExportedRatchetTree(nodes: nodes).wireBytes)
        expectRefusal(.treeHashMismatch) { try team.follower.publish(tree) }
        let garbage = try signed(.ratchetTree, [7])
        expectRefusal(.malformed) { try team.follower.publish(garbage) }
        let weak = ExternalPub(key: HPKEPublicKey([UInt8](repeating: 0, count: 32))).wireBytes
        let external = try signed(.externalPub, weak)
        expectRefusal(.invalidPublicKey) { try team.follower.publish(external) }
        #expect(team.follower.groupInfo == good)
        try team.follower.publish(try team.groups[1].groupInfo())
        try team.follower.publish(good)
        // What the follower hands out is enough to join.
        let client = try Client("x", using: &team.generator)
        let (joined, commit) = try Group.joinExternally(
            good, tree: team.follower.ratchetTree, identity: client.identity, now: testTime, judge: AcceptAll(),
            using: &team.generator)
        try team.deliver(commit, except: nil)
        team.groups.append(joined)
        try team.expectAgreement()
    }
}
