import ChatProtocol
import GroupRules
import MLS
import TestSupport
import WireCodec

/// Vectors of what `GroupRules` signs and hashes, from a life of one account and what follows from it: for whoever writes these
/// structures anew. The same seed gives the same bytes, since Ed25519 signs without randomness.
struct RuleVectors {
    private var generator = SeededGenerator(seed: 9)
    private let place: AccountPlace
    private var pairs: [DeviceID: SignatureKeyPair] = [:]
    private var chain: AccountChain
    private var renewals: [Renewal] = []

    static func make() throws -> JSON {
        var vectors = try RuleVectors()
        return try vectors.all()
    }

    private init() throws {
        place = AccountPlace(server: generator.identifier(), account: generator.identifier())
        let device: DeviceID = generator.identifier()
        let pair = try generator.pair()
        let grant = try Grant(device: device, pair: pair, rights: .certify, at: place)
        guard let name = UserName("ann") else { throw VectorFailure("no name") }
        let content = LinkContent(place: place, number: 0, previous: .zero, body: .create(name: name, grant))
        chain = try AccountChain(try Link(content, by: device, key: pair), at: place)
        pairs[device] = pair
    }

    private mutating func append(_ body: LinkBody, by device: DeviceID, key: SignatureKeyPair? = nil) throws {
        let instance = chain.devices[device]?.instance ?? 0
        guard let key = key ?? pairs[device] else { throw VectorFailure("no key") }
        let content = LinkContent(place: place, number: chain.count, previous: chain.head, body: body)
        try chain.append(try Link(content, by: device, instance: instance, key: key))
    }

    private mutating func grant(_ rights: DeviceRights) throws -> Grant {
        let device: DeviceID = generator.identifier()
        let pair = try generator.pair()
        pairs[device] = pair
        return try Grant(device: device, pair: pair, rights: rights, at: place)
    }

    /// A device whose granted key only makes renewals, with its first one.
    private mutating func enrol(by device: DeviceID, _ rights: DeviceRights) throws -> DeviceID {
        let grant = try grant(rights)
        try append(.add(grant), by: device)
        guard let granting = chain.devices[grant.device]?.granting, let granted = pairs[grant.device] else {
            throw VectorFailure("no device")
        }
        let pair = try generator.pair()
        let renewal = try Renewal(
            place: place, granting: granting, device: grant.device, instance: 1, granted: granted, pair: pair)
        try chain.take(renewal)
        renewals.append(renewal)
        pairs[grant.device] = pair
        return grant.device
    }

    private mutating func all() throws -> JSON {
        guard let first = chain.devices.keys.first else { throw VectorFailure("no device") }
        let recovery = try enrol(by: first, [.certify, .enrolOften])
        let plain = try grant([])
        try append(.add(plain), by: recovery)
        let bot = try enrol(by: first, .enrolOnce)
        let certificates = [first, recovery, plain.device, bot].map { certificate($0) }
        try append(.revoke(plain.device), by: recovery)
        let revocation = chain.revocation(of: plain.device)
        let former = AccountFingerprint(chain.root)
        let new = try grant(.certify)
        try append(.reset(name: chain.name, new), by: new.device)
        return .object([
            "server": .hex(place.server.bytes), "account": .hex(place.account.bytes), "name": .string(chain.name.text),
            "links": .array(
                chain.links.map { .object(["link": .hex($0.wireBytes), "hash": .hex($0.hash.bytes)]) }),
            "renewals": .array(renewals.map { .hex($0.wireBytes) }),
            "account_fingerprints": .array([
                .string(former.description), .string(AccountFingerprint(chain.root).description),
            ]),
            "device_fingerprints": .array(
                chain.devices.values.sorted { $0.number < $1.number }.map { device in
                    .string(
                        DeviceFingerprint(
                            account: place.account, device: device.grant.device, grantedKey: device.grant.key
                        ).description)
                }),
            "certificates": .array(certificates),
            "commit_note": .hex(CommitNote(revocations: revocation.map { [$0] } ?? []).authenticatedData),
            "policies": .array(try policies()), "log": try log(),
            "message_data": .hex(MessageData(id: generator.identifier()).wireBytes),
        ])
    }

    private func certificate(_ device: DeviceID) -> JSON {
        let party = Party(account: place.account, root: chain.root)
        return .object([
            "credential": .hex(DeviceCredential(party: party, device: device).wireBytes),
            "certificate": .hex(chain.certificate(of: device)?.path.wireBytes ?? []),
            "leaf_key": .hex(pairs[device]?.publicKey.bytes ?? []),
        ])
    }

    private mutating func policies() throws -> [JSON] {
        let own = Party(account: place.account, root: chain.root)
        guard let root = AccountRoot((0..<32).map { UInt8($0) }), let name = RoomName("ops") else {
            throw VectorFailure("no policy")
        }
        let other = Party(account: generator.identifier(), root: root)
        let group = GroupName(conversation: generator.identifier(), incarnation: 3)
        let previous = GroupPolicy.Previous(
            incarnation: 2, epoch: 41, confirmedTranscriptHash: [UInt8](repeating: 0xaa, count: 32))
        let kinds: [GroupPolicy.Kind] = [
            .room(.init(name: name, admins: [own, other], adders: .members, access: .closed)), .everyone,
        ]
        let policies =
            [GroupPolicy.direct(own, other, on: place.server), .direct(own, own, on: place.server)]
            + kinds.map { GroupPolicy(server: place.server, group: group, kind: $0, previous: previous) }
        return policies.map { policy in
            .object(["policy": .hex(policy.wireBytes), "group_id": .hex(policy.group.groupId)])
        }
    }

    private mutating func log() throws -> JSON {
        let group = GroupName(conversation: generator.identifier(), incarnation: 0)
        let generation: StoreGeneration = generator.identifier()
        var chain = LogChain(group: group, generation: generation)
        let start = chain.hash
        var entries: [JSON] = []
        for (seq, kind) in [(1, 3), (2, 2), (5, 2), (300, 4)] as [(SequenceNumber, UInt8)] {
            let device: DeviceID = generator.identifier()
            let id: MessageID = generator.identifier()
            let payload = [UInt8](repeating: UInt8(truncatingIfNeeded: seq.value), count: Int(kind))
            try chain.take(LoggedEntry(seq: seq, kind: kind, device: device, id: id, payload: payload))
            entries.append(
                .object([
                    "seq": .number(Int64(seq.value)), "kind": .number(Int64(kind)), "device": .hex(device.bytes),
                    "id": .hex(id.bytes), "payload": .hex(payload), "hash": .hex(chain.hash.bytes),
                    "seen": .hex(chain.seen.wireBytes),
                ]))
        }
        return .object([
            "group_id": .hex(group.groupId), "generation": .hex(generation.bytes), "start": .hex(start.bytes),
            "entries": .array(entries),
        ])
    }
}

extension SeededGenerator {
    mutating func identifier<Kind>() -> Identifier<Kind> { Identifier(high: next(), low: next()) }

    mutating func pair() throws -> SignatureKeyPair {
        try SignatureKeyPair(suite: .x25519Aes128GcmSha256Ed25519, using: &self)
    }
}
