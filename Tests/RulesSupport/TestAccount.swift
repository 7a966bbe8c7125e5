import ChatProtocol
import GroupRules
import MLS
import TestSupport

extension SeededGenerator {
    package mutating func identifier<Kind>() -> Identifier<Kind> { Identifier(high: next(), low: next()) }

    package mutating func pair() throws -> SignatureKeyPair {
        try SignatureKeyPair(suite: .x25519Aes128GcmSha256Ed25519, using: &self)
    }
}

package struct TestFailure: Error {
    package let text: String
    package init(_ text: String) { self.text = text }
}

/// An account with the keys of all its devices: whoever holds it can do everything, also what is wrong.
package struct TestAccount {
    package var generator: SeededGenerator
    package let place: AccountPlace
    package let name: UserName
    package var chain: AccountChain
    package private(set) var granted: [DeviceID: SignatureKeyPair] = [:]
    package private(set) var present: [DeviceID: SignatureKeyPair] = [:]
    package let first: DeviceID

    package static let server = ServerID(high: 1, low: 2)

    /// - Parameters:
    ///   - place: where the account is known already; else one of its own.
    ///   - device: the first device, where it is known already.
    package init(
        _ name: String = "ann", seed: UInt64 = 1, rights: DeviceRights = .certify, at known: AccountPlace? = nil,
        device: DeviceID? = nil
    ) throws {
        generator = SeededGenerator(seed: seed)
        guard let name = UserName(name) else { throw TestFailure("no name") }
        self.name = name
        let own = AccountPlace(server: Self.server, account: generator.identifier())
        let fresh: DeviceID = generator.identifier()
        (place, first) = (known ?? own, device ?? fresh)
        let pair = try generator.pair()
        let grant = try Grant(device: first, pair: pair, rights: rights, at: place)
        let content = LinkContent(place: place, number: 0, previous: .zero, body: .create(name: name, grant))
        chain = try AccountChain(try Link(content, by: first, key: pair), at: place)
        granted[first] = pair
        present[first] = pair
    }

    package var party: Party { Party(account: place.account, root: chain.root) }

    /// A grant of a new device to itself.
    package mutating func grant(_ rights: DeviceRights = [], device known: DeviceID? = nil) throws -> Grant {
        let fresh: DeviceID = generator.identifier()
        let device = known ?? fresh
        let pair = try generator.pair()
        granted[device] = pair
        present[device] = pair
        return try Grant(device: device, pair: pair, rights: rights, at: place)
    }

    /// The link that would come next, signed by a device's present key or by another one.
    package func link(
        _ body: LinkBody, by device: DeviceID? = nil, instance: UInt32? = nil, key: SignatureKeyPair? = nil,
        number: UInt32? = nil, previous: LinkHash? = nil, at place: AccountPlace? = nil
    ) throws -> Link {
        let device = device ?? first
        guard let key = key ?? present[device] else { throw TestFailure("no key") }
        let content = LinkContent(
            place: place ?? self.place, number: number ?? chain.count, previous: previous ?? chain.head, body: body)
        return try Link(content, by: device, instance: instance ?? chain.devices[device]?.instance ?? 0, key: key)
    }

    package mutating func add(
        _ rights: DeviceRights = [], by device: DeviceID? = nil, as known: DeviceID? = nil
    ) throws -> DeviceID {
        let grant = try grant(rights, device: known)
        try chain.append(try link(.add(grant), by: device))
        return grant.device
    }

    package mutating func revoke(_ device: DeviceID, by other: DeviceID? = nil) throws {
        try chain.append(try link(.revoke(device), by: other))
    }

    package mutating func reset() throws -> DeviceID {
        let grant = try grant(.certify)
        let link = try link(.reset(name: name, grant), by: grant.device, key: granted[grant.device])
        try chain.append(link)
        return grant.device
    }

    /// A renewal with a new key.
    package mutating func renewal(
        _ device: DeviceID, instance: UInt32, granting: LinkHash? = nil
    ) throws -> (Renewal, SignatureKeyPair) {
        let pair = try generator.pair()
        guard let key = granted[device], let known = granting ?? chain.devices[device]?.granting else {
            throw TestFailure("no such device")
        }
        let renewal = try Renewal(
            place: place, granting: known, device: device, instance: instance, granted: key, pair: pair)
        return (renewal, pair)
    }

    package mutating func renew(_ device: DeviceID) throws {
        let (renewal, pair) = try renewal(device, instance: (chain.devices[device]?.instance ?? 0) + 1)
        try chain.take(renewal)
        present[device] = pair
    }
}

extension TestAccount {
    /// How the device presents itself in a group.
    package func identity(_ device: DeviceID? = nil) throws -> MemberIdentity {
        let device = device ?? first
        guard let certificate = chain.certificate(of: device), let key = present[device] else {
            throw TestFailure("no certificate")
        }
        return try MemberIdentity(DeviceCredential(party: party, device: device), certificate, key: key)
    }
}
