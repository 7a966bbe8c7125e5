import ChatProtocol
import GroupRules
import MLS
import RulesSupport
import TestSupport
import Testing

@testable import ChatClient

/// Ann's device, and a Welcome by which bob adds it.
struct WelcomedScene {
    let identity: Identity
    let place: GroupPlace
    let package: KeyPackageSecrets
    let welcome: [UInt8]
    let policy: GroupPolicy

    /// Bob adds ann.
    ///
    /// - Parameter kind: of the group, by bob and ann; nil: a direct one.
    init(_ kind: ((Party, Party) throws -> GroupPolicy.Kind)? = nil) throws {
        var generator = SeededGenerator(seed: 3)
        let (ann, bob) = (try TestAccount("ann", seed: 1), try TestAccount("bob", seed: 2))
        let groupKey = try generator.pair()
        var identity = try StoreScene().identity()
        (identity.account, identity.name, identity.device) = (ann.place.account, ann.name, ann.first)
        identity.server = TestAccount.server
        self.identity = identity
        let secret = try #require(ann.present[ann.first]).privateKey.bytes
        place = GroupPlace(
            own: try OwnDevice(identity, ChainKeys(granting: secret)), chain: ann.chain,
            generation: identity.generation, groupKey: groupKey.publicKey)
        package = try KeyPackage.create(
            suite: GroupPlace.suite, identity: ann.identity(), lifetime: Lifetime(notBefore: 1, notAfter: 2),
            using: &generator)
        let theirs = GroupPlace(
            own: place.own, chain: bob.chain, generation: identity.generation, groupKey: groupKey.publicKey)
        let direct = GroupPolicy.direct(ann.party, bob.party, on: TestAccount.server)
        policy =
            try kind.map { kind in
                GroupPolicy(server: TestAccount.server, group: direct.group, kind: try kind(bob.party, ann.party))
            } ?? direct
        var group = try Group.create(
            groupId: policy.group.groupId, suite: GroupPlace.suite, identity: bob.identity(),
            extensions: policy.extensions(groupKey: groupKey.publicKey),
            lifetime: Lifetime(notBefore: 1, notAfter: 2), judge: theirs.judge, using: &generator)
        // What nobody may do is done all the same: it is the one who was added that finds it out.
        let pending = try group.commit(
            CommitOptions([.add(package.keyPackage)]), now: nil, judge: AcceptAll(), using: &generator)
        welcome = pending.welcome?.encoded ?? []
    }
}
