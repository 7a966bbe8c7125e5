import MLS
import TestSupport
import WireCodec

/// Makes vector files, for other implementations to check. The generator's seed fixes the life of a made group, not its bytes,
/// since the crypto library draws keys of its own.
struct VectorMaker {
    var generator: SeededGenerator
    let suite: CipherSuite
    let algorithms: Algorithms

    init(seed: UInt64, suite: CipherSuite) throws {
        generator = SeededGenerator(seed: seed)
        self.suite = suite
        algorithms = try suite.algorithms()
        guard suite.isSupported else { throw VectorFailure("suite \(suite.rawValue) cannot be made") }
    }

    /// The entries of a file of this kind.
    mutating func make(_ kind: VectorKind) throws -> [JSON] {
        switch kind {
        case .deserialization: return deserialization()
        case .treeMath: return treeMath()
        case .cryptoBasics: return [try cryptoBasics()]
        case .keySchedule: return [try keySchedule()]
        case .pskSecret: return (0..<4).map { pskSecret($0) }
        case .transcriptHashes: return [try transcriptHashes()]
        case .secretTree: return try [1, 5, 16].map { try secretTree($0) }
        case .messageProtection: return [try messageProtection()]
        case .messages: return [try messages()]
        case .treeOperations: return try treeOperations()
        case .treeValidation: return try treeValidation()
        case .treekem: return [try treeKEM()]
        case .welcome: return [try welcome()]
        case .passiveClient: return [try passiveClient()]
        }
    }

    mutating func bytes(_ count: Int? = nil) -> [UInt8] {
        randomBytes(count ?? algorithms.hashLength, using: &generator)
    }
    mutating func secret() -> Secret { Secret(bytes()) }
    mutating func roll(_ count: Int) -> Int { Int.random(in: 0..<max(1, count), using: &generator) }

    var head: [String: JSON] { ["cipher_suite": .int(Int(suite.rawValue))] }

    func entry(_ fields: [String: JSON]) -> JSON { .object(head.merging(fields) { $1 }) }

    mutating func context(epoch: UInt64, treeHash: [UInt8]? = nil, groupId: [UInt8]? = nil) -> GroupContext {
        GroupContext(
            cipherSuite: suite, groupId: groupId ?? bytes(), epoch: epoch, treeHash: treeHash ?? bytes(),
            confirmedTranscriptHash: bytes(), extensions: .none)
    }

    private mutating func deserialization() -> [JSON] {
        [0, 1, 0x3f, 0x40, 0x3fff, 0x4000, 0x3fff_ffff, roll(1 << 14), roll(1 << 30)].map { length in
            var writer = WireWriter()
            writer.write(length: length)
            return .object(["vlbytes_header": .hex(writer.bytes), "length": .int(length)])
        }
    }

    private func treeMath() -> [JSON] {
        (0...9).map { level in
            let shape = TreeShape(atLeast: 1 << level)
            let nodes = (0..<shape.nodeCount).map { NodeIndex($0) }
            func column(_ neighbour: (NodeIndex) -> NodeIndex?) -> JSON {
                .array(nodes.map { node in neighbour(node).map { .int($0.offset) } ?? .null })
            }
            return .object([
                "n_leaves": .int(shape.leafCount), "n_nodes": .int(shape.nodeCount), "root": .int(shape.root.offset),
                "left": column(\.left), "right": column(\.right), "parent": column(shape.parent(of:)),
                "sibling": column(shape.sibling(of:)),
            ])
        }
    }

    private mutating func cryptoBasics() throws -> JSON {
        let value = bytes()
        let input = secret()
        let context = bytes()
        let pair = try algorithms.generateSignatureKey(using: &generator)
        let hpke = try algorithms.generateKeyPair(using: &generator)
        let plaintext = bytes()
        let sealed = try algorithms.encrypt(plaintext, to: hpke.publicKey, label: "EncryptWithLabel", context: context)
        return entry([
            "ref_hash": .object([
                "label": .string("RefHash"), "value": .hex(value),
                "out": .hex(algorithms.refHash(label: "RefHash", value)),
            ]),
            "expand_with_label": .object([
                "secret": .hex(input.bytes), "label": .string("ExpandWithLabel"), "context": .hex(context),
                "length": .int(16),
                "out": .hex(algorithms.expand(input, label: "ExpandWithLabel", context: context, length: 16).bytes),
            ]),
            "derive_secret": .object([
                "secret": .hex(input.bytes), "label": .string("DeriveSecret"),
                "out": .hex(algorithms.derive(input, "DeriveSecret").bytes),
            ]),
            "derive_tree_secret": .object([
                "secret": .hex(input.bytes), "label": .string("DeriveTreeSecret"), "generation": .int(77),
                "length": .int(algorithms.hashLength),
                "out": .hex(
                    algorithms.deriveTreeSecret(
                        input, "DeriveTreeSecret", generation: 77, length: algorithms.hashLength
                    ).bytes),
            ]),
            "sign_with_label": .object([
                "priv": .hex(pair.privateKey.bytes), "pub": .hex(pair.publicKey.bytes), "content": .hex(value),
                "label": .string("SignWithLabel"),
                "signature": .hex(try algorithms.sign(value, label: "SignWithLabel", key: pair.privateKey)),
            ]),
            "encrypt_with_label": .object([
                "priv": .hex(hpke.privateKey.bytes), "pub": .hex(hpke.publicKey.bytes),
                "label": .string("EncryptWithLabel"), "context": .hex(context), "plaintext": .hex(plaintext),
                "kem_output": .hex(sealed.kemOutput), "ciphertext": .hex(sealed.ciphertext),
            ]),
        ])
    }

    private mutating func keySchedule() throws -> JSON {
        let groupId = bytes()
        var initSecret = secret()
        let first = initSecret
        var epochs: [JSON] = []
        for number in 0..<5 {
            let context = context(epoch: UInt64(number), groupId: groupId)
            let commitSecret = secret()
            let pskSecret = secret()
            let schedule = KeySchedule(
                algorithms, initSecret: initSecret, commitSecret: commitSecret, pskSecret: pskSecret,
                context: context.encoded)
            let secrets = schedule.secrets
            let exported = bytes()
            epochs.append(
                .object([
                    "group_context": .hex(context.encoded), "tree_hash": .hex(context.treeHash),
                    "confirmed_transcript_hash": .hex(context.confirmedTranscriptHash),
                    "commit_secret": .hex(commitSecret.bytes), "psk_secret": .hex(pskSecret.bytes),
                    "joiner_secret": .hex(schedule.joinerSecret.bytes),
                    "welcome_secret": .hex(schedule.welcomeSecret.bytes), "init_secret": .hex(secrets.initSecret.bytes),
                    "encryption_secret": .hex(schedule.encryptionSecret.bytes),
                    "sender_data_secret": .hex(secrets.senderDataSecret.bytes),
                    "exporter_secret": .hex(secrets.exporterSecret.bytes),
                    "external_secret": .hex(secrets.externalSecret.bytes),
                    "confirmation_key": .hex(secrets.confirmationKey.bytes),
                    "membership_key": .hex(secrets.membershipKey.bytes),
                    "resumption_psk": .hex(secrets.resumptionPSK.bytes),
                    "epoch_authenticator": .hex(secrets.epochAuthenticator.bytes),
                    "external_pub": .hex(try secrets.externalKeyPair(algorithms).publicKey.bytes),
                    "exporter": .object([
                        "label": .string("label \(number)"), "context": .hex(exported), "length": .int(40),
                        "secret": .hex(
                            secrets.export(algorithms, label: "label \(number)", context: exported, length: 40).bytes),
                    ]),
                ]))
            initSecret = secrets.initSecret
        }
        return entry([
            "group_id": .hex(groupId), "initial_init_secret": .hex(first.bytes), "epochs": .array(epochs),
        ])
    }

    private mutating func pskSecret(_ count: Int) -> JSON {
        var keys: [(id: PreSharedKeyID, secret: Secret)] = []
        var list: [JSON] = []
        for _ in 0..<count {
            let id = bytes()
            let nonce = bytes()
            let psk = secret()
            keys.append((PreSharedKeyID(key: .external(id: id), nonce: nonce), psk))
            list.append(.object(["psk_id": .hex(id), "psk": .hex(psk.bytes), "psk_nonce": .hex(nonce)]))
        }
        return entry(["psks": .array(list), "psk_secret": .hex(algorithms.pskSecret(keys).bytes)])
    }

    private mutating func transcriptHashes() throws -> JSON {
        var life = try GroupLife(suite: suite, size: 3, generator: generator)
        let content = try life.commitContent(by: 1)
        let before = bytes()
        let key = secret()
        var tagged = content
        let confirmed = Transcript.confirmed(algorithms, interimBefore: before, commit: content)
        let tag = algorithms.mac(key, confirmed)
        tagged.auth.confirmationTag = tag
        return entry([
            "authenticated_content": .hex(tagged.wireBytes), "confirmation_key": .hex(key.bytes),
            "interim_transcript_hash_before": .hex(before), "confirmed_transcript_hash_after": .hex(confirmed),
            "interim_transcript_hash_after": .hex(
                Transcript.interim(algorithms, confirmed: confirmed, confirmationTag: tag)),
        ])
    }

    private mutating func secretTree(_ count: Int) throws -> JSON {
        let encryption = secret()
        let senderData = secret()
        let ciphertext = bytes(77)
        let outer = algorithms.senderDataKey(senderData, ciphertext: ciphertext)
        var tree = SecretTree(algorithms, shape: TreeShape(atLeast: count), encryptionSecret: encryption)
        var leaves: [JSON] = []
        for leaf in 0..<count {
            var generations: [JSON] = []
            for generation in [0, 3, 15] as [UInt32] {
                var fields: [String: JSON] = ["generation": .int(Int(generation))]
                for (type, name) in [(ContentType.application, "application"), (.commit, "handshake")] {
                    let step = try tree.taking(type, of: LeafIndex(leaf), generation: generation)
                    tree.apply(step)
                    fields["\(name)_key"] = .hex(step.key?.key.bytes ?? [])
                    fields["\(name)_nonce"] = .hex(step.key?.nonce ?? [])
                }
                generations.append(.object(fields))
            }
            leaves.append(.array(generations))
        }
        return entry([
            "encryption_secret": .hex(encryption.bytes), "leaves": .array(leaves),
            "sender_data": .object([
                "sender_data_secret": .hex(senderData.bytes), "ciphertext": .hex(ciphertext),
                "key": .hex(outer.key.bytes), "nonce": .hex(outer.nonce),
            ]),
        ])
    }
}
