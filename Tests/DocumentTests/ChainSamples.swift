import ChatProtocol
import MLS
import TestSupport
import WireCodec

@testable import GroupRules

/// Samples of what stands inside of links: signed by real keys, and with the fields that the page gives them, in its order. Where one
/// type of the program writes several structures of the page, a sample names the fields of one.
enum ChainSamples {
    /// Fields by the page's names, and what the program writes.
    private struct Content: WireEncodable, Sendable, CustomReflectable {
        let fields: [(String, any Sendable)]
        let bytes: [UInt8]
        func encode(into writer: inout WireWriter) { writer.write(fixed: bytes) }
        var customMirror: Mirror {
            Mirror(self, children: fields.map { (label: $0.0, value: $0.1 as Any) }, displayStyle: .struct)
        }
    }

    /// Empty where a key cannot be made, which the samples that are missing then tell.
    static let all = (try? made()) ?? []

    private static func made() throws -> [ProtocolSample] {
        var generator = SeededGenerator(seed: 8)
        let pair = try SignatureKeyPair(suite: .x25519Aes128GcmSha256Ed25519, using: &generator)
        let new = try SignatureKeyPair(suite: .x25519Aes128GcmSha256Ed25519, using: &generator)
        guard let name = UserName("bob") else { return [] }
        let place = AccountPlace(server: ServerID(high: 1, low: 2), account: AccountID(high: 3, low: 4))
        let device = DeviceID(high: 5, low: 6)
        let grant = try Grant(device: device, pair: pair, rights: [.certify, .enrolOnce], at: place)
        let previous = LinkHash(of: [7])
        func content(_ body: LinkBody, _ fields: [(String, any Sendable)]) -> (LinkContent, Content) {
            let content = LinkContent(place: place, number: 8, previous: previous, body: body)
            let head: [(String, any Sendable)] = [
                ("label", Label.link.rawValue), ("place", place), ("number", UInt32(8)),
                ("previous", previous.bytes), ("kind", body.kind.rawValue),
            ]
            return (content, Content(fields: head + fields, bytes: content.wireBytes))
        }
        let reset = content(.reset(name: name, grant), [("name", name), ("grant", grant)])
        let create = content(.create(name: name, grant), [("name", name), ("grant", grant)])
        let add = content(.add(grant), [("grant", grant)])
        let revoke = content(.revoke(device), [("device", device)])
        let link = try Link(add.0, by: device, instance: 9, key: pair)
        let end = Content(
            fields: [("by", device), ("instance", UInt32(9)), ("signature", link.signature)],
            bytes: Array(link.wireBytes.dropFirst(add.1.bytes.count)))
        let renewal = try Renewal(
            place: place, granting: link.hash, device: device, instance: 10, granted: pair, pair: new)
        let (root, head) = (AccountRoot(of: [12]), LinkHash(of: [13]))
        let key = KnownKeys.Key(
            account: place.account, name: name, root: root, number: 14, head: head, isVerified: true)
        let known = Content(
            fields: [
                ("account", key.account), ("name", key.name), ("root", root.bytes), ("number", key.number),
                ("head", head.bytes), ("is_verified", key.isVerified),
            ], bytes: key.wireBytes)
        return [
            ProtocolSample("KnownKey", known), ProtocolSample("KnownKeys", KnownKeys([key, key])),
            ProtocolSample("AccountPlace", place), ProtocolSample("Grant", grant), proven(grant, place),
            ProtocolSample("BeginningContent", create.1), ProtocolSample("BeginningContent", reset.1),
            ProtocolSample("AddContent", add.1), ProtocolSample("RevokeContent", revoke.1),
            ProtocolSample("LinkEnd", end),
            ProtocolSample("Renewal", renewal, prefix: [("label", Label.renewal.rawValue)]),
        ]
    }

    /// What the proof of a grant signs; the program keeps it to itself, so that the sample is one only where the signature fits.
    private static func proven(_ grant: Grant, _ place: AccountPlace) -> ProtocolSample {
        var writer = WireWriter()
        writer.write(text: Label.grant.rawValue)
        writer.write(place)
        writer.write(grant.device)
        let bytes = grant.key.verifies(grant.proof, of: writer.bytes) ? writer.bytes : []
        return ProtocolSample(
            "GrantProof",
            Content(
                fields: [("label", Label.grant.rawValue), ("place", place), ("device", grant.device)], bytes: bytes))
    }
}
