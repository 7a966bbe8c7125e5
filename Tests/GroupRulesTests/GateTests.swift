import ChatProtocol
import MLS
import RulesSupport
import TestSupport
import Testing

@testable import GroupRules

@Suite struct GateTests {
    /// The leaf that a device would have in a group.
    private func leaf(_ account: TestAccount, _ device: DeviceID? = nil) throws -> ClaimedLeaf {
        var generator = SeededGenerator(seed: 8)
        let secrets = try KeyPackage.create(
            suite: .x25519Aes128GcmSha256Ed25519, identity: try account.identity(device),
            lifetime: RulesGroup.lifetime, using: &generator)
        return try ClaimedLeaf(secrets.keyPackage.leafNode)
    }

    private func isGhost(_ finding: GateRules.Finding) -> Bool {
        if case .ghost = finding { true } else { false }
    }

    @Test func `G1: nothing is encrypted to a leaf that the account's own chain, as it is held, does not have`() throws
    {
        var bob = try TestAccount("bob", seed: 2)
        let second = try bob.add(.certify)
        var book = PinBook()
        _ = try book.meet(bob.chain)
        let pin = try #require(book.pin(of: bob.name))
        for device in [bob.first, second] {
            #expect(GateRules.look(at: try leaf(bob, device), chain: bob.chain, pin: pin) == .trusted)
        }
        #expect(isGhost(GateRules.look(at: try leaf(bob), chain: nil, pin: pin)))
        #expect(isGhost(GateRules.look(at: try leaf(bob), chain: bob.chain, pin: nil)))
        // A device that a stolen certifying key added beside the chain, at a number that it has and at one that it has not.
        var beside = bob
        let ghost = try beside.add(by: second)
        #expect(isGhost(GateRules.look(at: try leaf(beside, ghost), chain: bob.chain, pin: pin)))
        _ = try bob.add()
        #expect(isGhost(GateRules.look(at: try leaf(beside, ghost), chain: bob.chain, pin: pin)))
        // Another account's chain; one that is not the pinned one.
        let eve = try TestAccount("eve", seed: 3)
        #expect(isGhost(GateRules.look(at: try leaf(bob), chain: eve.chain, pin: pin)))
        _ = try book.meet(bob.chain)
        let later = try #require(book.pin(of: bob.name))
        #expect(isGhost(GateRules.look(at: try leaf(beside), chain: beside.chain, pin: later)))
    }

    @Test func `G1: a revoked device is removed, a former root is not trusted, and neither is an older instance`()
        throws
    {
        var bob = try TestAccount("bob", seed: 2)
        let lost = try bob.add()
        let file = try bob.add(.enrolOften)
        try bob.renew(file)
        let before = (try leaf(bob), try leaf(bob, lost), try leaf(bob, file))
        var book = PinBook()
        _ = try book.meet(bob.chain)
        let pin = try #require(book.pin(of: bob.name))
        #expect(GateRules.look(at: before.2, chain: bob.chain, pin: pin) == .trusted)
        try bob.revoke(lost)
        #expect(GateRules.look(at: before.1, chain: bob.chain, pin: pin) == .revoked)
        try bob.renew(file)
        #expect(isGhost(GateRules.look(at: before.2, chain: bob.chain, pin: pin)))
        #expect(GateRules.look(at: try leaf(bob, file), chain: bob.chain, pin: pin) == .trusted)
        let new = try bob.reset()
        #expect(GateRules.look(at: before.0, chain: bob.chain, pin: pin) == .revoked)
        let reset = try leaf(bob, new)
        #expect(isGhost(GateRules.look(at: reset, chain: bob.chain, pin: pin)))
        _ = try book.accept(AccountFingerprint(bob.chain.root), of: bob.chain)
        #expect(GateRules.look(at: reset, chain: bob.chain, pin: book.pin(of: bob.name)) == .trusted)
    }
}

@Suite struct IncarnationTests {
    private let hash = [UInt8](repeating: 7, count: 32)

    @Test func `I2: a later incarnation goes on from what is held: policy, epoch and history`() throws {
        let world = try TestWorld()
        let held = HeldIncarnation(policy: try world.room(), epoch: 9, confirmedTranscriptHash: hash)
        guard let name = RoomName("ops") else { return }
        func next(
            _ incarnation: UInt32 = 1, from former: UInt32 = 0, epoch: Epoch = 9, hash: [UInt8]? = nil,
            admins: [Party]? = nil, conversation: UInt64 = 7
        ) -> GroupPolicy {
            GroupPolicy(
                server: TestAccount.server,
                group: GroupName(conversation: ConversationID(high: conversation, low: 0), incarnation: incarnation),
                kind: .room(
                    .init(name: name, admins: admins ?? [world.ann.party], adders: .admins, access: .closed)),
                previous: .init(
                    incarnation: former, epoch: epoch, confirmedTranscriptHash: hash ?? self.hash))
        }
        let other = [UInt8](repeating: 8, count: 32)
        // One that we missed the end of, and one behind others that we never held.
        for good in [next(), next(epoch: 10, hash: other), next(3, from: 2, epoch: 1, hash: other)] {
            #expect(try held.check(good) == .same)
        }
        for wrong in [
            next(0), next(epoch: 8), next(hash: other), next(1, from: 1), next(admins: [world.bob.party]),
            next(conversation: 8), try world.room(incarnation: 1),
        ] { expectRefusal(.i2, .historyForked) { _ = try held.check(wrong) } }
        let later = HeldIncarnation(policy: next(4, from: 3), epoch: 1, confirmedTranscriptHash: hash)
        expectRefusal(.i2, .historyForked) { _ = try later.check(next(5, from: 3)) }
    }

    @Test func `S4: behind a restore a later incarnation may go back to what was held before, and to nothing else`()
        throws
    {
        let world = try TestWorld()
        let earlier = GroupMark(incarnation: 0, epoch: 3)
        let other = [UInt8](repeating: 8, count: 32)
        let held = HeldIncarnation(
            policy: .direct(world.ann.party, world.bob.party, on: TestAccount.server, incarnation: 1), epoch: 2,
            confirmedTranscriptHash: hash, kept: [earlier: other])
        func next(_ mark: GroupMark, _ hash: [UInt8], incarnation: UInt32 = 2) -> GroupPolicy {
            .direct(
                world.ann.party, world.bob.party, on: TestAccount.server, incarnation: incarnation,
                previous: .init(
                    incarnation: mark.incarnation, epoch: mark.epoch, confirmedTranscriptHash: hash))
        }
        #expect(try held.check(next(earlier, other)) == .same)
        #expect(try held.check(next(held.mark, hash)) == .same)
        for wrong in [
            next(earlier, hash), next(GroupMark(incarnation: 0, epoch: 4), other), next(earlier, other, incarnation: 1),
            next(held.mark, other),
        ] { expectRefusal(.i2, .historyForked) { _ = try held.check(wrong) } }
    }

    @Test func `I2: of a direct conversation one party may have another root, and the gate is told`() throws {
        var world = try TestWorld()
        let held = HeldIncarnation(policy: world.direct(), epoch: 2, confirmedTranscriptHash: hash)
        let previous = GroupPolicy.Previous(incarnation: 0, epoch: 2, confirmedTranscriptHash: hash)
        func next() -> GroupPolicy {
            .direct(world.ann.party, world.bob.party, on: TestAccount.server, incarnation: 1, previous: previous)
        }
        #expect(try held.check(next()) == .same)
        _ = try world.bob.reset()
        #expect(try held.check(next()) == .rootChanged(world.bob.place.account))
        _ = try world.ann.reset()
        expectRefusal(.i2, .historyForked) { _ = try held.check(next()) }
    }
}
