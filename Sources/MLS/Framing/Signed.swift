import WireCodec

/// A structure that ends with a signature over all that stands before it (RFC 9420 §7.2, §10, §12.4.3). A leaf's covers more: see
/// `LeafNode.Position`.
protocol SignedStructure: WireCodable {
    var signature: [UInt8] { get }
    func encodeUnsigned(into writer: inout WireWriter)
}

extension SignedStructure {
    package func encode(into writer: inout WireWriter) {
        encodeUnsigned(into: &writer)
        writer.write(vector: signature)
    }

    /// What stands before the signature.
    var unsigned: [UInt8] {
        var writer = WireWriter(reserving: 512)
        encodeUnsigned(into: &writer)
        return writer.bytes
    }
}

extension WireReader {
    mutating func readSignature() throws(WireError) -> [UInt8] {
        Array(try readVector(limit: Limits.signatureBytes, field: "signature"))
    }
}
