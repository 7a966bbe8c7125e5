import ChatProtocol
import MLS
import WireCodec

/// What a link does.
package enum LinkBody: Hashable, Sendable {
    /// The first link of an account.
    case create(name: UserName, Grant)
    case add(Grant)
    case revoke(DeviceID)
    /// A new beginning, when every device is lost: what came before counts no more.
    case reset(name: UserName, Grant)

    package enum Kind: UInt8, Sendable {
        case create = 1
        case add = 2
        case revoke = 3
        case reset = 4
    }

    package var kind: Kind {
        switch self {
        case .create: .create
        case .add: .add
        case .revoke: .revoke
        case .reset: .reset
        }
    }

    /// The device that it grants.
    package var grant: Grant? {
        switch self {
        case .create(_, let grant), .add(let grant), .reset(_, let grant): grant
        case .revoke: nil
        }
    }

    /// The name that a beginning has.
    package var name: UserName? {
        switch self {
        case .create(let name, _), .reset(let name, _): name
        case .add, .revoke: nil
        }
    }

    /// Whether a chain of trust begins with it.
    package var isBeginning: Bool { name != nil }
}

extension LinkBody: WireCodable {
    package init(from reader: inout WireReader) throws(WireError) {
        switch try reader.readCase(Kind.self, field: "link kind") {
        case .create: self = .create(name: try reader.read(), try reader.read())
        case .add: self = .add(try reader.read())
        case .revoke: self = .revoke(try reader.read())
        case .reset: self = .reset(name: try reader.read(), try reader.read())
        }
    }

    package func encode(into writer: inout WireWriter) {
        writer.write(kind.rawValue)
        switch self {
        case .create(let name, let grant), .reset(let name, let grant):
            writer.write(name)
            writer.write(grant)
        case .add(let grant): writer.write(grant)
        case .revoke(let device): writer.write(device)
        }
    }
}

/// What a link says: where it stands, and what it does.
package struct LinkContent: Hashable, Sendable, WireCodable {
    package let place: AccountPlace
    package let number: UInt32
    /// The hash of the whole link before; zeros for number 0.
    package let previous: LinkHash
    package let body: LinkBody

    package init(place: AccountPlace, number: UInt32, previous: LinkHash, body: LinkBody) {
        self.place = place
        self.number = number
        self.previous = previous
        self.body = body
    }

    package init(from reader: inout WireReader) throws(WireError) {
        try reader.expect(.link)
        place = try reader.read()
        number = try reader.read()
        previous = try reader.read()
        body = try reader.read()
    }

    package func encode(into writer: inout WireWriter) {
        writer.write(.link)
        writer.write(place)
        writer.write(number)
        writer.write(previous)
        writer.write(body)
    }
}

/// One link of an account's chain, signed by one of its devices.
///
/// The signature covers all that stands before it, also who signs and with which of its keys: a server that names another signer
/// breaks it.
package struct Link: Hashable, Sendable, WireCodable {
    package let content: LinkContent
    package let by: DeviceID
    /// The renewal whose key signs; 0 for the granted key.
    package let instance: UInt32
    package let signature: DeviceSignature

    package init(_ content: LinkContent, by: DeviceID, instance: UInt32 = 0, signature: DeviceSignature) {
        self.content = content
        self.by = by
        self.instance = instance
        self.signature = signature
    }

    /// Signs a link.
    package init(
        _ content: LinkContent, by: DeviceID, instance: UInt32 = 0, key: SignatureKeyPair
    ) throws(MLSError) {
        let signed = Self.signed(content, by, instance)
        self.init(content, by: by, instance: instance, signature: try DeviceSignature(of: signed, with: key))
    }

    package init(from reader: inout WireReader) throws(WireError) {
        content = try reader.read()
        by = try reader.read()
        instance = try reader.read()
        signature = try reader.read()
    }

    package func encode(into writer: inout WireWriter) {
        writer.write(fixed: Self.signed(content, by, instance))
        writer.write(signature)
    }

    package var hash: LinkHash { LinkHash(of: wireBytes) }

    /// The root that begins with this link.
    package var root: AccountRoot? { content.body.isBeginning ? AccountRoot(of: wireBytes) : nil }

    func isSigned(with key: DeviceKey) -> Bool {
        key.verifies(signature, of: Self.signed(content, by, instance))
    }

    private static func signed(_ content: LinkContent, _ by: DeviceID, _ instance: UInt32) -> [UInt8] {
        var writer = WireWriter(reserving: 384)
        writer.write(content)
        writer.write(by)
        writer.write(instance)
        return writer.bytes
    }
}
