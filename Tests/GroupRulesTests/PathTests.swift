import ChatProtocol
import MLS
import RulesSupport
import Testing
import WireCodec

@testable import GroupRules

@Suite struct PathTests {
    /// An account with a device three links away from the beginning, by way of an identity file.
    private func account() throws -> (TestAccount, DeviceID) {
        var bob = try TestAccount("bob", seed: 2)
        let recovery = try bob.add([.certify, .enrolOften])
        try bob.renew(recovery)
        let device = try bob.add(.enrolOnce, by: recovery)
        try bob.renew(device)
        return (bob, device)
    }

    @Test func `J1: a certificate with any byte changed, or cut anywhere, proves nothing`() throws {
        let (bob, device) = try account()
        let bytes = try #require(bob.chain.certificate(of: device)).path.wireBytes
        #expect(try DevicePath(wireBytes: bytes).verify(from: bob.chain.root, at: bob.place).grant.device == device)
        for place in bytes.indices {
            var changed = bytes
            changed[place] ^= 1 << UInt8(place % 8)
            let end = (try? DevicePath(wireBytes: changed)).flatMap { path in
                try? path.verify(from: bob.chain.root, at: bob.place)
            }
            // The proofs in the grants are covered by the links; nothing here is free to change.
            #expect(end == nil, "byte \(place)")
            #expect((try? DevicePath(wireBytes: Array(bytes.prefix(place)))) == nil, "cut at \(place)")
        }
    }

    @Test func `J1: whom one has granted who may not certify proves nothing by that`() throws {
        for (rights, isDevice) in [(DeviceRights.certify, true), ([], false)] {
            var bob = try TestAccount("bob", seed: 2)
            let granter = try bob.add(rights)
            let grant = try bob.grant()
            let links = try #require(bob.chain.certificate(of: granter)).path.links
            let path = DevicePath(links: links + [try bob.link(.add(grant), by: granter)], renewals: [])
            let end = try? path.verify(from: bob.chain.root, at: bob.place)
            #expect((end?.grant.device == grant.device) == isDevice)
        }
    }

    @Test func `J1: a leaf costs a signature check a link, and two a renewal`() throws {
        let (bob, device) = try account()
        for (id, checks) in [(bob.first, 1), (device, 3 + 2 * 2)] {
            let path = try #require(bob.chain.certificate(of: id)).path
            let (counts, error) = OperationCount.of { _ = try path.verify(from: bob.chain.root, at: bob.place) }
            #expect(error == nil && counts[.verify] == checks)
        }
        // Something wrong costs no more: what is cheap is looked at first.
        let path = try #require(bob.chain.certificate(of: device)).path
        let elsewhere = AccountPlace(server: ServerID(high: 9, low: 9), account: bob.place.account)
        for (root, place) in [(try account().0.chain.root, elsewhere), (.zero, bob.place)] {
            let (counts, error) = OperationCount.of { _ = try path.verify(from: root, at: place) }
            #expect(error is RuleViolation && counts[.verify] == nil)
        }
    }

    @Test func `J4: a policy of a version that is not known is named as that`() throws {
        let world = try TestWorld()
        let key = try world.eve.identity().signatureKey.publicKey
        var list = try world.room().extensions(groupKey: key).list
        list[2].data[0] = 2
        expectRefusal(.j4, .unsupportedVersion) { _ = try GroupPolicy(try Extensions(list)) }
    }

    @Test func `what is signed and hashed begins with a label of its own, and none of MLS`() throws {
        let labels = Label.allCases.map { Array($0.rawValue.utf8) }
        for label in labels {
            #expect(!label.starts(with: Array("MLS 1.0 ".utf8)) && label.count < 64)
            // None begins another one: as vectors they differ in their length already.
            #expect(labels.count { $0.starts(with: label) } == 1)
        }
    }

    @Test func `of a device's renewals a reader takes the newest alone`() throws {
        var bob = try TestAccount("bob", seed: 2)
        let device = try bob.add(.enrolOften)
        let renewals = try (1...40).map { try bob.renewal(device, instance: UInt32($0)).0 }
        let (links, place) = (bob.chain.links, bob.place)
        var chain: AccountChain?
        let (counts, error) = OperationCount.of { chain = try AccountChain(links, renewals: renewals, at: place) }
        #expect(error == nil && chain?.devices[device]?.instance == 40)
        // Two links with their proofs, one renewal.
        #expect(counts[.verify] == 2 * 2 + 2)
    }
}
