import ChatProtocol
import GroupRules
import MLS
import RulesSupport
import TestSupport

@testable import ChatClient

/// A direct group of ann, whose membership lives in the rows of a profile's store, and bob, whose is in memory.
struct GroupPair {
    static let groupKey: SignatureKeyPair? = {
        var generator = SeededGenerator(seed: 77)
        return try? generator.pair()
    }()
    static let lifetime = Lifetime(notBefore: 1, notAfter: 2)
    static let generation = StoreGeneration(high: 5, low: 5)

    var generator = SeededGenerator(seed: 5)
    let ann: TestAccount
    let bob: TestAccount
    let judge: GroupJudge
    let policy: GroupPolicy
    /// Bob's.
    var other: Group
    /// Ann's, before she has stored it.
    let joined: Group

    init() throws {
        ann = try TestAccount("ann", seed: 1)
        bob = try TestAccount("bob", seed: 2)
        guard let key = Self.groupKey else { throw TestFailure("no group key") }
        judge = GroupJudge(server: TestAccount.server, groupKey: key.publicKey)
        policy = .direct(ann.party, bob.party, on: TestAccount.server)
        other = try Group.create(
            groupId: policy.group.groupId, suite: .x25519Aes128GcmSha256Ed25519, identity: try bob.identity(),
            extensions: try policy.extensions(groupKey: key.publicKey), lifetime: Self.lifetime, judge: judge,
            using: &generator)
        let package = try KeyPackage.create(
            suite: .x25519Aes128GcmSha256Ed25519, identity: try ann.identity(), lifetime: Self.lifetime,
            using: &generator)
        let pending = try other.commit(
            CommitOptions([.add(package.keyPackage)]), now: nil, judge: judge, using: &generator)
        try other.mergePending()
        guard case .welcome(let welcome)? = pending.welcome?.body else { throw TestFailure("no Welcome") }
        joined = try Group.join(welcome, with: package, now: nil, judge: judge)
    }

    var groupId: [UInt8] { policy.group.groupId }
    var conversation: ConversationID { policy.group.conversation }

    /// Where ann's first device is.
    func place() throws -> GroupPlace {
        guard let key = ann.present[ann.first] else { throw TestFailure("no key") }
        let identity = Identity(
            account: ann.place.account, name: ann.name, displayName: "", device: ann.first, deviceName: "d",
            loginKey: nil, standing: .active, address: .default, server: TestAccount.server,
            generation: Self.generation, everyone: ConversationID(high: 1, low: 1))
        return GroupPlace(
            own: try OwnDevice(identity, ChainKeys(granting: key.privateKey.bytes)), chain: ann.chain,
            generation: Self.generation, groupKey: judge.groupKey)
    }

    func standing(_ seq: SequenceNumber) -> GroupStanding {
        GroupStanding(
            group: policy.group, generation: Self.generation, seq: seq,
            hash: seq == 1 ? nil : LogChain(group: policy.group, generation: Self.generation).hash)
    }

    /// Ann stores what she has joined.
    func join(_ store: ClientStore) throws {
        try store.write {
            var group = joined
            try group.save(to: store.groupRows)
            try store.setGroupStanding(standing(1))
        }
    }

    func load(_ store: ClientStore) throws -> Group { try Group.load(groupId, from: store.groupRows, judge: judge) }

    /// Bob's commit, which he has merged.
    mutating func otherCommits() throws -> MLSMessage {
        let pending = try other.commit(CommitOptions(), now: nil, judge: judge, using: &generator)
        try other.mergePending()
        return pending.message
    }

    mutating func otherSends(_ data: [UInt8]) throws -> MLSMessage { try other.send(data, using: &generator) }
}

extension Group {
    /// Takes a commit of somebody else.
    mutating func follow(_ message: MLSMessage, judge: some Judge) throws {
        guard case .commit(let commit) = try open(message) else { throw TestFailure("no commit") }
        try merge(try stage(commit, now: nil, judge: judge))
    }

    mutating func read(_ message: MLSMessage) throws -> [UInt8] {
        guard case .application(let message) = try open(message) else { throw TestFailure("no message") }
        return message.data
    }
}

/// Expects that `body` is refused by this check.
func expectCheck(_ check: Check, _ body: () throws -> Void) throws {
    do {
        try body()
    } catch let error as MLSError where error.check == check {
        return
    }
    throw TestFailure("not refused by \(check)")
}
