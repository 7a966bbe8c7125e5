import MLS
import WireCodec

/// The working group's two signatures of suites 5 and 7 are made over SHA-256 (OpenSSL says so too), where every other
/// file of these suites uses the suite's own hash: they must be refused, and no others of these suites.
private enum FaultySignatures {
    /// How their digests by the suite's hash begin.
    private static let digests: Set<[UInt8]> = [
        [0x18, 0x1d, 0xa9, 0x40, 0x38, 0x8f, 0xbb, 0xa5, 0xaa, 0x4e, 0xc9, 0xbd, 0x77, 0xe8, 0xb3, 0x02],
        [0x94, 0x18, 0x69, 0xcb, 0x64, 0x16, 0x28, 0x4a, 0x1f, 0xa8, 0xc8, 0x71, 0x00, 0xe5, 0x4e, 0x71],
    ]

    static func contain(_ signature: [UInt8], _ algorithms: Algorithms) -> Bool {
        digests.contains(Array(algorithms.digest(signature).prefix(16)))
    }
}

extension Entry {
    func checkDeserialization() throws {
        var reader = WireReader(try hex("vlbytes_header"))
        try expect(try reader.readLength(), try int("length"), "length")
    }

    func checkCryptoBasics() throws {
        let algorithms = try suite().algorithms()
        let ref = self["ref_hash"]
        try expect(
            algorithms.refHash(label: try ref.string("label"), try ref.hex("value")), try ref.hex("out"), "RefHash")
        let expand = self["expand_with_label"]
        try expect(
            algorithms.expand(
                try expand.secret("secret"), label: try expand.string("label"), context: try expand.hex("context"),
                length: try expand.length()),
            try expand.secret("out"), "ExpandWithLabel")
        let derive = self["derive_secret"]
        try expect(
            algorithms.derive(try derive.secret("secret"), try derive.string("label")), try derive.secret("out"),
            "DeriveSecret")
        let tree = self["derive_tree_secret"]
        try expect(
            algorithms.deriveTreeSecret(
                try tree.secret("secret"), try tree.string("label"),
                generation: UInt32(truncatingIfNeeded: try tree.int("generation")), length: try tree.length()),
            try tree.secret("out"), "DeriveTreeSecret")
        // X448 and Ed448 are not supported: the symmetric half above is all that can be checked of suites 4 and 6.
        guard try suite().isSupported else { return }
        try checkSignature(algorithms)
        try checkEncryption(algorithms)
    }

    private func checkSignature(_ algorithms: Algorithms) throws {
        let sign = self["sign_with_label"]
        let label = try sign.string("label")
        let content = try sign.hex("content")
        let key = SignaturePublicKey(try sign.hex("pub"))
        let signature = try sign.hex("signature")
        let isValid = algorithms.verify(signature, content, label: label, key: key)
        try expect(isValid != FaultySignatures.contain(signature, algorithms), "VerifyWithLabel")
        let own = try algorithms.sign(content, label: label, key: try sign.secret("priv"))
        try expect(algorithms.verify(own, content, label: label, key: key), "our own signature is refused")
        try expect(try algorithms.signaturePublicKey(of: try sign.secret("priv")), key, "public key")
    }

    private func checkEncryption(_ algorithms: Algorithms) throws {
        let entry = self["encrypt_with_label"]
        let label = try entry.string("label")
        let context = try entry.hex("context")
        let plaintext = try entry.hex("plaintext")
        let sealed = HPKECiphertext(kemOutput: try entry.hex("kem_output"), ciphertext: try entry.hex("ciphertext"))
        try expect(
            try algorithms.decrypt(sealed, with: try entry.secret("priv"), label: label, context: context), plaintext,
            "DecryptWithLabel")
        let own = try algorithms.encrypt(
            plaintext, to: HPKEPublicKey(try entry.hex("pub")), label: label, context: context)
        try expect(
            try algorithms.decrypt(own, with: try entry.secret("priv"), label: label, context: context), plaintext,
            "our own ciphertext")
    }

    func checkKeySchedule() throws {
        let algorithms = try suite().algorithms()
        var initSecret = try secret("initial_init_secret")
        for (number, epoch) in try list("epochs").enumerated() {
            let context = GroupContext(
                cipherSuite: try suite(), groupId: try hex("group_id"), epoch: UInt64(number),
                treeHash: try epoch.hex("tree_hash"),
                confirmedTranscriptHash: try epoch.hex("confirmed_transcript_hash"), extensions: .none)
            try expect(context.encoded, try epoch.hex("group_context"), "group_context")
            let schedule = KeySchedule(
                algorithms, initSecret: initSecret, commitSecret: try epoch.secret("commit_secret"),
                pskSecret: try epoch.secret("psk_secret"), context: context.encoded)
            try epoch.check(schedule, algorithms, isSupported: try suite().isSupported)
            initSecret = schedule.secrets.initSecret
        }
    }

    private func check(_ schedule: KeySchedule, _ algorithms: Algorithms, isSupported: Bool) throws {
        let secrets = schedule.secrets
        try expect(schedule.joinerSecret, try secret("joiner_secret"), "joiner_secret")
        try expect(schedule.welcomeSecret, try secret("welcome_secret"), "welcome_secret")
        try expect(schedule.encryptionSecret, try secret("encryption_secret"), "encryption_secret")
        try expect(secrets.senderDataSecret, try secret("sender_data_secret"), "sender_data_secret")
        try expect(secrets.exporterSecret, try secret("exporter_secret"), "exporter_secret")
        try expect(secrets.externalSecret, try secret("external_secret"), "external_secret")
        try expect(secrets.confirmationKey, try secret("confirmation_key"), "confirmation_key")
        try expect(secrets.membershipKey, try secret("membership_key"), "membership_key")
        try expect(secrets.resumptionPSK, try secret("resumption_psk"), "resumption_psk")
        try expect(secrets.epochAuthenticator, try secret("epoch_authenticator"), "epoch_authenticator")
        try expect(secrets.initSecret, try secret("init_secret"), "init_secret")
        let exporter = self["exporter"]
        try expect(
            secrets.export(
                algorithms, label: try exporter.string("label"), context: try exporter.hex("context"),
                length: try exporter.length()),
            try exporter.secret("secret"), "exporter")
        if isSupported {
            try expect(
                try secrets.externalKeyPair(algorithms).publicKey.bytes, try hex("external_pub"), "external_pub")
        }
    }

    func checkPSKSecret() throws {
        let algorithms = try suite().algorithms()
        let keys = try list("psks").map { psk in
            (
                id: PreSharedKeyID(key: .external(id: try psk.hex("psk_id")), nonce: try psk.hex("psk_nonce")),
                secret: try psk.secret("psk")
            )
        }
        try expect(algorithms.pskSecret(keys), try secret("psk_secret"), "psk_secret")
    }

    func checkTranscriptHashes() throws {
        let algorithms = try suite().algorithms()
        let content = try decode("authenticated_content", as: AuthenticatedContent.self)
        let confirmed = Transcript.confirmed(
            algorithms, interimBefore: try hex("interim_transcript_hash_before"), commit: content)
        try expect(confirmed, try hex("confirmed_transcript_hash_after"), "confirmed_transcript_hash")
        guard let tag = content.auth.confirmationTag else { throw VectorFailure("no confirmation tag") }
        try expect(
            Transcript.interim(algorithms, confirmed: confirmed, confirmationTag: tag),
            try hex("interim_transcript_hash_after"), "interim_transcript_hash")
        try expect(
            algorithms.isValidMac(tag, key: try secret("confirmation_key"), confirmed), "confirmation tag refused")
    }

    func checkSecretTree() throws {
        let algorithms = try suite().algorithms()
        let senderData = self["sender_data"]
        let outer = algorithms.senderDataKey(
            try senderData.secret("sender_data_secret"), ciphertext: try senderData.hex("ciphertext"))
        try expect(outer.key, try senderData.secret("key"), "sender data key")
        try expect(outer.nonce, try senderData.hex("nonce"), "sender data nonce")
        let leaves = try list("leaves")
        var tree = SecretTree(
            algorithms, shape: TreeShape(atLeast: leaves.count), encryptionSecret: try secret("encryption_secret"))
        for (index, generations) in leaves.enumerated() {
            for entry in generations.json.array?.map(Entry.init) ?? [] {
                let generation = UInt32(truncatingIfNeeded: try entry.int("generation"))
                for (type, name) in [(ContentType.application, "application"), (.commit, "handshake")] {
                    let step = try tree.taking(type, of: LeafIndex(index), generation: generation)
                    tree.apply(step)
                    guard let key = step.key else { throw VectorFailure("no key") }
                    try expect(key.key, try entry.secret("\(name)_key"), "\(name) key \(generation)")
                    try expect(key.nonce, try entry.hex("\(name)_nonce"), "\(name) nonce \(generation)")
                }
            }
        }
    }
}
