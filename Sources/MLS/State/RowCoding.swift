import WireCodec

/// Rows are written in the presentation language of the RFC, with a format byte in front of each.
private let format: UInt8 = 1

func encodeRow(_ body: (inout WireWriter) -> Void) -> [UInt8] {
    var writer = WireWriter(reserving: 256)
    writer.write(format)
    body(&writer)
    return writer.bytes
}

func decodeRow<Value>(
    _ bytes: [UInt8], _ body: (inout WireReader) throws(WireError) -> Value
) throws(MLSError) -> Value {
    do {
        var reader = WireReader(bytes)
        guard try reader.read(UInt8.self) == format else { throw WireError.invalidValue(field: "row format") }
        let value = try body(&reader)
        try reader.finish()
        return value
    } catch {
        throw MLSError(.storeMalformed, "\(error)")
    }
}

extension WireWriter {
    mutating func write(_ secret: Secret) {
        write(length: secret.count)
        secret.withUnsafeBytes { write(fixed: $0) }
    }

    mutating func write(_ pair: HPKEKeyPair) {
        write(pair.privateKey)
        write(pair.publicKey)
    }

    mutating func write(_ pair: SignatureKeyPair) {
        write(pair.privateKey)
        write(pair.publicKey)
    }

    mutating func write(_ ratchet: Ratchet) {
        write(ratchet.secret)
        write(ratchet.next)
        write(UInt32(truncatingIfNeeded: ratchet.kept.count))
        for (generation, key) in ratchet.kept.sorted(by: { $0.key < $1.key }) {
            write(generation)
            write(key.key)
            write(vector: key.nonce)
        }
    }

    mutating func write(_ ratchets: SenderRatchets) {
        write(ratchets.handshake)
        write(ratchets.application)
    }
}

extension WireReader {
    mutating func readSecret() throws(WireError) -> Secret { Secret(try readVector(limit: 4_096, field: "secret")) }

    mutating func readHPKEPair() throws(WireError) -> HPKEKeyPair {
        HPKEKeyPair(privateKey: try readSecret(), publicKey: try read())
    }

    mutating func readSignaturePair() throws(WireError) -> SignatureKeyPair {
        SignatureKeyPair(privateKey: try readSecret(), publicKey: try read())
    }

    mutating func readRatchet() throws(WireError) -> Ratchet {
        let secret = try readSecret()
        let next = try read(UInt32.self)
        var kept: [UInt32: MessageKey] = [:]
        for _ in 0..<(try read(UInt32.self)) {
            let generation = try read(UInt32.self)
            kept[generation] = MessageKey(
                key: try readSecret(), nonce: Array(try readVector(limit: 64, field: "nonce")),
                generation: generation)
        }
        return Ratchet(secret: secret, next: next, kept: kept)
    }

    mutating func readRatchets() throws(WireError) -> SenderRatchets {
        SenderRatchets(handshake: try readRatchet(), application: try readRatchet())
    }
}

extension SenderRatchets {
    var row: [UInt8] { encodeRow { $0.write(self) } }

    init(row: [UInt8]) throws(MLSError) {
        self = try decodeRow(row) { (reader) throws(WireError) in try reader.readRatchets() }
    }
}

/// The head row.
struct HeadRow {
    var ownLeaf: LeafIndex
    var leafCount: UInt32
    var epoch: UInt64
    var status: Group.Status
    /// How many resumption secrets are kept; it stands in the row where it is not the usual number.
    var resumptionEpochs = Limits.resumptionEpochs

    var row: [UInt8] {
        encodeRow { writer in
            writer.write(ownLeaf)
            writer.write(leafCount)
            writer.write(epoch)
            switch status {
            case .active: writer.write(UInt8(0))
            case .removed: writer.write(UInt8(1))
            case .reInit(let parameters):
                writer.write(UInt8(2))
                writer.write(parameters)
            }
            if resumptionEpochs != Limits.resumptionEpochs {
                writer.write(UInt8(truncatingIfNeeded: resumptionEpochs))
            }
        }
    }

    init(
        ownLeaf: LeafIndex, leafCount: UInt32, epoch: UInt64, status: Group.Status,
        resumptionEpochs: Int = Limits.resumptionEpochs
    ) {
        self.ownLeaf = ownLeaf
        self.leafCount = leafCount
        self.epoch = epoch
        self.status = status
        self.resumptionEpochs = resumptionEpochs
    }

    init(row: [UInt8]) throws(MLSError) {
        self = try decodeRow(row) { (reader) throws(WireError) in
            let leaf = try reader.read(LeafIndex.self)
            let leaves = try reader.read(UInt32.self)
            guard leaves > 0, leaves <= Limits.leaves else { throw .invalidValue(field: "leaf count") }
            let epoch = try reader.read(UInt64.self)
            let status: Group.Status
            switch try reader.read(UInt8.self) {
            case 0: status = .active
            case 1: status = .removed
            case 2: status = .reInit(try reader.read())
            default: throw .invalidValue(field: "status")
            }
            let kept = reader.isAtEnd ? Limits.resumptionEpochs : Int(try reader.read(UInt8.self))
            guard kept <= Limits.resumptionEpochs else { throw .invalidValue(field: "resumption epochs") }
            return HeadRow(
                ownLeaf: leaf, leafCount: leaves, epoch: epoch, status: status, resumptionEpochs: kept)
        }
    }
}

/// The epoch row: all that sending and opening one message need beside a ratchet.
struct EpochRow {
    var context: GroupContext
    var confirmationTag: [UInt8]
    var interimTranscriptHash: [UInt8]
    var signatureKey: SignatureKeyPair
    var senderDataSecret: Secret
    var hasProposals: Bool
    var hasPendingCommit: Bool

    var row: [UInt8] {
        encodeRow { writer in
            writer.write(context)
            writer.write(vector: confirmationTag)
            writer.write(vector: interimTranscriptHash)
            writer.write(signatureKey)
            writer.write(senderDataSecret)
            writer.write(UInt8((hasProposals ? 1 : 0) | (hasPendingCommit ? 2 : 0)))
        }
    }

    init(_ group: Group) {
        context = group.context
        confirmationTag = group.state.confirmationTag
        interimTranscriptHash = group.state.interimTranscriptHash
        signatureKey = group.signatureKey
        senderDataSecret = group.secrets.senderDataSecret
        hasProposals = !group.state.proposals.isEmpty
        hasPendingCommit = group.pending.commit != nil
    }

    init(row: [UInt8]) throws(MLSError) {
        self = try decodeRow(row) { (reader) throws(WireError) in try EpochRow(from: &reader) }
    }

    private init(from reader: inout WireReader) throws(WireError) {
        context = try reader.read()
        confirmationTag = Array(try reader.readVector(limit: 255, field: "confirmation_tag"))
        interimTranscriptHash = Array(try reader.readVector(limit: 255, field: "interim_transcript_hash"))
        signatureKey = try reader.readSignaturePair()
        senderDataSecret = try reader.readSecret()
        let flags = try reader.read(UInt8.self)
        guard flags & ~3 == 0 else { throw .invalidValue(field: "flags of an epoch") }
        hasProposals = flags & 1 != 0
        hasPendingCommit = flags & 2 != 0
    }
}

extension EpochSecrets {
    /// The secrets row: everything but the sender data secret, which stands in the epoch row.
    var row: [UInt8] {
        encodeRow { writer in
            for secret in [
                exporterSecret, externalSecret, confirmationKey, membershipKey, resumptionPSK, epochAuthenticator,
                initSecret,
            ] { writer.write(secret) }
        }
    }

    init(row: [UInt8], senderDataSecret: Secret) throws(MLSError) {
        self = try decodeRow(row) { (reader) throws(WireError) in
            EpochSecrets(
                senderDataSecret: senderDataSecret, exporterSecret: try reader.readSecret(),
                externalSecret: try reader.readSecret(), confirmationKey: try reader.readSecret(),
                membershipKey: try reader.readSecret(), resumptionPSK: try reader.readSecret(),
                epochAuthenticator: try reader.readSecret(), initSecret: try reader.readSecret())
        }
    }
}

extension SourcedProposal {
    var row: [UInt8] {
        encodeRow { writer in
            writer.write(sender)
            writer.write(proposal)
            writer.write(optional: reference)
        }
    }

    init(row: [UInt8]) throws(MLSError) {
        self = try decodeRow(row) { (reader) throws(WireError) in
            let sender = try reader.read(Sender.self)
            let proposal = try reader.read(Proposal.self)
            return SourcedProposal(proposal: proposal, sender: sender, reference: try reader.readOptional())
        }
    }
}

extension OwnUpdate {
    var row: [UInt8] {
        encodeRow { writer in
            writer.write(leafKey)
            writer.write(signatureKey)
        }
    }

    init(row: [UInt8]) throws(MLSError) {
        self = try decodeRow(row) { (reader) throws(WireError) in
            OwnUpdate(leafKey: try reader.readHPKEPair(), signatureKey: try reader.readSignaturePair())
        }
    }
}

/// The row of our commit that waits: what was sent, and what is needed to stage it again.
struct PendingRow {
    let message: MLSMessage
    let welcome: MLSMessage?
    let content: AuthenticatedContent
    let secrets: CommitSecrets

    var row: [UInt8] {
        encodeRow { writer in
            writer.write(message)
            writer.write(optional: welcome)
            writer.write(content)
            writer.write(secrets.commitSecret)
            writer.write(secrets.signatureKey)
            writer.write(UInt32(truncatingIfNeeded: secrets.pairs.count))
            for (node, pair) in secrets.pairs.sorted(by: { $0.key < $1.key }) {
                writer.write(node.rawValue)
                writer.write(pair)
            }
        }
    }

    init(_ commit: PendingCommit) {
        message = commit.message
        welcome = commit.welcome
        content = commit.content
        secrets = commit.secrets
    }

    init(row: [UInt8]) throws(MLSError) {
        self = try decodeRow(row) { (reader) throws(WireError) in try PendingRow(from: &reader) }
    }

    private init(from reader: inout WireReader) throws(WireError) {
        message = try reader.read()
        welcome = try reader.readOptional()
        content = try reader.read()
        let commitSecret = try reader.readSecret()
        let signatureKey = try reader.readSignaturePair()
        var pairs: [NodeIndex: HPKEKeyPair] = [:]
        for _ in 0..<(try reader.read(UInt32.self)) {
            let node = NodeIndex(rawValue: try reader.read())
            pairs[node] = try reader.readHPKEPair()
        }
        secrets = CommitSecrets(commitSecret: commitSecret, pairs: pairs, signatureKey: signatureKey)
    }
}
