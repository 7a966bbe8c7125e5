import MLS
import WireCodec

extension Entry {
    func checkMessages() throws {
        for key in [
            "mls_welcome", "mls_group_info", "mls_key_package", "public_message_proposal", "public_message_commit",
            "private_message",
        ] { try roundTrip(key, MLSMessage.self) }
        // RFC 9420 §6.2 forbids it: who keeps to that has none to publish.
        if !json["public_message_application"].isNull {
            try roundTrip("public_message_application", MLSMessage.self)
        }
        try roundTrip("ratchet_tree", ExportedRatchetTree.self)
        try roundTrip("group_secrets", GroupSecrets.self)
        try roundTrip("add_proposal", KeyPackage.self)
        try roundTrip("update_proposal", LeafNode.self)
        try roundTrip("remove_proposal", LeafIndex.self)
        try roundTrip("pre_shared_key_proposal", PreSharedKeyID.self)
        try roundTrip("re_init_proposal", ReInit.self)
        try roundTrip("group_context_extensions_proposal", Extensions.self)
        try roundTrip("commit", Commit.self)
        // ExternalInit has no type of its own here: the proposal's two bytes are put before it.
        let external = [0, 6] + (try hex("external_init_proposal"))
        try expect(try decodeWhole(external, as: Proposal.self).encoded, external, "external_init_proposal")
    }

    private func roundTrip<Value: WireCodable>(_ key: String, _ type: Value.Type) throws {
        let value = try decode(key, as: type)
        try expect(value.wireBytes, try hex(key), key)
    }

    func checkMessageProtection() throws {
        let session = try ProtectionSession(self)
        let proposal = try decode("proposal", as: Proposal.self)
        let commit = try decode("commit", as: Commit.self)
        for body in [
            ("proposal", FramedContent.Body.proposal(proposal)), ("commit", .commit(commit)),
            ("application", .application(try hex("application"))),
        ] {
            try expect(try session.open(try hex("\(body.0)_priv")), body.1, "\(body.0)_priv")
            try expect(try session.open(try session.seal(body.1, .privateMessage)), body.1, "our private \(body.0)")
            if body.0 == "application" { continue }
            try expect(try session.open(try hex("\(body.0)_pub")), body.1, "\(body.0)_pub")
            try expect(try session.open(try session.seal(body.1, .publicMessage)), body.1, "our public \(body.0)")
        }
    }
}

/// The group of two that the message-protection vectors describe: leaf 1 sends.
private struct ProtectionSession {
    let algorithms: Algorithms
    let context: GroupContext
    let signaturePriv: Secret
    let signaturePub: SignaturePublicKey
    let encryptionSecret: Secret
    let senderDataSecret: Secret
    let membershipKey: Secret

    init(_ entry: Entry) throws {
        algorithms = try entry.suite().algorithms()
        context = GroupContext(
            cipherSuite: try entry.suite(), groupId: try entry.hex("group_id"), epoch: UInt64(try entry.int("epoch")),
            treeHash: try entry.hex("tree_hash"),
            confirmedTranscriptHash: try entry.hex("confirmed_transcript_hash"), extensions: .none)
        signaturePriv = try entry.secret("signature_priv")
        signaturePub = SignaturePublicKey(try entry.hex("signature_pub"))
        encryptionSecret = try entry.secret("encryption_secret")
        senderDataSecret = try entry.secret("sender_data_secret")
        membershipKey = try entry.secret("membership_key")
    }

    private var tree: SecretTree {
        SecretTree(algorithms, shape: TreeShape(atLeast: 2), encryptionSecret: encryptionSecret)
    }

    func open(_ bytes: [UInt8]) throws -> FramedContent.Body {
        let content: AuthenticatedContent
        switch try MLSMessage(decoding: bytes).body {
        case .publicMessage(let message):
            try expect(
                Protection.hasValidTag(
                    message, context: context.encoded, membershipKey: membershipKey, algorithms: algorithms),
                "the membership tag is refused")
            content = message.authenticatedContent
        case .privateMessage(let message):
            let senderData = try Protection.openSenderData(
                message, senderDataSecret: senderDataSecret, algorithms: algorithms)
            try expect(senderData.leaf, LeafIndex(1), "sender")
            let step = try tree.taking(
                message.contentType, of: senderData.leaf, generation: senderData.generation)
            guard let key = step.key else { throw VectorFailure("no key") }
            content = try Protection.open(message, senderData: senderData, key: key, algorithms: algorithms)
        default: throw VectorFailure("neither public nor private")
        }
        try expect(
            content.hasValidSignature(algorithms, context: context.encoded, key: signaturePub),
            "the signature is refused")
        return content.content.body
    }

    func seal(_ body: FramedContent.Body, _ format: WireFormat) throws -> [UInt8] {
        let content = FramedContent(
            groupId: context.groupId, epoch: context.epoch, sender: .member(LeafIndex(1)), authenticatedData: [1, 2],
            body: body)
        var signed = try AuthenticatedContent.signed(
            content, wireFormat: format, context: context.encoded, algorithms: algorithms, key: signaturePriv)
        if case .commit = body {
            signed.auth.confirmationTag = [UInt8](repeating: 7, count: algorithms.hashLength)
        }
        if format == .publicMessage {
            return MLSMessage(
                .publicMessage(
                    Protection.publicMessage(
                        signed, context: context.encoded, membershipKey: membershipKey, algorithms: algorithms))
            ).encoded
        }
        var tree = tree
        let key = try tree.takeNext(body.type, of: LeafIndex(1))
        return MLSMessage(
            .privateMessage(
                try Protection.privateMessage(
                    signed, leaf: LeafIndex(1), key: key, reuseGuard: [1, 2, 3, 4],
                    senderDataSecret: senderDataSecret, padding: .multiple(of: 64), algorithms: algorithms))
        ).encoded
    }
}
