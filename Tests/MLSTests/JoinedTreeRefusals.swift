import Testing
import WireCodec

@testable import MLS

/// Faulty trees as an insider would hand them out: tree hash and signature of the GroupInfo are right for them. Each is
/// refused by whoever joins by a Welcome, by whoever joins externally, and by a follower that begins.
///
/// Refusals: trees at a join (RFC 9420 §7.3, §12.4.3.1, §12.4.3.3).
@Suite struct JoinedTreeRefusals {
    private func refuse(
        _ invitation: inout Invitation, _ check: Check, now: UInt64? = testTime,
        _ location: SourceLocation = #_sourceLocation, tree edit: (inout [Node?]) throws -> Void = { _ in },
        context: (inout GroupContext) -> Void = { _ in }
    ) throws {
        var nodes = invitation.team.groups[0].ratchetTree.nodes
        try edit(&nodes)
        let exported = ExportedRatchetTree(nodes: nodes)
        let hash = treeHash(exported, invitation.team.groups[0].algorithms)
        func change(_ info: GroupInfo) throws -> GroupInfo {
            var info = info
            context(&info.groupContext)
            info.extensions.set(.ratchetTree, exported.wireBytes)
            if let hash { info.groupContext.treeHash = hash }
            try info.sign(invitation.team.groups[0].signatureKey.privateKey)
            return info
        }
        let changed = try change(invitation.info)
        let welcome = try invitation.forged(resign: false, info: { $0 = changed })
        expectRefusal(check, location) {
            _ = try Group.join(welcome, with: invitation.own, now: now, judge: AcceptAll())
        }
        let info = try change(try invitation.team.groups[0].groupInfo())
        expectRefusal(check, location) { _ = try PublicGroup(info, now: now, judge: AcceptAll()) }
        let client = try Client("outside", using: &invitation.team.generator)
        expectRefusal(check, location) {
            _ = try Group.joinExternally(
                info, identity: client.identity, now: now, judge: AcceptAll(), using: &invitation.team.generator)
        }
    }

    /// The tree hash, if it is a tree at all.
    private func treeHash(_ exported: ExportedRatchetTree, _ algorithms: Algorithms) -> [UInt8]? {
        var tree = try? RatchetTree(exported, algorithms)
        return tree?.treeHash()
    }

    /// Replaces a leaf, and makes the committer's path right again for the changed tree.
    private func consistent(
        _ team: TestGroup, _ nodes: inout [Node?], leaf index: LeafIndex, _ edit: (inout LeafNode) throws -> Void
    ) throws {
        var tree = try RatchetTree(ExportedRatchetTree(nodes: nodes), team.groups[0].algorithms)
        guard var leaf = tree.leaf(index), var committer = tree.leaf(LeafIndex(0)) else { throw TestFailure("blank") }
        try edit(&leaf)
        tree[NodeIndex(index)] = .leaf(leaf)
        let keys = tree.filteredDirectPath(LeafIndex(0)).compactMap { step in
            tree.parent(step.node).map { (step: step, key: $0.encryptionKey) }
        }
        committer.source = .commit(parentHash: tree.setPath(LeafIndex(0), keys: keys))
        try team.groups[0].resign(&committer)
        tree[NodeIndex(LeafIndex(0))] = .leaf(committer)
        nodes = tree.exported.nodes
    }

    @Test
    func `the unchanged tree is accepted on all three paths`() throws {
        var invitation = try Invitation(size: 7)
        _ = try invitation.join(try invitation.forged())
        let info = try invitation.team.groups[0].groupInfo()
        _ = try PublicGroup(info, now: testTime, judge: AcceptAll())
        let client = try Client("outside", using: &invitation.team.generator)
        _ = try Group.joinExternally(
            info, identity: client.identity, now: testTime, judge: AcceptAll(), using: &invitation.team.generator)
        // What makes a changed tree consistent makes a valid one.
        var nodes = invitation.team.groups[0].ratchetTree.nodes
        try consistent(invitation.team, &nodes, leaf: LeafIndex(3)) { _ in }
        var tree = try RatchetTree(ExportedRatchetTree(nodes: nodes), invitation.team.groups[0].algorithms)
        try tree.validateStructure()
    }

    @Test
    func `no node, trailing blanks, and leaves and parents in each other's places (ValSem300)`() throws {
        var invitation = try Invitation(size: 7)
        try refuse(&invitation, .treeEmpty) { $0 = [] }
        try refuse(&invitation, .treeTrailingBlank) { $0.append(nil) }
        try refuse(&invitation, .treeTrailingBlank) { $0 += [nil, nil, nil] }
        try refuse(&invitation, .treeNodeKind) { $0[1] = $0[0] }
        try refuse(&invitation, .treeNodeKind) { $0[2] = $0[1] }
    }

    @Test
    func `parent hashes: wrong, null, over a blank, over another sibling`() throws {
        var invitation = try Invitation(size: 7)
        let places = invitation.team.groups[0].ratchetTree.nodes.indices.filter {
            $0 % 2 == 1 && invitation.team.groups[0].ratchetTree.nodes[$0] != nil
        }
        for place in places {
            try refuse(&invitation, .parentHashMismatch) { nodes in
                guard case .parent(var parent)? = nodes[place] else { return }
                parent.parentHash = parent.parentHash.isEmpty ? [1] : []
                nodes[place] = .parent(parent)
            }
        }
        // The committer's own chain: each of its nodes blanked leaves the one above without a child.
        try refuse(&invitation, .parentHashMismatch) { $0[1] = nil }
        let founder = invitation.team.groups[0]
        try refuse(&invitation, .parentHashMismatch) { nodes in
            guard case .leaf(var leaf)? = nodes[0] else { return }
            leaf.source = .commit(parentHash: [])
            try founder.resign(&leaf)
            nodes[0] = .leaf(leaf)
        }
        // Another member under the sibling than when the path was made.
        let other = try invitation.team.keyPackage().leafNode
        try refuse(&invitation, .parentHashMismatch) { $0[8] = .leaf(other) }
    }

    @Test
    func `unmerged leaves: elsewhere, blank, or not listed on the way`() throws {
        var invitation = try Invitation(size: 7, forcePath: false)
        let nodes = invitation.team.groups[0].ratchetTree.nodes
        #expect(invitation.team.groups[0].state.tree.parent(NodeIndex(11))?.unmergedLeaves == [LeafIndex(7)])
        for (place, unmerged) in [(1, [5]), (3, [9]), (7, [7, 15]), (11, [])] as [(Int, [Int])]
        where nodes[place] != nil {
            try refuse(&invitation, .unmergedLeavesInvalid) { nodes in
                guard case .parent(var parent)? = nodes[place] else { return }
                parent.unmergedLeaves = unmerged.map { LeafIndex($0) }
                nodes[place] = .parent(parent)
            }
        }
        // Out of order: already the codec has no such node.
        try refuse(&invitation, .malformed) { nodes in
            guard case .parent(var parent)? = nodes[7] else { return }
            parent.unmergedLeaves = [LeafIndex(7), LeafIndex(6)]
            nodes[7] = .parent(parent)
        }
        try refuse(&invitation, .malformed) { nodes in
            guard case .parent(var parent)? = nodes[7] else { return }
            parent.unmergedLeaves = [LeafIndex(7), LeafIndex(7)]
            nodes[7] = .parent(parent)
        }
    }

    @Test
    func `an encryption key or a signature key at two places`() throws {
        var invitation = try Invitation(size: 7)
        let team = invitation.team
        let other = try #require(team.groups[0].member(LeafIndex(5)))
        let parent = try #require(team.groups[0].state.tree.parent(NodeIndex(7)))
        for key in [other.encryptionKey, parent.encryptionKey] {
            try refuse(&invitation, .encryptionKeyNotUnique) {
                try consistent(team, &$0, leaf: LeafIndex(3)) { $0.encryptionKey = key }
            }
        }
        try refuse(&invitation, .signatureKeyNotUnique) {
            try consistent(team, &$0, leaf: LeafIndex(3)) { $0.signatureKey = other.signatureKey }
        }
    }

    @Test
    func `one bad leaf: signature, group, place, keys, capabilities, extensions, credential, lifetime`() throws {
        // Only the committer has parents, which `consistent` makes right again.
        var invitation = try Invitation()
        let team = invitation.team
        let member = team.groups[3]
        let unlisted = Extension(type: ExtensionType(rawValue: 0xf001), data: [])
        let cases: [(Check, (inout LeafNode) -> Void)] = [
            (.invalidPublicKey, { $0.encryptionKey = HPKEPublicKey([UInt8](repeating: 0, count: 32)) }),
            (.suiteNotSupported, { $0.capabilities.versions = [] }),
            (.suiteNotSupported, { $0.capabilities.cipherSuites = [] }),
            (.extensionNotListed, { $0.extensions = Extensions(unchecked: [unlisted]) }),
            (.extensionMisplaced, { $0.extensions = Extensions(unchecked: [Extension(type: .externalPub, data: [])]) }),
            (.credentialNotSupported, { $0.capabilities.credentials = [] }),
            (
                .credentialNotSupported,
                {
                    $0.credential = .other(type: CredentialType(rawValue: 0xf002), content: [])
                    $0.capabilities.credentials.append(CredentialType(rawValue: 0xf002))
                }
            ),
            (.lifetimeInvalid, { $0.source = .keyPackage(Lifetime(notBefore: 0, notAfter: 1)) }),
        ]
        for (check, edit) in cases {
            try refuse(&invitation, check) {
                try consistent(team, &$0, leaf: LeafIndex(3)) { leaf in
                    edit(&leaf)
                    try leaf.sign(member.algorithms, at: nil, key: member.signatureKey.privateKey)
                }
            }
        }
        try refuse(&invitation, .leafSignature) {
            try consistent(team, &$0, leaf: LeafIndex(3)) { $0.signature[0] ^= 1 }
        }
        // Leaves of an Update, signed for another place and for another group.
        for (index, groupId) in [(4, [1, 2, 3]), (3, [9])] as [(Int, [UInt8])] {
            try refuse(&invitation, .leafSignature) {
                try consistent(team, &$0, leaf: LeafIndex(3)) { leaf in
                    leaf.source = .update
                    try leaf.sign(
                        member.algorithms, at: .init(groupId: groupId, index: LeafIndex(index)),
                        key: member.signatureKey.privateKey)
                }
            }
        }
    }

    @Test
    func `what a group's context must not have, and what a member of it does not support`() throws {
        var invitation = try Invitation(size: 7)
        func list(_ type: UInt16, _ data: [UInt8]) -> Extensions {
            Extensions(unchecked: [Extension(type: ExtensionType(rawValue: type), data: data)])
        }
        let required = RequiredCapabilities(credentialTypes: [CredentialType(rawValue: 0xf001)])
        let cases: [(Check, Extensions)] = [
            (.extensionMisplaced, list(1, [])), (.extensionMisplaced, list(2, [])), (.extensionMisplaced, list(4, [])),
            (.extensionMalformed, list(3, [1])), (.extensionMalformed, list(5, [1])),
            (.extensionNotSupported, list(0xf001, [])), (.requiredCapabilities, list(3, required.wireBytes)),
        ]
        for (check, extensions) in cases {
            try refuse(&invitation, check, context: { $0.extensions = extensions })
        }
        try refuse(
            &invitation, .unsupportedVersion, context: { $0.version = ProtocolVersion(rawValue: 2) })
        try refuse(&invitation, .leafSignature, context: { $0.groupId = [7] })
    }

    @Test
    func `extensions that have no place in a GroupInfo, received and made`() throws {
        var invitation = try Invitation(size: 3)
        for type in [ExtensionType.applicationId, .requiredCapabilities, .externalSenders] {
            let misplaced = Extension(type: type, data: [0])
            let welcome = try invitation.forged(info: { $0.extensions.set(type, [0]) })
            expectRefusal(.extensionMisplaced) { _ = try invitation.join(welcome) }
            var info = try invitation.team.groups[0].groupInfo()
            info.extensions.set(type, [0])
            try info.sign(invitation.team.groups[0].signatureKey.privateKey)
            expectRefusal(.extensionMisplaced) { _ = try PublicGroup(info, now: testTime, judge: AcceptAll()) }
            expectRefusal(.extensionMisplaced) { try invitation.team.follower.publish(info) }
            expectRefusal(.extensionMisplaced) {
                _ = try invitation.team.groups[0].groupInfo(extensions: [misplaced])
            }
            var options = CommitOptions([.add(try invitation.team.keyPackage())])
            options.groupInfoExtensions = [misplaced]
            expectRefusal(.extensionMisplaced) { try invitation.team.commit(options) }
        }
        let grease = Extension(type: ExtensionType(rawValue: 0x1a1a), data: [1])
        _ = try PublicGroup(
            try invitation.team.groups[0].groupInfo(extensions: [grease]), now: testTime, judge: AcceptAll())
    }

    @Test
    func `an added leaf under a blank ancestor does not change the sibling's original hash`() throws {
        var team = try TestGroup(8)
        for committer in 0..<8 { try team.commit(by: committer) }
        // Blank on the right: 9, 11 and the root; then the root is set again from the left.
        try team.commit(CommitOptions([.remove(LeafIndex(5))]), by: 0)
        #expect(team.groups[0].state.tree.parent(NodeIndex(9)) == nil)
        #expect(team.groups[0].state.tree.parent(NodeIndex(11)) == nil)
        // Somebody joins below the blanks without a path: unmerged at the root, at nothing between.
        let own = try Client("late", using: &team.generator).keyPackage(using: &team.generator)
        var options = CommitOptions([.add(own.keyPackage)])
        options.forcePath = false
        guard case .welcome(let welcome)? = try team.commit(options, by: 2)?.body else { return }
        #expect(team.groups[0].state.tree.parent(NodeIndex(7))?.unmergedLeaves == [LeafIndex(5)])
        team.groups[5] = try Group.join(welcome, with: own, now: testTime, judge: AcceptAll())
        _ = try PublicGroup(try team.groups[0].groupInfo(), now: testTime, judge: AcceptAll())
        try team.expectAgreement()
        try team.commit(by: 5)
        try team.expectAgreement()
    }
}
