import ChatProtocol
import GroupRules
import MLS
import TestSupport
import WireCodec

/// What the server's follower does with a commit, by the judge of all groups and with the certificates of all devices: as long as the
/// group is in memory (warm), and where it is read from its rows first (cold).
extension Bench {
    mutating func judging(_ size: Int) throws {
        let scene = try JudgedScene(size, suite, using: &generator)
        var warm = scene.follower
        let (nodes, _) = shape(scene.commit)
        let bytes = scene.commit.encoded.count
        let following = try measure { _ = try scene.judge(warm) }
        let floor = costs.follow(nodes: nodes, bytes: bytes)
        row("server, \(size) devices, warm", following, floor: floor, bytes: bytes)
        let rows = MemoryRows()
        try warm.save(to: rows)
        let name = warm.groupId
        let loading = try measure {
            _ = try scene.judge(try PublicGroup.load(name, from: rows, judge: scene.rules))
        }
        row("server, \(size) devices, cold", loading, floor: floor)
    }
}

/// A room of so many accounts with a device each, and a commit to it.
private struct JudgedScene {
    let rules: GroupJudge
    let follower: PublicGroup
    let commit: MLSMessage
    let info: GroupInfo

    init(_ size: Int, _ suite: CipherSuite, using generator: inout SeededGenerator) throws {
        let server: ServerID = generator.identifier()
        let key = try generator.pair()
        rules = GroupJudge(server: server, groupKey: key.publicKey)
        let devices = try (0..<size).map { try Self.device($0, server, using: &generator) }
        guard let name = RoomName("bench"), let admin = try? DeviceCredential(devices[0].credential).party else {
            throw VectorFailure("no room")
        }
        let policy = GroupPolicy(
            server: server, group: GroupName(conversation: generator.identifier(), incarnation: 0),
            kind: .room(.init(name: name, admins: [admin], adders: .admins, access: .closed)))
        let lifetime = Lifetime(notBefore: 1, notAfter: 2)
        var founder = try Group.create(
            groupId: policy.group.groupId, suite: suite, identity: devices[0],
            extensions: try policy.extensions(groupKey: key.publicKey), lifetime: lifetime, judge: rules,
            using: &generator)
        var adds: [Proposal] = []
        for device in devices.dropFirst() {
            let package = try KeyPackage.create(
                suite: suite, identity: device, lifetime: lifetime, using: &generator)
            adds.append(.add(package.keyPackage))
        }
        _ = try founder.commit(CommitOptions(adds), now: GroupJudge.now, judge: rules, using: &generator)
        try founder.mergePending()
        follower = try PublicGroup(try founder.groupInfo(), now: GroupJudge.now, judge: rules)
        let pending = try founder.commit(now: GroupJudge.now, judge: rules, using: &generator)
        guard let info = try pending.groupInfo() else { throw VectorFailure("no GroupInfo") }
        (commit, self.info) = (pending.message, info)
    }

    /// What the server does: rows come of it.
    func judge(_ follower: PublicGroup) throws -> RowBatch {
        guard case .commit(let verified) = try follower.open(commit) else { throw VectorFailure("no commit") }
        var next = follower
        try next.merge(try follower.stage(verified, now: GroupJudge.now, judge: rules))
        try next.publish(info)
        return next.changes()
    }

    private static func device(
        _ number: Int, _ server: ServerID, using generator: inout SeededGenerator
    ) throws -> MemberIdentity {
        let place = AccountPlace(server: server, account: generator.identifier())
        let device: DeviceID = generator.identifier()
        let pair = try generator.pair()
        let grant = try Grant(device: device, pair: pair, rights: .certify, at: place)
        guard let name = UserName("user\(number)") else { throw VectorFailure("no name") }
        let content = LinkContent(place: place, number: 0, previous: .zero, body: .create(name: name, grant))
        let chain = try AccountChain(try Link(content, by: device, key: pair), at: place)
        guard let certificate = chain.certificate(of: device) else { throw VectorFailure("no certificate") }
        let party = Party(account: place.account, root: chain.root)
        return try MemberIdentity(DeviceCredential(party: party, device: device), certificate, key: pair)
    }
}

/// Rows in memory.
private final class MemoryRows: GroupStorage {
    private var rows: [RowKey: Row] = [:]

    func row(_ key: RowKey) throws(MLSError) -> Row? { rows[key] }

    func rows(_ kind: RowKind, of groupId: [UInt8]) throws(MLSError) -> [(index: UInt64, row: Row)] {
        rows.filter { $0.key.kind == kind }.map { ($0.key.index, $0.value) }
    }

    func apply(_ batch: RowBatch) throws(MLSError) {
        rows = rows.filter { !batch.clears.contains($0.key.kind) }
        for (key, row) in batch.writes { rows[key] = row }
    }
}
