import ChatProtocol
import MLS
import RulesSupport
import TestSupport
import Testing
import WireCodec

@testable import GroupRules

@Suite struct WelcomeTests {
    @Test func `K5: a Welcome is entered only for the conversation for which it was delivered`() throws {
        let world = try TestWorld()
        let policy = try world.room()
        var rules = WelcomeRules(
            deliveredFor: policy.group.conversation, own: world.bob.party, signer: world.ann.party)
        try rules.check(policy, epoch: 1)
        rules.deliveredFor = ConversationID(high: 9, low: 9)
        expectRefusal(.k5) { try rules.check(policy, epoch: 1) }
    }

    @Test func `K5: a direct conversation is of the signer and of us, and its id is theirs and the server's`() throws {
        let world = try TestWorld()
        let policy = world.direct()
        let id = policy.group.conversation
        try WelcomeRules(deliveredFor: id, own: world.bob.party, signer: world.ann.party).check(policy, epoch: 1)
        for (own, signer) in [(world.eve, world.ann), (world.bob, world.eve)] {
            expectRefusal(.k5) {
                try WelcomeRules(deliveredFor: id, own: own.party, signer: signer.party).check(policy, epoch: 1)
            }
        }
        // Another root of the same account is somebody else.
        let other = Party(account: world.bob.place.account, root: world.eve.chain.root)
        expectRefusal(.k5) {
            try WelcomeRules(deliveredFor: id, own: other, signer: world.ann.party).check(policy, epoch: 1)
        }
        let forged = GroupPolicy(
            server: TestAccount.server, group: try world.room().group, kind: policy.kind)
        expectRefusal(.k5) {
            try WelcomeRules(
                deliveredFor: forged.group.conversation, own: world.bob.party, signer: world.ann.party
            ).check(forged, epoch: 1)
        }
        let own = GroupPolicy.direct(world.bob.party, world.bob.party, on: TestAccount.server)
        try WelcomeRules(deliveredFor: own.group.conversation, own: world.bob.party, signer: world.bob.party)
            .check(own, epoch: 1)
    }

    @Test func `K5: a room's policy lets the signer add, who is not blocked, and its name is no other room's`() throws {
        let world = try TestWorld()
        let policy = try world.room()
        let id = policy.group.conversation
        var rules = WelcomeRules(deliveredFor: id, own: world.bob.party, signer: world.eve.party)
        expectRefusal(.k5) { try rules.check(policy, epoch: 1) }
        try rules.check(try world.room(adders: .members), epoch: 1)
        rules.signer = world.ann.party
        rules.pinnedRoom = id
        try rules.check(policy, epoch: 1)
        rules.signerIsBlocked = true
        expectRefusal(.k5) { try rules.check(policy, epoch: 1) }
        rules.signerIsBlocked = false
        rules.pinnedRoom = ConversationID(high: 9, low: 9)
        expectRefusal(.k5, .roomChanged) { try rules.check(policy, epoch: 1) }
        let everyone = world.everyone()
        expectRefusal(.k5) {
            try WelcomeRules(
                deliveredFor: everyone.group.conversation, own: world.bob.party, signer: world.ann.party
            ).check(everyone, epoch: 1)
        }
    }

    @Test func `K5: no such or later incarnation is held, and a tombstone asks for a higher epoch`() throws {
        let world = try TestWorld()
        let policy = try world.room(incarnation: 2)
        var rules = WelcomeRules(
            deliveredFor: policy.group.conversation, own: world.bob.party, signer: world.ann.party)
        for (held, isRefused) in [(1, false), (2, true), (3, true)] as [(UInt32, Bool)] {
            rules.heldIncarnation = held
            if isRefused {
                expectRefusal(.k5) { try rules.check(policy, epoch: 9) }
            } else {
                try rules.check(policy, epoch: 9)
            }
        }
        rules.heldIncarnation = nil
        rules.tombstone = 9
        for epoch in [3, 9] as [Epoch] { expectRefusal(.k5) { try rules.check(policy, epoch: epoch) } }
        try rules.check(policy, epoch: 10)
    }
}

@Suite struct MessageTests {
    @Test func `M3: the log's hash takes in every entry, in order, with all that it says`() throws {
        var generator = SeededGenerator(seed: 3)
        let group = GroupName(conversation: generator.identifier(), incarnation: 1)
        let generation: StoreGeneration = generator.identifier()
        let (device, id): (DeviceID, MessageID) = (generator.identifier(), generator.identifier())
        func entry(
            _ seq: SequenceNumber = 5, kind: UInt8 = 2, device: DeviceID, id: MessageID, payload: [UInt8] = [1]
        ) -> LoggedEntry { LoggedEntry(seq: seq, kind: kind, device: device, id: id, payload: payload) }
        let start = LogChain(group: group, generation: generation)
        func hash(_ entry: LoggedEntry, from chain: LogChain) throws -> LogHash {
            var chain = chain
            try chain.take(entry)
            return chain.hash
        }
        let other: (DeviceID, MessageID) = (generator.identifier(), generator.identifier())
        let hashes = [
            try hash(entry(device: device, id: id), from: start),
            try hash(entry(6, device: device, id: id), from: start),
            try hash(entry(kind: 3, device: device, id: id), from: start),
            try hash(entry(device: other.0, id: id), from: start),
            try hash(entry(device: device, id: other.1), from: start),
            try hash(entry(device: device, id: id, payload: [2]), from: start),
            try hash(
                entry(device: device, id: id),
                from: LogChain(
                    group: GroupName(conversation: group.conversation, incarnation: 2), generation: generation)),
            try hash(
                entry(device: device, id: id), from: LogChain(group: group, generation: generator.identifier())),
        ]
        #expect(Set(hashes).count == hashes.count)
        var chain = start
        try chain.take(entry(device: device, id: id))
        let seen = chain.seen
        #expect(seen.seq == 5 && seen.mark == chain.hash.mark && seen.mark.count == 16)
        for late in [SequenceNumber(4), 5] {
            expectRefusal(.m3, .historyForked) { try chain.take(entry(late, device: device, id: id)) }
        }
        // What another says they have seen is compared at its own entry.
        var liar = start
        try liar.take(entry(device: device, id: id, payload: [2]))
        #expect(chain.agrees(with: seen) == true && chain.agrees(with: liar.seen) == false)
        try chain.take(entry(7, device: device, id: id))
        #expect(chain.agrees(with: seen) == nil)
        var claimed = LogChain(claimed: chain.hash, at: chain.seq)
        try claimed.take(entry(8, device: device, id: id))
        try chain.take(entry(8, device: device, id: id))
        #expect(claimed.hash == chain.hash)
    }

    @Test func `M1: the associated data of a message is its id and nothing else`() throws {
        var generator = SeededGenerator(seed: 4)
        let data = MessageData(id: generator.identifier())
        #expect(data.wireBytes.count == 17)
        #expect(try MessageData(wireBytes: data.wireBytes) == data)
        for wrong in [data.wireBytes + [0], Array(data.wireBytes.dropLast()), [2] + data.wireBytes.dropFirst()] {
            #expect(throws: WireError.self) { try MessageData(wireBytes: wrong) }
        }
    }

    @Test func `a direct conversation's id follows from the server and the unordered pair`() throws {
        let world = try TestWorld()
        let (ann, bob) = (world.ann.place.account, world.bob.place.account)
        let id = ConversationID.direct(ann, bob, on: TestAccount.server)
        #expect(id == .direct(bob, ann, on: TestAccount.server))
        let others = [
            ConversationID.direct(ann, ann, on: TestAccount.server),
            .direct(ann, world.eve.place.account, on: TestAccount.server),
            .direct(ann, bob, on: ServerID(high: 1, low: 3)),
        ]
        #expect(Set(others + [id]).count == 4)
    }

    @Test func `a room's id follows from who makes it by which request under which name`() throws {
        let world = try TestWorld()
        let (ann, bob, server) = (world.ann.place.account, world.bob.place.account, TestAccount.server)
        let (ops, dev) = (try #require(RoomName("ops")), try #require(RoomName("dev")))
        let request = MessageID(high: 1, low: 1)
        let id = ConversationID.room(ops, madeBy: ann, request: request, on: server)
        #expect(id == .room(ops, madeBy: ann, request: request, on: server))
        let others = [
            ConversationID.room(dev, madeBy: ann, request: request, on: server),
            .room(ops, madeBy: bob, request: request, on: server),
            .room(ops, madeBy: ann, request: MessageID(high: 1, low: 2), on: server),
            .room(ops, madeBy: ann, request: request, on: ServerID(high: 1, low: 3)),
        ]
        #expect(Set(others + [id]).count == 5)
    }

    @Test func `messages are as long as multiples of 128 up to 1 KiB, and as Padmé says above`() throws {
        let world = try TestWorld()
        var group = try RulesGroup(try world.room(), founder: try world.ann.identity())
        let lengths = try [1, 50, 100, 5_000, 5_050].map { count in
            try group.groups[0].send(
                [UInt8](repeating: 1, count: count), padding: MessagePadding.rule, using: &group.generator
            ).encoded.count
        }
        #expect(lengths[0] == lengths[1] && lengths[0] + 128 == lengths[2] && lengths[3] == lengths[4])
    }
}
