import COpenSSL
import WireCodec

/// The private half of an Ed25519 key (RFC 8032).
///
/// A plain value of 32 bytes: an OpenSSL key is made for each use, so nothing is shared between threads.
package struct SigningKey: Sendable {
    /// Bytes of a private key, of a public key and of a signature.
    package static let privateKeyBytes = 32
    package static let publicKeyBytes = 32
    package static let signatureBytes = 64

    /// The private key's seed, 32 bytes. A secret.
    package let rawRepresentation: [UInt8]
    /// The public key, 32 bytes.
    package let publicKey: [UInt8]

    /// A new key.
    package init() throws(CryptoFailure) {
        try self.init(checkedSeed: SecureRandom.bytes(Self.privateKeyBytes))
    }

    /// The key with this seed; nil unless it has 32 bytes.
    package init?(rawRepresentation seed: [UInt8]) throws(CryptoFailure) {
        guard seed.count == Self.privateKeyBytes else { return nil }
        try self.init(checkedSeed: seed)
    }

    private init(checkedSeed seed: [UInt8]) throws(CryptoFailure) {
        guard let key = Self.make(seed) else { throw .take("read an Ed25519 key") }
        defer { EVP_PKEY_free(key) }
        var length = Self.publicKeyBytes
        var bytes = [UInt8](repeating: 0, count: length)
        guard EVP_PKEY_get_raw_public_key(key, &bytes, &length) == 1, length == Self.publicKeyBytes else {
            throw .take("derive an Ed25519 public key")
        }
        rawRepresentation = seed
        publicKey = bytes
    }

    /// An `EVP_PKEY *` to be freed.
    private static func make(_ seed: [UInt8]) -> OpaquePointer? {
        EVP_PKEY_new_raw_private_key_ex(OpenSSLLibrary.algorithms, "ED25519", nil, seed, seed.count)
    }

    /// The signature of `message`, 64 bytes.
    package func sign(_ message: [UInt8]) throws(CryptoFailure) -> [UInt8] {
        try Self.sign(message, seed: rawRepresentation)
    }

    /// As `sign`, for who wants nothing else of the key with this seed; nil unless that has 32 bytes.
    package static func signature(of message: [UInt8], seed: [UInt8]) throws(CryptoFailure) -> [UInt8]? {
        seed.count == privateKeyBytes ? try sign(message, seed: seed) : nil
    }

    private static func sign(_ message: [UInt8], seed: [UInt8]) throws(CryptoFailure) -> [UInt8] {
        guard let key = make(seed) else { throw .take("read an Ed25519 key") }
        defer { EVP_PKEY_free(key) }
        guard let context = EVP_MD_CTX_new() else { throw .take("sign") }
        defer { EVP_MD_CTX_free(context) }
        var length = signatureBytes
        var signature = [UInt8](repeating: 0, count: length)
        guard EVP_DigestSignInit_ex(context, nil, nil, OpenSSLLibrary.algorithms, nil, key, nil) == 1,
            EVP_DigestSign(context, &signature, &length, message, message.count) == 1,
            length == signatureBytes
        else { throw .take("sign") }
        return signature
    }
}

/// The public half of an Ed25519 key.
package struct VerifyingKey: Equatable, Sendable {
    /// The key, 32 bytes.
    package let rawRepresentation: [UInt8]

    /// The key with these bytes; nil where they are not 32, not the canonical encoding of a coordinate, or one of the
    /// points of small order, for which signatures exist that fit many messages.
    package init?(rawRepresentation bytes: [UInt8]) {
        guard CurvePoints.isGoodEd25519(bytes) else { return nil }
        rawRepresentation = bytes
    }

    /// Whether `signature` is this key's for `message`. Anything that cannot be one is simply not.
    package func verify(_ signature: [UInt8], of message: [UInt8]) -> Bool {
        guard signature.count == SigningKey.signatureBytes else { return false }
        defer { ERR_clear_error() }
        let algorithms = OpenSSLLibrary.algorithms
        guard
            let key = EVP_PKEY_new_raw_public_key_ex(
                algorithms, "ED25519", nil, rawRepresentation, rawRepresentation.count)
        else { return false }
        defer { EVP_PKEY_free(key) }
        guard let context = EVP_MD_CTX_new() else { return false }
        defer { EVP_MD_CTX_free(context) }
        guard EVP_DigestVerifyInit_ex(context, nil, nil, algorithms, nil, key, nil) == 1 else { return false }
        return EVP_DigestVerify(context, signature, signature.count, message, message.count) == 1
    }
}
