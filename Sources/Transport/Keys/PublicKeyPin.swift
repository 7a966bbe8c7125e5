import COpenSSL

/// What a server is known by: the SHA-256 of its certificate's SubjectPublicKeyInfo (as in RFC 7469 §2.4).
///
/// It outlives a renewed certificate as long as the key stays. Written as ssh does: `SHA256:` and base64 without padding.
package struct PublicKeyPin: Hashable, Sendable, CustomStringConvertible {
    /// The digest, 32 bytes.
    package let digest: [UInt8]

    private static let prefix = "SHA256:"

    /// The pin with this digest; nil unless it has 32 bytes.
    package init?(digest: [UInt8]) {
        guard digest.count == SHA256.digestBytes else { return nil }
        self.digest = digest
    }

    /// Reads `SHA256:` and 43 characters of base64; padding is let pass, any other difference refused.
    package init?(_ text: some StringProtocol) {
        guard text.hasPrefix(Self.prefix) else { return nil }
        guard let bytes = Base64.decode(text.dropFirst(Self.prefix.count)) else { return nil }
        self.init(digest: bytes)
    }

    /// The pin of a certificate (an `X509 *`).
    init?(certificate: OpaquePointer) {
        var encoded: UnsafeMutablePointer<UInt8>?
        let length = i2d_X509_PUBKEY(X509_get_X509_PUBKEY(certificate), &encoded)
        guard length > 0, let encoded else { return nil }
        defer { CRYPTO_free(encoded, #fileID, Int32(#line)) }
        digest = SHA256.hash(UnsafeRawBufferPointer(start: encoded, count: Int(length)))
    }

    package var description: String { Self.prefix + Base64.encode(digest) }
}

/// Base64 (RFC 4648 §4) without padding.
enum Base64 {
    private static let alphabet = Array("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/".utf8)

    static func encode(_ bytes: [UInt8]) -> String {
        var text: [UInt8] = []
        var bits: UInt32 = 0
        var held = 0
        for byte in bytes {
            bits = (bits << 8) | UInt32(byte)
            held += 8
            while held >= 6 {
                held -= 6
                text.append(alphabet[Int(bits >> UInt32(held)) & 63])
            }
        }
        if held > 0 { text.append(alphabet[Int(bits << UInt32(6 - held)) & 63]) }
        return String(decoding: text, as: UTF8.self)
    }

    /// The bytes, nil where a character is foreign or the spare bits of the last one are not zero.
    static func decode(_ text: some StringProtocol) -> [UInt8]? {
        var bytes: [UInt8] = []
        var bits: UInt32 = 0
        var held = 0
        for character in text.utf8.trimmingPadding() {
            guard let value = alphabet.firstIndex(of: character) else { return nil }
            bits = (bits << 6) | UInt32(value)
            held += 6
            guard held >= 8 else { continue }
            held -= 8
            bytes.append(UInt8(truncatingIfNeeded: bits >> UInt32(held)))
        }
        guard held < 6, bits & ((1 << UInt32(held)) - 1) == 0 else { return nil }
        return bytes
    }
}

extension Sequence<UInt8> {
    /// Without up to two `=` at the end.
    fileprivate func trimmingPadding() -> ArraySlice<UInt8> {
        var bytes = Array(self)[...]
        for _ in 0..<2 where bytes.last == UInt8(ascii: "=") { bytes.removeLast() }
        return bytes
    }
}
