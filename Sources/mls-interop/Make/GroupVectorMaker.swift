import MLS
import TestSupport
import WireCodec

extension VectorMaker {
    private mutating func life(_ size: Int, shaken steps: Int = 0) throws -> GroupLife {
        var life = try GroupLife(suite: suite, size: size, generator: SeededGenerator(seed: generator.next()))
        try life.shake(steps)
        return life
    }

    mutating func messageProtection() throws -> JSON {
        let context = context(epoch: UInt64(roll(1 << 20)))
        let pair = try algorithms.generateSignatureKey(using: &generator)
        let encryption = secret()
        let senderData = secret()
        let membership = secret()
        let proposal = Proposal.remove(LeafIndex(roll(100)))
        let commit = Commit(proposals: [], path: nil)
        let application = bytes()
        var fields: [String: JSON] = [
            "group_id": .hex(context.groupId), "epoch": .int(Int(context.epoch)), "tree_hash": .hex(context.treeHash),
            "confirmed_transcript_hash": .hex(context.confirmedTranscriptHash),
            "signature_priv": .hex(pair.privateKey.bytes), "signature_pub": .hex(pair.publicKey.bytes),
            "encryption_secret": .hex(encryption.bytes), "sender_data_secret": .hex(senderData.bytes),
            "membership_key": .hex(membership.bytes), "proposal": .hex(proposal.encoded),
            "commit": .hex(commit.wireBytes), "application": .hex(application),
        ]
        var tree = SecretTree(algorithms, shape: TreeShape(atLeast: 2), encryptionSecret: encryption)
        let bodies: [(String, FramedContent.Body)] = [
            ("proposal", .proposal(proposal)), ("commit", .commit(commit)), ("application", .application(application)),
        ]
        for (name, body) in bodies {
            for format in [WireFormat.publicMessage, .privateMessage] {
                if format == .publicMessage && name == "application" { continue }
                let content = FramedContent(
                    groupId: context.groupId, epoch: context.epoch, sender: .member(LeafIndex(1)),
                    authenticatedData: [], body: body)
                var signed = try AuthenticatedContent.signed(
                    content, wireFormat: format, context: context.encoded, algorithms: algorithms,
                    key: pair.privateKey)
                if name == "commit" { signed.auth.confirmationTag = bytes() }
                if format == .publicMessage {
                    let message = Protection.publicMessage(
                        signed, context: context.encoded, membershipKey: membership, algorithms: algorithms)
                    fields["\(name)_pub"] = .hex(MLSMessage(.publicMessage(message)).encoded)
                } else {
                    let message = try Protection.privateMessage(
                        signed, leaf: LeafIndex(1), key: try tree.takeNext(body.type, of: LeafIndex(1)),
                        reuseGuard: bytes(4), senderDataSecret: senderData, padding: .none, algorithms: algorithms)
                    fields["\(name)_priv"] = .hex(MLSMessage(.privateMessage(message)).encoded)
                }
            }
        }
        return entry(fields)
    }

    mutating func messages() throws -> JSON {
        var life = try life(3)
        let own = try life.newKeyPackage()
        let update = try life.update(by: 1, framing: .publicMessage)
        guard case .publicMessage(let updateMessage) = update.body,
            case .proposal(.update(let leaf)) = updateMessage.content.body
        else { throw VectorFailure("no update") }
        let content = try life.commitContent(by: 2)
        guard case .commit(let commit) = content.content.body else { throw VectorFailure("no commit") }
        let (message, welcome) = try life.add([own], by: 0)
        let group = life.groups[0]
        let application = FramedContent(
            groupId: group.groupId, epoch: group.epoch, sender: .member(LeafIndex(0)), authenticatedData: bytes(),
            body: .application(bytes()))
        let plain = PublicMessage(
            content: application, auth: FramedContentAuth(signature: bytes(), confirmationTag: nil),
            membershipTag: bytes())
        let sent = try sendPrivately(group)
        let groupSecrets = GroupSecrets(joinerSecret: bytes(), pathSecret: bytes(), psks: [])
        var kem = WireWriter()
        kem.write(vector: bytes())
        let reInit = ReInit(groupId: bytes(), cipherSuite: suite)
        return .object([
            "mls_welcome": .hex(MLSMessage(.welcome(welcome)).encoded),
            "mls_group_info": .hex(MLSMessage(.groupInfo(try group.groupInfo())).encoded),
            "mls_key_package": .hex(MLSMessage(.keyPackage(own.keyPackage)).encoded),
            "ratchet_tree": .hex(group.ratchetTree.encoded), "group_secrets": .hex(groupSecrets.wireBytes),
            "add_proposal": .hex(own.keyPackage.encoded), "update_proposal": .hex(leaf.wireBytes),
            "remove_proposal": .hex(LeafIndex(roll(99)).wireBytes),
            "pre_shared_key_proposal": .hex(
                PreSharedKeyID(key: .external(id: bytes()), nonce: bytes()).wireBytes),
            "re_init_proposal": .hex(reInit.wireBytes), "external_init_proposal": .hex(kem.bytes),
            "group_context_extensions_proposal": .hex(Extensions.none.wireBytes), "commit": .hex(commit.wireBytes),
            "public_message_application": .hex(MLSMessage(.publicMessage(plain)).encoded),
            "public_message_proposal": .hex(update.encoded), "public_message_commit": .hex(message.encoded),
            "private_message": .hex(sent.encoded),
        ])
    }

    private mutating func sendPrivately(_ group: Group) throws -> MLSMessage {
        var copy = group
        return try copy.send(bytes(), using: &generator)
    }

    mutating func treeOperations() throws -> [JSON] {
        var life = try life(6, shaken: 4)
        var entries: [JSON] = []
        let target = life.groups[life.groups.count - 1].ownLeaf
        let add = try life.newKeyPackage()
        let update = try life.update(by: 1, framing: .publicMessage)
        guard case .publicMessage(let message) = update.body, case .proposal(let updating) = message.content.body
        else { throw VectorFailure("no update") }
        for (proposal, sender) in [
            (Proposal.add(add.keyPackage), LeafIndex(0)), (updating, life.groups[1].ownLeaf),
            (.remove(target), LeafIndex(0)), (.remove(LeafIndex(0)), target),
        ] {
            var tree = try RatchetTree(life.groups[0].ratchetTree, algorithms)
            var fields: [String: JSON] = [
                "tree_before": .hex(tree.exported.encoded), "tree_hash_before": .hex(tree.treeHash()),
                "proposal": .hex(proposal.encoded), "proposal_sender": .int(Int(sender.rawValue)),
            ]
            switch proposal {
            case .add(let package): _ = try tree.add(package.leafNode)
            case .update(let leaf): tree.update(sender, leaf)
            case .remove(let leaf):
                tree.remove(leaf)
                tree.truncate()
            default: break
            }
            fields["tree_after"] = .hex(tree.exported.encoded)
            fields["tree_hash_after"] = .hex(tree.treeHash())
            entries.append(entry(fields))
        }
        return entries
    }

    mutating func treeValidation() throws -> [JSON] {
        try (1...6).map { size in
            let life = try life(size, shaken: size)
            var tree = try RatchetTree(life.groups[0].ratchetTree, algorithms)
            let nodes = (0..<tree.shape.nodeCount).map { NodeIndex($0) }
            var hashes: [JSON] = []
            for node in nodes { hashes.append(.hex(tree.treeHash(node))) }
            return entry([
                "tree": .hex(tree.exported.encoded), "group_id": .hex(life.groups[0].groupId),
                "tree_hashes": .array(hashes),
                "resolutions": .array(nodes.map { .array(tree.resolution($0).map { .int($0.offset) }) }),
            ])
        }
    }

    /// Every member's path over one tree. Only path secrets that are known from the making can be told: the tree is made by one
    /// path of the first member over fresh leaves.
    mutating func treeKEM() throws -> JSON {
        let groupId = bytes()
        let count = 2 + roll(7)
        var tree = RatchetTree(algorithms)
        var pairs: [HPKEKeyPair] = []
        var signers: [SignatureKeyPair] = []
        for index in 0..<count {
            let pair = try algorithms.generateKeyPair(using: &generator)
            let signer = try algorithms.generateSignatureKey(using: &generator)
            let leaf = try LeafNode(
                encryptionKey: pair.publicKey, identity: identity(index, signer),
                source: .keyPackage(Lifetime(notBefore: 0, notAfter: .max)), position: nil, algorithms: algorithms,
                key: signer.privateKey)
            _ = try tree.add(leaf)
            pairs.append(pair)
            signers.append(signer)
        }
        let base = context(epoch: 7, groupId: groupId)
        let first = try path(&tree, LeafIndex(0), signers[0], base, index: 0)
        pairs[0] = first.generated.leafKey
        var members: [JSON] = []
        var keys: [TreePrivateKeys] = []
        for index in 0..<count {
            var own = TreePrivateKeys(leaf: LeafIndex(index), leafKey: pairs[index])
            var secrets: [JSON] = []
            for (step, secret) in zip(first.generated.steps, first.generated.pathSecrets)
            where step.node.covers(NodeIndex(LeafIndex(index))) {
                secrets.append(.object(["node": .int(step.node.offset), "path_secret": .hex(secret.bytes)]))
                own.set(step.node, try algorithms.deriveKeyPair(algorithms.derive(secret, "node")))
            }
            keys.append(own)
            members.append(
                .object([
                    "index": .int(index), "encryption_priv": .hex(pairs[index].privateKey.bytes),
                    "signature_priv": .hex(signers[index].privateKey.bytes), "path_secrets": .array(secrets),
                ]))
        }
        var updates: [JSON] = []
        for index in 0..<count {
            var after = tree
            let made = try path(&after, LeafIndex(index), signers[index], base, index: index)
            let secrets: [JSON] = (0..<count).map { other in
                if other == index { return .null }
                return made.generated.pathSecret(for: LeafIndex(other)).map { .hex($0.bytes) } ?? .null
            }
            updates.append(
                .object([
                    "sender": .int(index), "update_path": .hex(made.path.wireBytes),
                    "path_secrets": .array(secrets), "commit_secret": .hex(made.generated.commitSecret.bytes),
                    "tree_hash_after": .hex(after.treeHash()),
                ]))
        }
        return entry([
            "group_id": .hex(groupId), "epoch": .int(7),
            "confirmed_transcript_hash": .hex(base.confirmedTranscriptHash),
            "ratchet_tree": .hex(tree.exported.encoded), "leaves_private": .array(members),
            "update_paths": .array(updates),
        ])
    }

    private func identity(_ index: Int, _ signer: SignatureKeyPair) -> LeafIdentity {
        LeafIdentity(
            signatureKey: signer.publicKey, credential: .basic(identity: [UInt8(index & 255)]),
            capabilities: Capabilities(), extensions: .none)
    }

    private mutating func path(
        _ tree: inout RatchetTree, _ leaf: LeafIndex, _ signer: SignatureKeyPair, _ base: GroupContext, index: Int
    ) throws -> (path: UpdatePath, generated: GeneratedPath) {
        let before = tree
        let generated = try GeneratedPath(before, leaf: leaf, using: &generator)
        let keys = zip(generated.steps, generated.pairs).map { (step: $0.0, key: $0.1.publicKey) }
        let parentHash = tree.setPath(leaf, keys: keys)
        let node = try LeafNode(
            encryptionKey: generated.leafKey.publicKey, identity: identity(index, signer),
            source: .commit(parentHash: parentHash), position: .init(groupId: base.groupId, index: leaf),
            algorithms: algorithms, key: signer.privateKey)
        tree[NodeIndex(leaf)] = .leaf(node)
        let context = GroupContext(
            cipherSuite: suite, groupId: base.groupId, epoch: base.epoch, treeHash: tree.treeHash(),
            confirmedTranscriptHash: base.confirmedTranscriptHash, extensions: .none)
        let nodes = try generated.encrypt(before, joining: [], context: context.encoded)
        return (UpdatePath(leafNode: node, nodes: nodes), generated)
    }

    mutating func welcome() throws -> JSON {
        var life = try life(2 + roll(5))
        let own = try life.newKeyPackage()
        let committer = roll(life.groups.count)
        let signer = life.groups[committer].ownLeaf
        let (_, welcome) = try life.add([own], by: committer)
        return entry([
            "init_priv": .hex(own.initPrivateKey.bytes),
            "key_package": .hex(MLSMessage(.keyPackage(own.keyPackage)).encoded),
            "signer_pub": .hex(life.groups[0].member(signer)?.signatureKey.bytes ?? []),
            "welcome": .hex(MLSMessage(.welcome(welcome)).encoded),
        ])
    }

    /// A random life of a group in which somebody who joined only listens.
    mutating func passiveClient() throws -> JSON {
        var life = try life(2 + roll(8), shaken: roll(6))
        let own = try life.newKeyPackage()
        let pskId = bytes()
        let psk = secret()
        let keys = PreSharedKeys([.external(id: pskId): psk])
        let committer = roll(life.groups.count)
        let injected = life.groups[committer].preSharedKeyProposal(.external(id: pskId), using: &generator)
        let (_, welcome) = try life.add(
            [own], by: committer, psks: keys, proposals: [injected], joining: false)
        let initial = life.groups[0].epochAuthenticator
        var epochs: [JSON] = []
        for _ in 0..<(3 + roll(8)) { epochs.append(try epoch(&life, psks: keys, pskId)) }
        return entry([
            "external_psks": .array([.object(["psk_id": .hex(pskId), "psk": .hex(psk.bytes)])]),
            "key_package": .hex(MLSMessage(.keyPackage(own.keyPackage)).encoded),
            "signature_priv": .hex(own.signaturePrivateKey.bytes), "init_priv": .hex(own.initPrivateKey.bytes),
            "encryption_priv": .hex(own.encryptionPrivateKey.bytes),
            "welcome": .hex(MLSMessage(.welcome(welcome)).encoded), "ratchet_tree": .null,
            "initial_epoch_authenticator": .hex(initial.bytes), "epochs": .array(epochs),
        ])
    }

    private mutating func epoch(
        _ life: inout GroupLife, psks: PreSharedKeys, _ pskId: [UInt8]
    ) throws -> JSON {
        let framing: HandshakeFraming = roll(2) == 0 ? .publicMessage : .privateMessage(.multiple(of: 32))
        var proposals: [MLSMessage] = []
        let commit: MLSMessage
        if roll(5) == 0 {
            commit = try life.joinExternally()
        } else {
            let committer = roll(life.groups.count)
            if life.groups.count > 2, roll(2) == 0 {
                proposals.append(try life.update(by: (committer + 1) % life.groups.count, framing: framing))
            }
            if life.groups.count > 4, roll(2) == 0 {
                let target = life.groups[(committer + 2) % life.groups.count].ownLeaf
                proposals.append(
                    try life.proposeRemoval(of: target, by: (committer + 3) % life.groups.count, framing: framing))
            }
            var options = CommitOptions()
            options.framing = framing
            for _ in 0..<roll(3) { options.proposals.append(.add(try life.newKeyPackage().keyPackage)) }
            if roll(3) == 0 {
                options.proposals.append(
                    life.groups[committer].preSharedKeyProposal(.external(id: pskId), using: &generator))
            }
            commit = try life.commit(options, by: committer, psks: psks).message
        }
        return .object([
            "proposals": .array(proposals.map { .hex($0.encoded) }), "commit": .hex(commit.encoded),
            "epoch_authenticator": .hex(life.groups[0].epochAuthenticator.bytes),
        ])
    }
}
