import MLS
import WireCodec

/// Accepts whatever the protocol allows, other identities too: vectors have no application.
struct VectorJudge: Judge {
    func maySucceed(_ old: Credential, _ new: Credential) -> Bool { true }
}

extension Entry {
    private func keyPackage() throws -> KeyPackage {
        guard case .keyPackage(let keyPackage) = try MLSMessage(decoding: try hex("key_package")).body else {
            throw VectorFailure("key_package is something else")
        }
        return keyPackage
    }

    private func welcomeMessage() throws -> Welcome {
        guard case .welcome(let welcome) = try MLSMessage(decoding: try hex("welcome")).body else {
            throw VectorFailure("welcome is something else")
        }
        return welcome
    }

    func checkWelcome() throws {
        let algorithms = try suite().algorithms()
        let welcome = try welcomeMessage()
        let reference = try keyPackage().reference()
        guard let entry = welcome.secrets.first(where: { $0.newMember == reference }) else {
            throw VectorFailure("the Welcome is for somebody else")
        }
        let secrets = try decodeWhole(
            try algorithms.decrypt(
                entry.encryptedGroupSecrets, with: try secret("init_priv"), label: "Welcome",
                context: welcome.encryptedGroupInfo), as: GroupSecrets.self)
        let joiner = Secret(secrets.joinerSecret)
        let none = algorithms.pskSecret([])
        let key = WelcomeKey(
            algorithms,
            welcomeSecret: KeySchedule.welcomeSecret(algorithms, joinerSecret: joiner, pskSecret: none))
        guard let opened = algorithms.open(welcome.encryptedGroupInfo, key: key.key, nonce: key.nonce, aad: [])
        else { throw VectorFailure("the GroupInfo does not open") }
        let info = try GroupInfo(decoding: opened)
        try expect(
            info.hasValidSignature(algorithms, key: SignaturePublicKey(try hex("signer_pub"))),
            "the signature of the GroupInfo is refused")
        let schedule = KeySchedule(
            algorithms, joinerSecret: joiner, pskSecret: none, context: info.groupContext.encoded)
        try expect(
            algorithms.isValidMac(
                info.confirmationTag, key: schedule.secrets.confirmationKey,
                info.groupContext.confirmedTranscriptHash), "the confirmation tag is refused")
    }

    func checkPassiveClient() throws {
        let signatureKey = try SignatureKeyPair(suite: try suite(), privateKey: try secret("signature_priv"))
        let own = try KeyPackageSecrets(
            keyPackage: try keyPackage(), initPrivateKey: try secret("init_priv"),
            encryptionPrivateKey: try secret("encryption_priv"), signatureKey: signatureKey)
        var psks = PreSharedKeys()
        for psk in try list("external_psks") {
            psks[.external(id: try psk.hex("psk_id"))] = try psk.secret("psk")
        }
        let tree = try optionalHex("ratchet_tree").map { try ExportedRatchetTree(decoding: $0) }
        var group = try Group.join(
            try welcomeMessage(), with: own, tree: tree, psks: psks, now: nil, judge: VectorJudge())
        try expect(group.epochAuthenticator, try secret("initial_epoch_authenticator"), "initial authenticator")
        for (number, epoch) in try list("epochs").enumerated() {
            do {
                for proposal in try epoch.list("proposals") {
                    let message = try MLSMessage(decoding: proposal.json.hex ?? [])
                    guard case .proposal(let verified) = try group.open(message) else {
                        throw VectorFailure("a proposal is something else")
                    }
                    try group.cache(verified)
                }
                guard case .commit(let commit) = try group.open(try MLSMessage(decoding: try epoch.hex("commit")))
                else { throw VectorFailure("a commit is something else") }
                try group.merge(try group.stage(commit, psks: psks, now: nil, judge: VectorJudge()))
                try expect(group.epochAuthenticator, try epoch.secret("epoch_authenticator"), "authenticator")
            } catch {
                throw VectorFailure("epoch \(number): \(error)")
            }
        }
    }
}
