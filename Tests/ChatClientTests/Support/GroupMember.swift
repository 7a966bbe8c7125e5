import CLISupport
import ChatProtocol
import GroupRules
import MLS
import RulesSupport
import SQLite
import TestSupport
import Testing

@testable import ChatClient

/// A device whose profile's store holds its groups, and that has whatever a connection would give it from a log in memory.
struct GroupMember {
    let scene: StoreScene
    let account: TestAccount
    var identity: Identity
    var opener: Opener
    var generator: SeededGenerator
    /// Closed where the gate shall be.
    var passage = KeyGate.Passage.open

    var store: ClientStore { scene.store }

    init(_ account: TestAccount, device: DeviceID? = nil, in pair: GroupPair, seed: UInt64) throws {
        scene = try StoreScene()
        self.account = account
        generator = SeededGenerator(seed: seed)
        opener = Opener(judge: pair.judge)
        let peer = account.place.account == pair.ann.place.account ? pair.bob : pair.ann
        let template = try scene.identity()
        let identity = Identity(
            account: account.place.account, name: account.name, displayName: "", device: device ?? account.first,
            deviceName: "d", loginKey: template.loginKey, standing: .active, address: .default,
            server: TestAccount.server, generation: GroupPair.generation, everyone: template.everyone)
        self.identity = identity
        let store = scene.store
        let accounts = [account, peer].map { AccountRecord(id: $0.place.account, name: $0.name, displayName: "") }
        try store.write {
            try store.setIdentity(identity)
            try store.remember(accounts, now: 1)
            try store.remember(pair.conversation, type: .direct, peer: peer.place.account)
        }
    }

    /// Ann's group is in the rows of her store, in its epoch 1; nothing is in the log.
    static func founded(_ pair: inout GroupPair) throws -> (ann: GroupMember, bob: GroupMember) {
        let ann = try GroupMember(pair.ann, in: pair, seed: 11)
        let bob = try GroupMember(pair.bob, in: pair, seed: 12)
        for (member, group) in [(ann, pair.joined), (bob, pair.other)] {
            try member.store.write {
                var group = group
                try group.save(to: member.store.groupRows)
                try member.store.setGroupStanding(pair.standing(1))
            }
        }
        return (ann, bob)
    }

    func text(_ body: String, _ number: UInt64, in conversation: ConversationID) -> UnsealedMessage {
        UnsealedMessage(
            conversation: conversation,
            id: MessageID(high: identity.device.bytes.reduce(0) { $0 &* 31 &+ UInt64($1) }, low: number),
            content: Content(body: body, sent: 7))
    }

    mutating func seal(_ messages: [UnsealedMessage]) throws -> [SealingOutcome] {
        let passage = passage
        return try Sealer(store: store, identity: identity) { _, _ in passage }.seal(messages, using: &generator)
    }

    /// Seals one that must go out.
    mutating func sealed(_ message: UnsealedMessage) throws -> Append {
        let outcome = try seal([message]).first
        guard case .append(let append)? = outcome else { throw TestFailure("\(String(describing: outcome))") }
        return append
    }

    /// Makes a commit that waits.
    mutating func makeCommit(_ pair: GroupPair, id: UInt64) throws -> WaitingCommit {
        let generator = SystemRandomNumberGenerator()
        return try store.write {
            var generator = generator
            var group = try pair.load(store)
            let pending = try group.commit(CommitOptions(), now: nil, judge: pair.judge, using: &generator)
            try group.save(to: store.groupRows)
            let standing = try #require(try store.groupStanding(of: pair.conversation))
            let waiting = WaitingCommit(
                conversation: pair.conversation, kind: .commit, id: MessageID(high: 77, low: id),
                position: standing.position(epoch: Epoch(group.epoch)), handshake: pending.message.encoded,
                groupInfo: [])
            #expect(try store.keepWaiting(waiting))
            return waiting
        }
    }

    /// Takes in what the log has behind what was processed, whole.
    @discardableResult
    mutating func read(_ log: TestLog, _ pair: GroupPair) throws -> OpenedPart {
        var whole = OpenedPart()
        while true {
            let seq = try store.groupStanding(of: pair.conversation)?.seq ?? .beforeFirst
            let items = log.items(after: seq, to: identity)
            guard !items.isEmpty else { return whole }
            let part = try open(items, pair)
            whole.items += part.items
            whole.findings += part.findings
            whole.stop = part.stop
            guard part.stop == nil else { return whole }
        }
    }

    /// As many as a transaction has room for, however slow the machine is.
    mutating func open(_ items: [LogItem], _ pair: GroupPair) throws -> OpenedPart {
        try opener.open(items, of: pair.conversation, in: store, as: identity, now: 5_000, clock: { .zero })
    }

    mutating func acknowledged(_ answer: TestLog.Answer) throws -> AppendEnd? {
        try opener.acknowledged(try #require(answer.appended), in: store, as: identity, now: 5_000)
    }

    /// What a reader of this profile gets.
    func told() throws -> [String] {
        _ = try store.settleReplay()
        return try scene.told()
    }

    func summary(_ pair: GroupPair) throws -> GroupSummary? {
        try StoredGroup.summary(of: pair.groupId, from: store.groupRows)
    }
}
