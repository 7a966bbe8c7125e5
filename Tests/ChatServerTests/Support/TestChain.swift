import ChatProtocol
import GroupRules
import MLS
import TestSupport
import WireCodec

/// An account's chain with the keys of all its devices: whoever holds it can publish everything, also what is wrong.
struct TestChain {
    private(set) var generator: SeededGenerator
    let place: AccountPlace
    let name: UserName
    /// As it is after what was published.
    private(set) var chain: AccountChain?
    private(set) var granted: [DeviceID: SignatureKeyPair] = [:]
    private(set) var present: [DeviceID: SignatureKeyPair] = [:]

    init(_ account: AccountRecord, on server: ServerID, seed: UInt64 = 1) {
        generator = SeededGenerator(seed: seed)
        place = AccountPlace(server: server, account: account.id)
        name = account.name
    }

    mutating func pair() throws -> SignatureKeyPair {
        try SignatureKeyPair(suite: .x25519Aes128GcmSha256Ed25519, using: &generator)
    }

    /// A grant of a device to itself, by a key that is kept.
    mutating func grant(_ device: DeviceID, _ rights: DeviceRights = .certify) throws -> Grant {
        let key = try granted[device] ?? pair()
        granted[device] = key
        present[device] = key
        return try Grant(device: device, pair: key, rights: rights, at: place)
    }

    /// The link that would come next.
    func link(
        _ body: LinkBody, by device: DeviceID, instance: UInt32? = nil, key: SignatureKeyPair? = nil,
        number: UInt32? = nil, at place: AccountPlace? = nil
    ) throws -> Link {
        guard let key = key ?? present[device] else { throw TestClient.Missing(description: "no key of \(device)") }
        let content = LinkContent(
            place: place ?? self.place, number: number ?? chain?.count ?? 0, previous: chain?.head ?? .zero, body: body)
        return try Link(content, by: device, instance: instance ?? chain?.devices[device]?.instance ?? 0, key: key)
    }

    /// Takes a link as published, and gives its bytes.
    mutating func take(_ link: Link) throws -> [UInt8] {
        if chain == nil { chain = try AccountChain(link, at: place) } else { try chain?.append(link) }
        return link.wireBytes
    }

    mutating func create(_ device: DeviceID) throws -> [UInt8] {
        let body = LinkBody.create(name: name, try grant(device))
        return try take(link(body, by: device))
    }

    mutating func add(_ device: DeviceID, _ rights: DeviceRights = [], by signer: DeviceID) throws -> [UInt8] {
        let body = LinkBody.add(try grant(device, rights))
        return try take(link(body, by: signer))
    }

    mutating func revoke(_ device: DeviceID, by signer: DeviceID) throws -> [UInt8] {
        try take(link(.revoke(device), by: signer))
    }

    mutating func reset(_ device: DeviceID) throws -> [UInt8] {
        try take(resetting(device))
    }

    func adding(_ grant: Grant, by signer: DeviceID) throws -> Link { try link(.add(grant), by: signer) }

    mutating func resetting(_ device: DeviceID) throws -> Link {
        let body = LinkBody.reset(name: name, try grant(device))
        return try link(body, by: device)
    }

    /// A renewal with a new key.
    mutating func renewal(_ device: DeviceID, instance: UInt32) throws -> (Renewal, SignatureKeyPair) {
        let pair = try pair()
        guard let key = granted[device], let granting = chain?.devices[device]?.granting else {
            throw TestClient.Missing(description: "no key of \(device)")
        }
        let renewal = try Renewal(
            place: place, granting: granting, device: device, instance: instance, granted: key, pair: pair)
        return (renewal, pair)
    }

    mutating func take(_ renewal: Renewal, _ pair: SignatureKeyPair) throws {
        try chain?.take(renewal)
        present[renewal.device] = pair
    }
}
