import ChatProtocol
import GroupRules
import MLS
import RulesSupport
import TestSupport
import Testing

@testable import ChatClient

/// K5, as the client asks it.
@Suite struct WelcomedGroupTests {
    private func isRefused(_ body: () throws(WelcomedGroup.Refusal) -> Void) -> Bool {
        do throws(WelcomedGroup.Refusal) {
            try body()
            return false
        } catch { return true }
    }

    @Test func `K5: a Welcome is entered where it was delivered for, and into nothing that is held or was left`() throws
    {
        let scene = try WelcomedScene()
        #expect(try WelcomedGroup.references(scene.welcome) == [scene.package.keyPackage.reference()])
        let welcomed = try WelcomedGroup(scene.welcome, with: scene.package, scene.place)
        let own = scene.policy.group.conversation
        func check(_ conversation: ConversationID, held: UInt32? = nil, tombstone: Epoch? = nil) -> Bool {
            isRefused { () throws(WelcomedGroup.Refusal) in
                try welcomed.check(
                    deliveredFor: conversation, scene.place, heldIncarnation: held, tombstone: tombstone)
            }
        }
        #expect(!check(own) && !check(own, tombstone: 0))
        #expect(check(ConversationID(high: 1, low: 1)))
        #expect(check(own, held: 0))
        #expect(check(own, tombstone: 1))
    }

    @Test func `K5: a Welcome of another server's group, or that cannot be read, is refused`() throws {
        let scene = try WelcomedScene()
        var generator = SeededGenerator(seed: 9)
        let foreign = GroupPlace(
            own: scene.place.own, chain: scene.place.chain, generation: scene.place.generation,
            groupKey: try generator.pair().publicKey)
        #expect(
            isRefused { () throws(WelcomedGroup.Refusal) in
                _ = try WelcomedGroup(scene.welcome, with: scene.package, foreign)
            })
        for bytes in [[], [1, 2, 3], Array(scene.welcome.dropLast())] {
            #expect(WelcomedGroup.references(bytes).isEmpty)
            #expect(
                isRefused { () throws(WelcomedGroup.Refusal) in
                    _ = try WelcomedGroup(bytes, with: scene.package, scene.place)
                })
        }
    }

    private static func room(
        _ admins: [Party], _ adders: GroupPolicy.Adders = .admins
    ) throws -> GroupPolicy.Kind {
        .room(GroupPolicy.Room(name: try #require(RoomName("ops")), admins: admins, adders: adders, access: .closed))
    }

    @Test func `K5: a Welcome to a room is entered where the policy lets who signed it add, under its pinned name`()
        throws
    {
        let byAdmin = try WelcomedScene { bob, _ in try Self.room([bob]) }
        let byMember = try WelcomedScene { _, ann in try Self.room([ann], .members) }
        let byNobody = try WelcomedScene { _, ann in try Self.room([ann]) }
        let own = byAdmin.policy.group.conversation
        func isRefused(_ scene: WelcomedScene, pinned: ConversationID? = nil) throws -> Bool {
            let welcomed = try WelcomedGroup(scene.welcome, with: scene.package, scene.place)
            #expect(welcomed.room?.text == "ops")
            return self.isRefused { () throws(WelcomedGroup.Refusal) in
                try welcomed.check(
                    deliveredFor: own, scene.place, heldIncarnation: nil, tombstone: nil, pinnedRoom: pinned)
            }
        }
        #expect(try !isRefused(byAdmin) && !isRefused(byAdmin, pinned: own))
        #expect(try !isRefused(byMember))
        #expect(try isRefused(byNobody))
        #expect(try isRefused(byAdmin, pinned: ConversationID(high: 1, low: 1)))
    }

    @Test func `K5: nobody is added to everyone`() throws {
        let scene = try WelcomedScene { _, _ in .everyone }
        let welcomed = try WelcomedGroup(scene.welcome, with: scene.package, scene.place)
        #expect(
            isRefused { () throws(WelcomedGroup.Refusal) in
                try welcomed.check(
                    deliveredFor: scene.policy.group.conversation, scene.place, heldIncarnation: nil, tombstone: nil)
            })
    }
}
