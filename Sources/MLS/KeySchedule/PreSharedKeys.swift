import WireCodec

/// Which pre-shared key, and the nonce that makes this use of it unique (RFC 9420 §8.4).
public struct PreSharedKeyID: Hashable, Sendable, WireCodable {
    public enum Usage: UInt8, Hashable, Sendable {
        case application = 1
        case reinit = 2
        case branch = 3
    }

    public enum Key: Hashable, Sendable {
        /// Known to the members from elsewhere.
        case external(id: [UInt8])
        /// The resumption secret of an epoch of some group.
        case resumption(usage: Usage, groupId: [UInt8], epoch: UInt64)
    }

    public internal(set) var key: Key
    public internal(set) var nonce: [UInt8]

    package init(key: Key, nonce: [UInt8]) {
        self.key = key
        self.nonce = nonce
    }

    package init(from reader: inout WireReader) throws(WireError) {
        switch try reader.read(UInt8.self) {
        case 1:
            key = .external(id: Array(try reader.readVector(limit: Limits.identifierBytes, field: "psk_id")))
        case 2:
            guard let usage = Usage(rawValue: try reader.read()) else { throw .invalidValue(field: "usage") }
            key = .resumption(
                usage: usage,
                groupId: Array(try reader.readVector(limit: Limits.identifierBytes, field: "psk_group_id")),
                epoch: try reader.read())
        default: throw .invalidValue(field: "psktype")
        }
        nonce = Array(try reader.readVector(limit: 255, field: "psk_nonce"))
    }

    package func encode(into writer: inout WireWriter) {
        switch key {
        case .external(let id):
            writer.write(UInt8(1))
            writer.write(vector: id)
        case .resumption(let usage, let groupId, let epoch):
            writer.write(UInt8(2))
            writer.write(usage.rawValue)
            writer.write(vector: groupId)
            writer.write(epoch)
        }
        writer.write(vector: nonce)
    }
}

/// Where pre-shared keys come from. The application answers; the library asks for external keys and for resumption
/// secrets of other groups (its own group's it knows).
public protocol PreSharedKeySource: Sendable {
    func preSharedKey(_ key: PreSharedKeyID.Key) -> Secret?
}

/// A source that has none.
public struct NoPreSharedKeys: PreSharedKeySource {
    public init() {}
    public func preSharedKey(_ key: PreSharedKeyID.Key) -> Secret? { nil }
}

/// A source that holds what it was given.
public struct PreSharedKeys: PreSharedKeySource {
    private var keys: [PreSharedKeyID.Key: Secret]

    public init(_ keys: [PreSharedKeyID.Key: Secret] = [:]) { self.keys = keys }

    public subscript(key: PreSharedKeyID.Key) -> Secret? {
        get { keys[key] }
        set { keys[key] = newValue }
    }

    public func preSharedKey(_ key: PreSharedKeyID.Key) -> Secret? { keys[key] }
}

extension Algorithms {
    /// `psk_secret` (RFC 9420 §8.4): all zero when there are none.
    package func pskSecret(_ keys: [(id: PreSharedKeyID, secret: Secret)]) -> Secret {
        var secret = Secret.zero(hashLength)
        for (index, key) in keys.enumerated() {
            var label = WireWriter()
            label.write(key.id)
            label.write(UInt16(truncatingIfNeeded: index))
            label.write(UInt16(truncatingIfNeeded: keys.count))
            let extracted = extract(salt: .zero(hashLength), ikm: key.secret)
            let input = expand(extracted, label: "derived psk", context: label.bytes)
            secret = extract(salt: input, ikm: secret)
        }
        return secret
    }
}
