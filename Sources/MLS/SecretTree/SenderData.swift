import WireCodec

/// Who sent a private message, and with which key (RFC 9420 §6.3.2).
package struct SenderData: Hashable, Sendable, WireCodable {
    package var leaf: LeafIndex
    package var generation: UInt32
    /// Four random bytes that make a nonce unique even if a generation were used twice.
    package var reuseGuard: [UInt8]

    package init(leaf: LeafIndex, generation: UInt32, reuseGuard: [UInt8]) {
        self.leaf = leaf
        self.generation = generation
        self.reuseGuard = reuseGuard
    }

    package init(from reader: inout WireReader) throws(WireError) {
        leaf = try reader.read()
        generation = try reader.read()
        reuseGuard = Array(try reader.read(fixed: 4))
    }

    package func encode(into writer: inout WireWriter) {
        writer.write(leaf)
        writer.write(generation)
        writer.write(fixed: reuseGuard)
    }
}

extension Algorithms {
    /// Key and nonce for sender data, from a sample of the ciphertext (RFC 9420 §6.3.2). A short ciphertext is its own
    /// sample.
    package func senderDataKey(_ secret: Secret, ciphertext: [UInt8]) -> (key: Secret, nonce: [UInt8]) {
        let sample = Array(ciphertext.prefix(hashLength))
        return (
            expand(secret, label: "key", context: sample, length: keyLength),
            expand(secret, label: "nonce", context: sample, length: nonceLength).bytes
        )
    }
}

/// A nonce with the reuse guard over its first four bytes (RFC 9420 §6.3.1).
func guarded(_ nonce: [UInt8], _ reuseGuard: [UInt8]) -> [UInt8] {
    var result = nonce
    for place in 0..<min(4, reuseGuard.count, result.count) { result[place] ^= reuseGuard[place] }
    return result
}
