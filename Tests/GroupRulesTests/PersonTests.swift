import ChatProtocol
import RulesSupport
import Testing

@testable import GroupRules

@Suite struct PersonTests {
    private func finding(
        _ chain: AccountChain, pin: AccountPin? = nil, owner: AccountID? = nil, compared: AccountRoot? = nil,
        alarm: String? = nil, called: String? = nil, policy: KeyPolicy = .tofu
    ) -> GateRules.PersonFinding {
        let person = PersonKeys(
            account: chain.place.account, called: called.flatMap { UserName($0) }, owner: owner,
            pin: pin ?? AccountPin(chain), root: chain.root,
            compared: compared, alarm: alarm)
        return GateRules.look(at: person, policy: policy)
    }

    @Test func `who was met first is written to, and under the policy verified only who was compared`() throws {
        let bob = try TestAccount("bob").chain
        #expect(finding(bob) == .open(.tofu))
        #expect(finding(bob, policy: .verified) == .unverified(bob.root))
        for policy in KeyPolicy.allCases {
            #expect(finding(bob, compared: bob.root, policy: policy) == .open(.verified))
        }
    }

    @Test func `another root than the trusted one is written to under no policy`() throws {
        var bob = try TestAccount("bob")
        let pin = AccountPin(bob.chain)
        _ = try bob.reset()
        let changed = GateRules.PersonFinding.keyChanged(old: pin.root, new: bob.chain.root)
        for policy in KeyPolicy.allCases {
            #expect(finding(bob.chain, pin: pin, policy: policy) == changed)
            #expect(finding(bob.chain, pin: pin, compared: pin.root, policy: policy) == changed)
        }
        #expect(finding(bob.chain, pin: pin.trusting(bob.chain.root)) == .open(.tofu))
        // Somebody who keeps the list of everybody has compared the new one.
        #expect(finding(bob.chain, pin: pin, compared: bob.chain.root, policy: .verified) == .open(.verified))
    }

    @Test func `who has no chain is written to only where nothing is known that it would have to agree with`() throws {
        let bob = try TestAccount("bob").chain
        let person = { (compared: AccountRoot?) in PersonKeys(account: bob.place.account, compared: compared) }
        #expect(GateRules.look(at: person(nil), policy: .tofu) == .unknown)
        #expect(GateRules.look(at: person(nil), policy: .verified) == .unverified(nil))
        #expect(GateRules.look(at: person(bob.root), policy: .tofu) == .unverified(nil))
    }

    @Test func `a name that is pinned to another account and a forked chain are written to under no policy`() throws {
        let bob = try TestAccount("bob").chain
        let other = try TestAccount("bob", seed: 2).chain
        for finding in [
            finding(bob, owner: other.place.account, compared: bob.root),
            finding(bob, compared: bob.root, alarm: "two"),
            finding(bob, called: "admin"), finding(bob, compared: bob.root, called: "admin", policy: .verified),
        ] {
            guard case .forked = finding else {
                Issue.record("\(finding)")
                continue
            }
            #expect(finding.trust == .changed)
        }
        #expect(finding(bob, called: "bob") == .open(.tofu))
        // Oneself is who one is, whatever is known of it.
        let own = PersonKeys(account: bob.place.account, isOwn: true)
        #expect(GateRules.look(at: own, policy: .verified) == .open(.verified))
    }

    @Test func `two people read the same sixty digits, and others read others`() throws {
        let roots = try (1...3).map { try TestAccount(seed: $0).chain.root }
        let number = SpokenNumber(roots[0], roots[1])
        #expect(number == SpokenNumber(roots[1], roots[0]))
        #expect(number.groups.count == 12 && number.groups.allSatisfy { $0.utf8.count == 5 && Int($0) != nil })
        #expect(number != SpokenNumber(roots[0], roots[2]) && number != SpokenNumber(roots[2], roots[1]))
    }
}
