import CLISupport
import ChatProtocol
import GroupRules
import MLS
import RulesSupport
import Synchronization
import TestSupport

@testable import ChatClient

/// Everyone's group at a scripted server: alice's device is in it, and bob, who writes to her.
final class ScriptedGroup: Sendable {
    static let shared = Result { try ScriptedGroup() }
    static let device = DeviceID(high: 3, low: 3)
    static let bobsDevice = DeviceID(high: 1, low: 1)

    let groupKey: [UInt8]
    private let policy: GroupPolicy
    /// Alice's, before she has stored it.
    private let joined: Group
    private let other: Mutex<(group: Group, generator: SeededGenerator)>

    private init() throws {
        var generator = SeededGenerator(seed: 9)
        let place = { AccountPlace(server: ScriptedServer.id, account: $0) }
        let ann = try TestAccount("alice", seed: 1, at: place(ChatClientTests.alice), device: Self.device)
        let other = try TestAccount("bob", seed: 2, at: place(ChatClientTests.bob), device: Self.bobsDevice)
        guard let key = GroupPair.groupKey else { throw TestFailure("no group key") }
        groupKey = key.publicKey.bytes
        let judge = GroupJudge(server: ScriptedServer.id, groupKey: key.publicKey)
        policy = GroupPolicy(
            server: ScriptedServer.id, group: GroupName(conversation: everyone, incarnation: 0), kind: .everyone)
        var founded = try Group.create(
            groupId: policy.group.groupId, suite: .x25519Aes128GcmSha256Ed25519, identity: try other.identity(),
            extensions: try policy.extensions(groupKey: key.publicKey), lifetime: GroupPair.lifetime, judge: judge,
            using: &generator)
        let info = try founded.groupInfo()
        let (joined, message) = try Group.joinExternally(
            following: try PublicGroup(info, now: nil, judge: judge), info: info, identity: try ann.identity(),
            options: ExternalJoinOptions(), now: nil, judge: judge, using: &generator)
        try founded.follow(message, judge: judge)
        self.joined = joined
        self.other = Mutex((founded, generator))
    }

    /// A message that bob has written.
    func payload(_ content: Content, id: MessageID) throws -> [UInt8] {
        try other.withLock { other in
            try other.group.send(
                content.wireBytes, authenticatedData: MessageData(id: id).wireBytes, using: &other.generator
            ).encoded
        }
    }

    /// Alice's store is in the group. Within a transaction.
    func enter(_ store: ClientStore) throws {
        var group = joined
        try group.save(to: store.groupRows)
        try store.meetGroupKey(groupKey)
        try stand(.beforeFirst, store)
    }

    /// Alice's store has read the group's log up to there.
    func stand(_ seq: SequenceNumber, _ store: ClientStore) throws {
        try store.setGroupStanding(
            GroupStanding(group: policy.group, generation: ScriptedServer.generation, seq: seq, hash: nil))
    }
}
