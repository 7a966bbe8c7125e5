import ChatProtocol
import MLS
import RulesSupport
import Testing
import WireCodec

@testable import GroupRules

@Suite struct ChainTests {
    @Test func `C1: only an active device that certifies adds and revokes others`() throws {
        var ann = try TestAccount()
        let plain = try ann.add()
        let other = try ann.add(.certify)
        let grant = try ann.grant()
        expectRefusal(.c1) { try ann.chain.append(try ann.link(.add(grant), by: plain)) }
        expectRefusal(.c1) { try ann.chain.append(try ann.link(.revoke(other), by: plain)) }
        // Itself it may revoke; then it is nobody, and is not revoked twice.
        try ann.revoke(plain, by: plain)
        #expect(ann.chain.devices[plain]?.state == .revoked(3))
        expectRefusal(.c1) { try ann.chain.append(try ann.link(.revoke(plain))) }
        try ann.revoke(ann.first, by: other)
        expectRefusal(.c1) { try ann.chain.append(try ann.link(.add(grant))) }
        try ann.chain.append(try ann.link(.add(grant), by: other))
        let stranger: DeviceID = ann.generator.identifier()
        let key = try ann.generator.pair()
        expectRefusal(.c1) {
            try ann.chain.append(try ann.link(.revoke(other), by: stranger, key: key))
        }
    }

    @Test func `C1: a link is signed over all it says, by the device that it names`() throws {
        var ann = try TestAccount()
        let other = try ann.add(.certify)
        let link = try ann.link(.revoke(ann.first), by: other)
        let wrongKey = try ann.generator.pair()
        expectRefusal(.c1) { try ann.chain.append(try ann.link(.revoke(ann.first), by: other, key: wrongKey)) }
        expectRefusal(.c1) {
            try ann.chain.append(Link(link.content, by: ann.first, signature: link.signature))
        }
        // Any byte changed: it does not decode, or is refused.
        for place in link.wireBytes.indices {
            var bytes = link.wireBytes
            bytes[place] ^= 1
            guard let changed = try? Link(wireBytes: bytes) else { continue }
            #expect(throws: RuleViolation.self) { try ann.chain.append(changed) }
        }
        try ann.chain.append(link)
    }

    @Test func `C1: a device signs with its present key, and an enrol key signs renewals and nothing else`() throws {
        var ann = try TestAccount()
        let recovery = try ann.add([.certify, .enrolOften])
        let grant = try ann.grant()
        // The enrol key itself.
        expectRefusal(.c1) { try ann.chain.append(try ann.link(.add(grant), by: recovery)) }
        #expect(ann.chain.certificate(of: recovery) == nil)
        try ann.renew(recovery)
        let old = ann.present[recovery]
        let stale = try ann.link(.add(grant), by: recovery)
        try ann.renew(recovery)
        expectRefusal(.c1) { try ann.chain.append(stale) }
        expectRefusal(.c1) { try ann.chain.append(try ann.link(.add(grant), by: recovery, key: old)) }
        try ann.chain.append(try ann.link(.add(grant), by: recovery))
        // A beginning is signed by the granted key: no enrol key begins anything.
        #expect(throws: RuleViolation.self) { try TestAccount("eve", rights: [.certify, .enrolOnce]) }
        let reset = try ann.grant([.certify, .enrolOften])
        expectRefusal(.c1) {
            try ann.chain.append(try ann.link(.reset(name: ann.name, reset), by: reset.device))
        }
    }

    @Test func `C1: a grant proves that its key is the device's own, in this account`() throws {
        var ann = try TestAccount()
        let eve = try TestAccount("eve", seed: 2)
        guard let foreign = eve.chain.links.first?.content.body.grant else { return }
        expectRefusal(.c1) { try ann.chain.append(try ann.link(.add(foreign))) }
        let grant = try ann.grant()
        let moved = Grant(device: ann.generator.identifier(), key: grant.key, rights: [], proof: grant.proof)
        expectRefusal(.c1) { try ann.chain.append(try ann.link(.add(moved))) }
        // The rights are the signer's to give.
        try ann.chain.append(try ann.link(.add(grant.with(.certify))))
        #expect(ann.chain.devices[grant.device]?.certifies == true)
    }

    @Test func `C2: links come one at a time, each behind the one before`() throws {
        var ann = try TestAccount()
        let grant = try ann.grant()
        expectRefusal(.c2, .linkNotNext) { try ann.chain.append(try ann.link(.add(grant), number: 0)) }
        expectRefusal(.c2, .linkNotNext) { try ann.chain.append(try ann.link(.add(grant), number: 2)) }
        expectRefusal(.c2, .linkNotNext) { try ann.chain.append(try ann.link(.add(grant), previous: .zero)) }
        let one = try ann.link(.add(grant))
        let other = try ann.link(.add(try ann.grant()))
        try ann.chain.append(one)
        // Who comes second is told, and so is who comes again.
        for late in [other, one] { expectRefusal(.c2, .linkNotNext) { try ann.chain.append(late) } }
        let elsewhere = AccountPlace(server: ServerID(high: 9, low: 9), account: ann.place.account)
        expectRefusal(.c2) { try ann.chain.append(try ann.link(.revoke(grant.device), at: elsewhere)) }
        let create = ann.chain.links[0].content.body
        expectRefusal(.c2) { try ann.chain.append(try ann.link(create)) }
        expectRefusal(.c2) { _ = try AccountChain(one, at: ann.place) }
        expectRefusal(.c2) { _ = try AccountChain([], at: ann.place) }
    }

    @Test func `C3: a device id stands once in a chain, also after a reset`() throws {
        var ann = try TestAccount()
        let device = try ann.add()
        try ann.revoke(device)
        guard let old = ann.chain.devices[device]?.grant else { return }
        expectRefusal(.c3) { try ann.chain.append(try ann.link(.add(old))) }
        _ = try ann.reset()
        expectRefusal(.c3) {
            try ann.chain.append(try ann.link(.reset(name: ann.name, old), by: device))
        }
    }

    @Test func `a chain that was verified before is loaded as it was, and still only in its order`() throws {
        var ann = try TestAccount()
        let (often, other) = (try ann.add([.certify, .enrolOften]), try ann.add(.certify))
        try ann.renew(often)
        let third = try ann.add(by: often)
        try ann.renew(often)
        try ann.revoke(other)
        let renewals = ann.chain.devices.values.flatMap(\.renewals.values)
        let loaded = try AccountChain(withoutCheckingSignatures: ann.chain.links, renewals: renewals, at: ann.place)
        #expect(loaded == ann.chain && loaded.devices[third]?.isActive == true)
        // It is trusted to be signed, not to follow.
        expectRefusal(.c2, .linkNotNext) {
            _ = try AccountChain(
                withoutCheckingSignatures: [ann.chain.links[0], ann.chain.links[2]], renewals: [], at: ann.place)
        }
        // What comes next is verified.
        var next = loaded
        let forged = try ann.link(.revoke(third), key: try ann.generator.pair())
        expectRefusal(.c1, .invalidLink) { try next.append(forged) }
    }

    @Test func `C5: an enrol-once key makes one renewal, and a second use of the file is seen`() throws {
        var ann = try TestAccount()
        let device = try ann.add(.enrolOnce)
        let (renewal, _) = try ann.renewal(device, instance: 1)
        let (copy, _) = try ann.renewal(device, instance: 1)
        let (second, _) = try ann.renewal(device, instance: 2)
        expectRefusal(.c5, .identityUsed) { try ann.chain.take(second) }
        try ann.chain.publish(renewal, after: nil)
        try ann.chain.publish(renewal, after: 0)
        // However soon: who has copied a file is told so, and not to wait.
        for pause in [0, 3_600] {
            expectRefusal(.c5, .identityUsed) { try ann.chain.publish(copy, after: pause) }
        }
        expectRefusal(.c5, .identityUsed) { try ann.chain.publish(second, after: 3_600) }
        #expect(ann.chain.devices[device]?.newestRenewal == renewal)
    }

    @Test func `C5: of an enrol-often key the newest instance wins, one at a time and one a minute`() throws {
        var ann = try TestAccount()
        let device = try ann.add(.enrolOften)
        let renewals = try (1...4).map { try ann.renewal(device, instance: $0).0 }
        expectRefusal(.c5, .linkNotNext) { try ann.chain.publish(renewals[1], after: nil) }
        try ann.chain.publish(renewals[0], after: nil)
        expectRefusal(.c5, .notAllowed) { try ann.chain.publish(renewals[1], after: 59) }
        try ann.chain.publish(renewals[1], after: 60)
        expectRefusal(.c5, .replaced) { try ann.chain.publish(renewals[0], after: 60) }
        let (rival, _) = try ann.renewal(device, instance: 2)
        expectRefusal(.c5, .replaced) { try ann.chain.publish(rival, after: 60) }
        // Who only reads the chain may have missed some.
        try ann.chain.take(renewals[3])
        #expect(ann.chain.devices[device]?.instance == 4)
    }

    @Test func `C5: a renewal is of this grant, signed by the granted and by the new key`() throws {
        var ann = try TestAccount()
        let device = try ann.add(.enrolOften)
        let plain = try ann.add()
        let renewal = try ann.renewal(device, instance: 1).0
        for place in renewal.wireBytes.indices {
            var bytes = renewal.wireBytes
            bytes[place] ^= 1
            guard let changed = try? Renewal(wireBytes: bytes) else { continue }
            expectRefusal(.c5) { try ann.chain.take(changed) }
        }
        expectRefusal(.c5) { try ann.chain.take(try ann.renewal(device, instance: 1, granting: ann.chain.head).0) }
        expectRefusal(.c5) { try ann.chain.take(try ann.renewal(plain, instance: 1).0) }
        try ann.revoke(device)
        expectRefusal(.c5) { try ann.chain.take(renewal) }
    }

    @Test func `C6: a chain has at most 4,096 links, and the last 64 are for revoke and reset`() throws {
        var ann = try TestAccount()
        // Made long by devices that come and go: what was verified once is not verified again here.
        while ann.chain.links.count < RuleLimits.links - RuleLimits.linksForDefence {
            try ann.revoke(try ann.add())
            if ann.chain.links.count == RuleLimits.links - RuleLimits.linksForDefence - 1 { _ = try ann.add() }
        }
        let grant = try ann.grant()
        expectRefusal(.c6, .tooLarge) { try ann.chain.append(try ann.link(.add(grant))) }
        for _ in 0..<RuleLimits.linksForDefence { _ = try ann.reset() }
        #expect(ann.chain.links.count == RuleLimits.links)
        expectRefusal(.c6, .tooLarge) { _ = try ann.reset() }
    }

    @Test func `a reset begins anew: another root, and every device before it is revoked`() throws {
        var ann = try TestAccount()
        let device = try ann.add(.certify)
        let root = ann.chain.root
        let new = try ann.reset()
        #expect(ann.chain.root != root && ann.chain.root == ann.chain.links.last?.root)
        #expect(ann.chain.devices.filter(\.value.isActive).map(\.key) == [new])
        expectRefusal(.c1) { try ann.revoke(new, by: device) }
        guard let name = UserName("bob") else { return }
        let grant = try ann.grant(.certify)
        expectRefusal(.c4) { try ann.chain.append(try ann.link(.reset(name: name, grant), by: grant.device)) }
    }

    @Test func `a chain that is read anew from its links and renewals is the same`() throws {
        var ann = try TestAccount()
        let recovery = try ann.add([.certify, .enrolOften])
        try ann.renew(recovery)
        let used = try #require(ann.chain.devices[recovery]?.newestRenewal)
        let third = try ann.add(by: recovery)
        try ann.renew(recovery)
        try ann.renew(recovery)
        let newest = try #require(ann.chain.devices[recovery]?.newestRenewal)
        try ann.revoke(third, by: recovery)
        let again = try AccountChain(ann.chain.links, renewals: [newest, used], at: ann.place)
        #expect(again.head == ann.chain.head && again.root == ann.chain.root && again.devices == ann.chain.devices)
        // Without the renewal that signed a link it proves nothing.
        expectRefusal(.c1) { _ = try AccountChain(ann.chain.links, renewals: [newest], at: ann.place) }
        expectRefusal(.c2) {
            _ = try AccountChain(ann.chain.links, renewals: [newest, used], at: try TestAccount("x", seed: 9).place)
        }
    }
}
