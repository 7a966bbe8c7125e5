import Testing
import WireCodec

@testable import MLS

/// Refusals: the leaf and the path of an external commit (RFC 9420 §7.3, §12.4.3.2).
@Suite struct ExternalCommitRefusals {
    private let custom = ExtensionType(rawValue: 0xf002)

    /// An external join that was not sent: what can be changed before it is signed again.
    private struct Outsider {
        let view: Group
        let key: Secret
        let leaf: LeafIndex
        let proposals: [ProposalOrRef]
        let path: UpdatePath

        init(_ team: inout TestGroup, resyncing member: Int? = nil, capabilities: Capabilities = Capabilities()) throws
        {
            var options = ExternalJoinOptions()
            var client = try Client("outside", capabilities: capabilities, using: &team.generator)
            if let member {
                options.removing = LeafIndex(member)
                client = team.clients[member]
            }
            let (joined, message) = try Group.joinExternally(
                try team.groups[0].groupInfo(), identity: client.identity, options: options, now: testTime,
                judge: AcceptAll(), using: &team.generator)
            guard case .publicMessage(let honest) = message.body, case .commit(let commit) = honest.content.body,
                let path = commit.path
            else { throw TestFailure("no external commit") }
            view = team.groups[0]
            key = client.identity.signatureKey.privateKey
            leaf = joined.ownLeaf
            proposals = commit.proposals
            self.path = path
        }

        func forge(resign: Bool = true, _ edit: (inout UpdatePath) throws -> Void) throws -> MLSMessage {
            var path = path
            try edit(&path)
            if resign { try view.resign(&path.leafNode, at: leaf, key: key) }
            return try view.forge(Commit(proposals: proposals, path: path), sender: .newMemberCommit, key: key)
        }
    }

    @Test
    func `its leaf: source, signature, place, keys, capabilities, extensions, credential`() throws {
        var team = try TestGroup(4)
        let outsider = try Outsider(&team)
        let other = try #require(team.groups[0].member(LeafIndex(2)))
        let unlisted = Extension(type: ExtensionType(rawValue: 0xf001), data: [])
        let unknown = CredentialType(rawValue: 0xf003)
        let cases: [(Check, (inout UpdatePath) -> Void)] = [
            (.leafSource, { $0.leafNode.source = .update }),
            (.leafSource, { $0.leafNode.source = .keyPackage(testLifetime) }),
            (.pathKeyNotUnique, { $0.leafNode.encryptionKey = other.encryptionKey }),
            (.pathKeyNotUnique, { $0.leafNode.encryptionKey = $0.nodes[0].encryptionKey }),
            (.invalidPublicKey, { $0.leafNode.encryptionKey = HPKEPublicKey([UInt8](repeating: 0, count: 32)) }),
            (.suiteNotSupported, { $0.leafNode.capabilities.versions = [] }),
            (.suiteNotSupported, { $0.leafNode.capabilities.cipherSuites = [.p256Aes128GcmSha256P256] }),
            (.credentialNotSupported, { $0.leafNode.capabilities.credentials = [.x509] }),
            (
                .credentialNotSupported,
                {
                    $0.leafNode.credential = .other(type: unknown, content: [])
                    $0.leafNode.capabilities.credentials.append(unknown)
                }
            ),
            (.extensionNotListed, { $0.leafNode.extensions = Extensions(unchecked: [unlisted]) }),
            (
                .extensionMisplaced,
                { $0.leafNode.extensions = Extensions(unchecked: [Extension(type: .externalPub, data: [])]) }
            ),
            (.parentHashMismatch, { $0.leafNode.source = .commit(parentHash: []) }),
            (.pathLength, { $0.nodes.removeLast() }),
            (.pathCiphertextCount, { $0.nodes[0].encryptedPathSecret.removeLast() }),
        ]
        for (check, edit) in cases { team.expectRefusal(of: try outsider.forge(edit), check) }
        team.expectRefusal(of: try outsider.forge(resign: false) { $0.leafNode.signature[0] ^= 1 }, .leafSignature)
        team.expectRefusal(
            of: try outsider.forge(resign: false) {
                try outsider.view.resign(&$0.leafNode, at: LeafIndex(2), key: outsider.key)
            }, .leafSignature)
        // What was not changed is refused for the forged tag only.
        team.expectRefusal(of: try outsider.forge { _ in }, .confirmationTag, follower: .accepts)
    }

    @Test
    func `a signature key that a member has already`() throws {
        var team = try TestGroup(4)
        let outsider = try Outsider(&team)
        var path = outsider.path
        let member = team.groups[2].signatureKey
        path.leafNode.signatureKey = member.publicKey
        try outsider.view.resign(&path.leafNode, at: outsider.leaf, key: member.privateKey)
        let message = try outsider.view.forge(
            Commit(proposals: outsider.proposals, path: path), sender: .newMemberCommit, key: member.privateKey)
        team.expectRefusal(of: message, .signatureKeyNotUnique)
    }

    @Test
    func `a resync is judged as an Update of the removed leaf would be: another encryption key, the same identity`()
        throws
    {
        var team = try TestGroup(4)
        let outsider = try Outsider(&team, resyncing: 2)
        let old = try #require(team.groups[0].member(LeafIndex(2)))
        #expect(outsider.leaf == LeafIndex(2))
        team.expectRefusal(
            of: try outsider.forge { $0.leafNode.encryptionKey = old.encryptionKey }, .encryptionKeyUnchanged)
        team.expectRefusal(
            of: try outsider.forge { $0.leafNode.credential = .basic(identity: [66]) }, .identityChanged)
    }

    @Test
    func `a joiner that lacks what the group has or requires makes no commit, and members and followers take none`()
        throws
    {
        let able = Capabilities(extensions: [custom])
        let required = RequiredCapabilities(extensionTypes: [custom])
        for (extensions, check) in [
            ([Extension(type: custom, data: [])], .extensionNotSupported),
            ([.requiredCapabilities(required)], .requiredCapabilities),
        ] as [([MLS.Extension], Check)] {
            var team = try TestGroup(3, extensions: extensions, capabilities: able)
            expectRefusal(check) { _ = try Outsider(&team) }
            let outsider = try Outsider(&team, capabilities: able)
            team.expectRefusal(of: try outsider.forge { $0.leafNode.capabilities = Capabilities() }, check)
        }
    }
}

/// Refusals: what a leaf must support, and who does not count (RFC 9420 §7.3, §12.1.7, §13.4).
@Suite struct SupportRefusals {
    private let custom = ExtensionType(rawValue: 0xf002)

    @Test
    func `a leaf that lacks an extension of the group: added, updated, in a path`() throws {
        let able = Capabilities(extensions: [custom])
        var team = try TestGroup(4, extensions: [Extension(type: custom, data: [])], capabilities: able)
        team.expectRefusal(of: try team.forge([.add(try team.keyPackage())]), .extensionNotSupported)
        var path = try team.groups[0].honestPath(&team.generator)
        path.leafNode.capabilities = Capabilities()
        try team.groups[0].resign(&path.leafNode)
        team.expectRefusal(of: try team.forge([], path: path), .extensionNotSupported)
        try team.deliver(try team.groups[2].update { $0.capabilities = Capabilities() }, except: nil)
        let reference = try #require(team.groups[0].pendingProposals.first?.reference)
        let other = try team.groups[0].honestPath(&team.generator)
        team.expectRefusal(of: try team.forge([.reference(reference)], path: other), .extensionNotSupported)
    }

    @Test
    func `a new list of extensions is judged without those whom the commit removes, and with those whom it adds`()
        throws
    {
        let able = Capabilities(extensions: [custom])
        var team = try TestGroup(3, capabilities: able)
        try team.add(1)
        let required = RequiredCapabilities(extensionTypes: [custom])
        let lists: [(Extensions, Check)] = [
            (Extensions(unchecked: [Extension(type: custom, data: [])]), .extensionNotSupported),
            (try Extensions([.requiredCapabilities(required)]), .requiredCapabilities),
        ]
        let unable = try team.keyPackage()
        for (list, check) in lists {
            team.expectRefusal(of: try team.forge([.groupContextExtensions(list)]), check)
            team.expectRefusal(
                of: try team.forge([.groupContextExtensions(list), .remove(LeafIndex(3)), .add(unable)]), check)
        }
        try team.commit(CommitOptions([.groupContextExtensions(lists[0].0), .remove(LeafIndex(3))]))
        #expect(team.groups[3].status == .removed)
        try team.expectAgreement()
    }

    @Test
    func `extensions of a key package that belong elsewhere, and GREASE, which belongs anywhere`() throws {
        var team = try TestGroup(3)
        for type in 1...5 as ClosedRange<UInt16> {
            let misplaced = Extension(type: ExtensionType(rawValue: type), data: [])
            let package = try team.keyPackage { $0.extensions = Extensions(unchecked: [misplaced]) }
            team.expectRefusal(of: try team.forge([.add(package)]), .extensionMisplaced)
            expectRefusal(.extensionMisplaced) { try package.validate(now: nil) }
        }
        let grease = Extension(type: ExtensionType(rawValue: 0x3a3a), data: [1])
        try team.keyPackage { $0.extensions = Extensions(unchecked: [grease]) }.validate(now: testTime)
    }

    @Test
    func `GREASE in a leaf is listed as every other extension is: nobody treats it specially (RFC 9420 §13.5)`() throws
    {
        var team = try TestGroup(3)
        let grease = Extension(type: ExtensionType(rawValue: 0x4a4a), data: [1])
        let unlisted = try team.keyPackage { $0.leafNode.extensions = Extensions(unchecked: [grease]) }
        team.expectRefusal(of: try team.forge([.add(unlisted)]), .extensionNotListed)
        let listed = try team.keyPackage {
            $0.leafNode.extensions = Extensions(unchecked: [grease])
            $0.leafNode.capabilities.extensions.append(grease.type)
        }
        try team.commit(CommitOptions([.add(listed)]))
        try team.expectAgreement()
    }

    @Test
    func `nobody proposes to add whom others would refuse`() throws {
        var team = try TestGroup(2)
        let old = try team.keyPackage(lifetime: Lifetime(notBefore: 0, notAfter: 1_000))
        let broken = try team.keyPackage(resign: false) { $0.signature[3] ^= 1 }
        expectRefusal(.lifetimeInvalid) {
            _ = try team.groups[0].propose(.add(old), now: testTime, using: &team.generator)
        }
        expectRefusal(.keyPackageSignature) { _ = try team.groups[0].propose(.add(broken), using: &team.generator) }
        #expect(team.groups[0].pendingProposals.isEmpty)
        _ = try team.groups[0].propose(.add(try team.keyPackage()), now: testTime, using: &team.generator)
    }

    @Test
    func `the committer's removal that somebody else proposed; an honest committer leaves it out`() throws {
        var team = try TestGroup(4)
        try team.deliver(try team.groups[2].forge(.proposal(.remove(LeafIndex(0)))), except: nil)
        let reference = try #require(team.groups[1].pendingProposals.first?.reference)
        let path = try team.groups[0].honestPath(&team.generator)
        team.expectRefusal(of: try team.forge([.reference(reference)], path: path), .committerRemovesItself)
        let pending = try team.groups[0].commit(now: testTime, judge: AcceptAll(), using: &team.generator)
        #expect(pending.staged.proposals.isEmpty)
    }

    @Test
    func `nobody encrypts a path to those who join by the same commit`() throws {
        var team = try TestGroup(3)
        let package = try team.keyPackage()
        let commit = try team.groups[0].honestCommit(CommitOptions([.add(package)]), &team.generator)
        var path = try #require(commit.path)
        #expect(path.nodes.map(\.encryptedPathSecret.count) == [1, 1])
        path.nodes[1].encryptedPathSecret.append(path.nodes[1].encryptedPathSecret[0])
        team.expectRefusal(of: try team.forge(commit.proposals, path: path), .pathCiphertextCount)
    }

    @Test(arguments: [0, 1, 2])
    func `the index of keys follows one's own update: the old key is free, the new one is taken`(_ member: Int) throws {
        var team = try TestGroup(4)
        let old = try #require(team.groups[0].member(LeafIndex(2)))
        let update = try team.groups[2].proposeUpdate(using: &team.generator)
        try team.deliver(update, except: 2)
        try team.commit(by: 1)
        let new = try #require(team.groups[0].member(LeafIndex(2)))
        #expect(old.encryptionKey != new.encryptionKey)
        for tree in team.groups.map(\.state.tree) + [team.follower.state.tree] {
            #expect(!tree.contains(old.encryptionKey) && tree.contains(new.encryptionKey))
        }
        let thief = try team.keyPackage { $0.leafNode.encryptionKey = new.encryptionKey }
        let committer = member == 0 ? 3 : 0
        team.expectRefusal(
            of: try team.forge([.add(thief)], by: committer), .encryptionKeyNotUnique, member: member)
        let again = try team.keyPackage { $0.leafNode.encryptionKey = old.encryptionKey }
        try team.commit(CommitOptions([.add(again)]), by: committer)
    }

    @Test
    func `more proposals than the limit, in a commit that arrives and in one that is made`() throws {
        var team = try TestGroup(2)
        let many = [ProposalOrRef](
            repeating: .proposal(.remove(LeafIndex(1))), count: Limits.proposals + 1)
        let commit = Commit(proposals: many, path: nil)
        expectRefusal(.malformed) { _ = try decodeWhole(commit.wireBytes, as: Commit.self) }
        team.expectRefusal(of: try team.groups[0].forge(commit), .limitExceeded)
        let options = CommitOptions([Proposal](repeating: .remove(LeafIndex(1)), count: Limits.proposals + 1))
        expectRefusal(.limitExceeded) {
            _ = try team.groups[0].commit(options, now: testTime, judge: AcceptAll(), using: &team.generator)
        }
    }

    @Test
    func `a Welcome with two PSKs of a re-initialisation or branch`() throws {
        let invitation = try Invitation()
        let nonce = [UInt8](repeating: 1, count: 32)
        let group = invitation.team.groups[0]
        let psks = [PreSharedKeyID.Usage.branch, .reinit].map {
            PreSharedKeyID(key: .resumption(usage: $0, groupId: group.groupId, epoch: group.epoch), nonce: nonce)
        }
        let welcome = try invitation.forged(secrets: { $0.psks = psks })
        expectRefusal(.pskUsage) {
            _ = try Group.join(
                welcome, with: invitation.own, predecessor: .branch(of: group), now: testTime, judge: AcceptAll())
        }
    }
}
