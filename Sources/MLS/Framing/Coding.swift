import WireCodec

/// Decodes a value that must fill `bytes`, turning the codec's refusal into ours.
package func decodeWhole<Value: WireDecodable>(
    _ bytes: [UInt8], as: Value.Type = Value.self
) throws(MLSError) -> Value {
    do {
        return try Value(wireBytes: bytes)
    } catch {
        throw MLSError(.malformed, error.description)
    }
}

extension MLSMessage {
    /// Decodes what arrived. Nothing about it is believed yet.
    public init(decoding bytes: [UInt8]) throws(MLSError) {
        try require(bytes.count <= Limits.messageBytes, .limitExceeded, "a message of \(bytes.count) bytes")
        self = try decodeWhole(bytes)
    }

    public var encoded: [UInt8] { wireBytes }
}

extension KeyPackage {
    public init(decoding bytes: [UInt8]) throws(MLSError) { self = try decodeWhole(bytes) }
    public var encoded: [UInt8] { wireBytes }
}

extension Credential {
    public init(decoding bytes: [UInt8]) throws(MLSError) { self = try decodeWhole(bytes) }
    public var encoded: [UInt8] { wireBytes }
}

extension GroupContext {
    public init(decoding bytes: [UInt8]) throws(MLSError) { self = try decodeWhole(bytes) }
    public var encoded: [UInt8] { wireBytes }
}

extension GroupInfo {
    public init(decoding bytes: [UInt8]) throws(MLSError) { self = try decodeWhole(bytes) }
    public var encoded: [UInt8] { wireBytes }
}

extension Proposal {
    public init(decoding bytes: [UInt8]) throws(MLSError) { self = try decodeWhole(bytes) }
    public var encoded: [UInt8] { wireBytes }
}

extension ExternalSender {
    public init(decoding bytes: [UInt8]) throws(MLSError) { self = try decodeWhole(bytes) }
    public var encoded: [UInt8] { wireBytes }
}
