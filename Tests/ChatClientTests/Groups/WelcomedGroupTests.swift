import ChatProtocol
import GroupRules
import MLS
import RulesSupport
import TestSupport
import Testing

@testable import ChatClient

/// K5, as the client asks it.
@Suite struct WelcomedGroupTests {
    private struct Scene {
        let place: GroupPlace
        let package: KeyPackageSecrets
        let welcome: [UInt8]
        let policy: GroupPolicy

        init() throws {
            var generator = SeededGenerator(seed: 3)
            let (ann, bob) = (try TestAccount("ann", seed: 1), try TestAccount("bob", seed: 2))
            let groupKey = try generator.pair()
            var identity = try StoreScene().identity()
            (identity.account, identity.name, identity.device) = (ann.place.account, ann.name, ann.first)
            identity.server = TestAccount.server
            let secret = try #require(ann.present[ann.first]).privateKey.bytes
            place = GroupPlace(
                own: try OwnDevice(identity, ChainKeys(granting: secret)), chain: ann.chain,
                generation: identity.generation, groupKey: groupKey.publicKey)
            package = try KeyPackage.create(
                suite: GroupPlace.suite, identity: ann.identity(), lifetime: Lifetime(notBefore: 1, notAfter: 2),
                using: &generator)
            let theirs = GroupPlace(
                own: place.own, chain: bob.chain, generation: identity.generation, groupKey: groupKey.publicKey)
            policy = .direct(ann.party, bob.party, on: TestAccount.server)
            var group = try Group.create(
                groupId: policy.group.groupId, suite: GroupPlace.suite, identity: bob.identity(),
                extensions: policy.extensions(groupKey: groupKey.publicKey),
                lifetime: Lifetime(notBefore: 1, notAfter: 2), judge: theirs.judge, using: &generator)
            let pending = try group.commit(
                CommitOptions([.add(package.keyPackage)]), now: nil, judge: theirs.judge, using: &generator)
            welcome = pending.welcome?.encoded ?? []
        }
    }

    private func isRefused(_ body: () throws(WelcomedGroup.Refusal) -> Void) -> Bool {
        do throws(WelcomedGroup.Refusal) {
            try body()
            return false
        } catch { return true }
    }

    @Test func `K5: a Welcome is entered where it was delivered for, and into nothing that is held or was left`() throws
    {
        let scene = try Scene()
        #expect(try WelcomedGroup.references(scene.welcome) == [scene.package.keyPackage.reference()])
        let welcomed = try WelcomedGroup(scene.welcome, with: scene.package, scene.place)
        let own = scene.policy.group.conversation
        func check(_ conversation: ConversationID, held: UInt32? = nil, tombstone: UInt64? = nil) -> Bool {
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
        let scene = try Scene()
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
}
