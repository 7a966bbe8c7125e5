import ChatProtocol
import GroupRules
import MLS
import TestSupport
import Testing

extension SeededGenerator {
    mutating func identifier<Kind>() -> Identifier<Kind> { Identifier(high: next(), low: next()) }

    mutating func pair() throws -> SignatureKeyPair {
        try SignatureKeyPair(suite: .x25519Aes128GcmSha256Ed25519, using: &self)
    }
}

struct TestFailure: Error {
    let text: String
    init(_ text: String) { self.text = text }
}

/// Expects that `body` is refused by a rule.
func expectRefusal(
    _ rule: Rule, _ code: RuleViolation.Code? = nil, _ location: SourceLocation = #_sourceLocation,
    _ body: () throws -> Void
) {
    do {
        try body()
        Issue.record("not refused, expected \(rule)", sourceLocation: location)
    } catch let error as RuleViolation {
        #expect(error.rule == rule, "\(error)", sourceLocation: location)
        if let code { #expect(error.code == code, "\(error)", sourceLocation: location) }
    } catch {
        Issue.record("another error: \(error)", sourceLocation: location)
    }
}

/// An account with the keys of all its devices: whoever holds it can do everything, also what is wrong.
struct TestAccount {
    var generator: SeededGenerator
    let place: AccountPlace
    let name: UserName
    var chain: AccountChain
    private(set) var granted: [DeviceID: SignatureKeyPair] = [:]
    private(set) var present: [DeviceID: SignatureKeyPair] = [:]
    let first: DeviceID

    static let server = ServerID(high: 1, low: 2)

    init(_ name: String = "ann", seed: UInt64 = 1, rights: DeviceRights = .certify) throws {
        generator = SeededGenerator(seed: seed)
        guard let name = UserName(name) else { throw TestFailure("no name") }
        self.name = name
        place = AccountPlace(server: Self.server, account: generator.identifier())
        first = generator.identifier()
        let pair = try generator.pair()
        let grant = try Grant(device: first, pair: pair, rights: rights, at: place)
        let content = LinkContent(place: place, number: 0, previous: .zero, body: .create(name: name, grant))
        chain = try AccountChain(try Link(content, by: first, key: pair), at: place)
        granted[first] = pair
        present[first] = pair
    }

    var party: Party { Party(account: place.account, root: chain.root) }

    /// A grant of a new device to itself.
    mutating func grant(_ rights: DeviceRights = []) throws -> Grant {
        let device: DeviceID = generator.identifier()
        let pair = try generator.pair()
        granted[device] = pair
        present[device] = pair
        return try Grant(device: device, pair: pair, rights: rights, at: place)
    }

    /// The link that would come next, signed by a device's present key or by another one.
    func link(
        _ body: LinkBody, by device: DeviceID? = nil, instance: UInt32? = nil, key: SignatureKeyPair? = nil,
        number: UInt32? = nil, previous: LinkHash? = nil, at place: AccountPlace? = nil
    ) throws -> Link {
        let device = device ?? first
        guard let key = key ?? present[device] else { throw TestFailure("no key") }
        let content = LinkContent(
            place: place ?? self.place, number: number ?? chain.count, previous: previous ?? chain.head, body: body)
        return try Link(content, by: device, instance: instance ?? chain.devices[device]?.instance ?? 0, key: key)
    }

    mutating func add(_ rights: DeviceRights = [], by device: DeviceID? = nil) throws -> DeviceID {
        let grant = try grant(rights)
        try chain.append(try link(.add(grant), by: device))
        return grant.device
    }

    mutating func revoke(_ device: DeviceID, by other: DeviceID? = nil) throws {
        try chain.append(try link(.revoke(device), by: other))
    }

    mutating func reset() throws -> DeviceID {
        let grant = try grant(.certify)
        let link = try link(.reset(name: name, grant), by: grant.device, key: granted[grant.device])
        try chain.append(link)
        return grant.device
    }

    /// A renewal with a new key.
    mutating func renewal(
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

    mutating func renew(_ device: DeviceID) throws {
        let (renewal, pair) = try renewal(device, instance: (chain.devices[device]?.instance ?? 0) + 1)
        try chain.take(renewal)
        present[device] = pair
    }

    /// How the device presents itself in a group.
    func identity(_ device: DeviceID? = nil) throws -> MemberIdentity {
        let device = device ?? first
        guard let certificate = chain.certificate(of: device), let key = present[device] else {
            throw TestFailure("no certificate")
        }
        return try MemberIdentity(DeviceCredential(party: party, device: device), certificate, key: key)
    }
}
