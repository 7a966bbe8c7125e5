import COpenSSL
import WireCodec

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

    package var description: String { Self.prefix + Base64.encode(digest, padded: false) }
}
