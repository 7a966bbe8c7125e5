import ChatProtocol
import GroupRules
import RulesSupport
import TestSupport
import Testing

@testable import ChatClient

@Suite struct ChainStoreTests {
    private static let generation = StoreGeneration(high: 5, low: 5)
    private static let later = StoreGeneration(high: 6, low: 6)

    /// Alice's store, on the server of test accounts.
    private func scene() throws -> StoreScene {
        let scene = try StoreScene()
        var identity = try scene.identity()
        identity.server = TestAccount.server
        try scene.store.write { try scene.store.setIdentity(identity) }
        return scene
    }

    private func meet(
        _ chain: AccountChain, in store: ClientStore, called name: UserName? = nil,
        generation: StoreGeneration = generation
    ) throws -> ChainMeeting {
        try store.write {
            try store.meet(chain, named: name ?? chain.name, generation: generation, now: 1)
        }
    }

    private func finding(_ account: TestAccount, in store: ClientStore, compared: AccountRoot? = nil) throws
        -> GateRules.PersonFinding
    {
        let record = try store.keyRecord(
            of: account.place.account, named: account.name, compared: compared)
        return GateRules.look(at: record.person, policy: .tofu)
    }

    @Test func `a chain that was kept is the one that comes back, renewals included`() throws {
        let scene = try scene()
        var ann = try TestAccount()
        let device = try ann.add([.certify, .enrolOften])
        try ann.renew(device)
        _ = try ann.add(by: device)
        try ann.renew(device)
        #expect(try meet(ann.chain, in: scene.store) == .known(.first))
        #expect(try scene.other().chain(of: ann.place.account) == ann.chain)
        try ann.renew(device)
        _ = try ann.add(by: device)
        #expect(try meet(ann.chain, in: scene.store) == .known(.advanced))
        let kept = try #require(try scene.other().chain(of: ann.place.account))
        #expect(kept == ann.chain && kept.certificate(of: device) == ann.chain.certificate(of: device))
        #expect(try scene.store.chainGrants(device, of: ann.place.account))
        #expect(try !scene.store.chainGrants(device, of: bob))
    }

    @Test func `C4: what does not agree changes no pin, is kept as evidence, and nobody is written to`() throws {
        let scene = try scene()
        var ann = try TestAccount()
        var fork = ann
        _ = try ann.add()
        _ = try fork.add(.certify)
        #expect(try meet(ann.chain, in: scene.store) == .known(.first))
        #expect(try finding(ann, in: scene.store) == .open(.tofu))
        guard case .forked = try meet(fork.chain, in: scene.store) else { throw TestFailure("not forked") }
        #expect(try scene.store.chain(of: ann.place.account) == ann.chain)
        #expect(try finding(ann, in: scene.store).trust == .changed)
        #expect(try scene.store.keyAlarms().map(\.name) == [ann.name])
        // Nor is the alarm gone when the server gives the right one again.
        #expect(try meet(ann.chain, in: scene.store) == .known(.unchanged))
        #expect(try finding(ann, in: scene.store).trust == .changed)
    }

    @Test func `C4: another account under a pinned name, or one whose chain has another name, is not written to`()
        throws
    {
        let scene = try scene()
        let ann = try TestAccount()
        let impostor = try TestAccount("ann", seed: 2)
        let mallory = try TestAccount("mallory", seed: 3)
        _ = try meet(ann.chain, in: scene.store)
        guard case .forked = try meet(impostor.chain, in: scene.store) else { throw TestFailure("not forked") }
        guard case .forked = try meet(mallory.chain, in: scene.store, called: UserName("bob")) else {
            throw TestFailure("not forked")
        }
        #expect(try finding(impostor, in: scene.store).trust == .changed)
        #expect(try scene.store.pinnedAccounts().map(\.name) == [ann.name])
    }

    @Test func `C4: a chain that lost links is a fork, and after a restore it is behind until whole again`() throws {
        let scene = try scene()
        var ann = try TestAccount()
        let short = ann.chain
        _ = try ann.add()
        _ = try meet(ann.chain, in: scene.store)
        #expect(try meet(short, in: scene.store, generation: Self.later) == .known(.behind))
        #expect(try scene.store.chain(of: ann.place.account) == ann.chain)
        #expect(try finding(ann, in: scene.store) == .open(.tofu))
        #expect(try meet(ann.chain, in: scene.store, generation: Self.later) == .known(.unchanged))
        guard case .forked = try meet(short, in: scene.store, generation: Self.later) else {
            throw TestFailure("not forked")
        }
    }

    @Test func `a changed root is told with both until it is accepted, and what was compared before counts no more`()
        throws
    {
        let scene = try scene()
        let store = scene.store
        var ann = try TestAccount()
        let old = ann.chain.root
        _ = try meet(ann.chain, in: store)
        try store.write { try store.setCompared(ann.name, old, now: 1) }
        _ = try ann.reset()
        let new = ann.chain.root
        #expect(try meet(ann.chain, in: store) == .known(.rootChanged(from: old, to: new)))
        #expect(try finding(ann, in: store) == .keyChanged(old: old, new: new))
        #expect(try finding(ann, in: store, compared: new) == .open(.verified))
        try store.write { try store.trust(new, of: ann.place.account, named: ann.name) }
        #expect(try finding(ann, in: store) == .open(.tofu))
    }

    @Test func `who was compared before being met is held to that`() throws {
        let scene = try scene()
        let store = scene.store
        let ann = try TestAccount()
        let other = try TestAccount("ann", seed: 2).chain.root
        try store.write { try store.setCompared(ann.name, other, now: 1) }
        #expect(try finding(ann, in: store) == .unverified(nil))
        _ = try meet(ann.chain, in: store)
        #expect(try finding(ann, in: store) == .keyChanged(old: other, new: ann.chain.root))
        // Whatever becomes of what was compared.
        try store.write { try store.database.run("DELETE FROM compared_keys") }
        #expect(try finding(ann, in: store) == .keyChanged(old: other, new: ann.chain.root))
    }

    @Test func `a chain of which more is heard is looked at again, and one of which nothing is new is not`() throws {
        let scene = try scene()
        let store = scene.store
        var ann = try TestAccount()
        _ = try meet(ann.chain, in: store)
        let head = { (chain: AccountChain) in ChainHead(count: chain.count, hash: chain.head.bytes) }
        #expect(try store.chainReaches(head(ann.chain), of: ann.place.account))
        let before = ann.chain
        _ = try ann.add()
        #expect(try !store.chainReaches(head(ann.chain), of: ann.place.account))
        _ = try meet(ann.chain, in: store)
        #expect(try store.chainReaches(head(before), of: ann.place.account))
    }
}
