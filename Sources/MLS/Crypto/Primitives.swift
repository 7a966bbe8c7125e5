internal import Crypto

/// The two primitives that an application may need for structures of its own beside the group: certificates of its devices,
/// hashes of its logs. They are the plain ones, without MLS's labels.
///
/// What is signed here must begin with a label of the application's own, as a vector (`opaque label<V>`, RFC 9420 §2.1.2), that does not
/// begin with "MLS 1.0 ": then no signature of the application's is one of MLS (RFC 9420 §5.1.2), and none of one kind is one of another.
public enum Primitives {
    /// SHA-256 (FIPS 180-4).
    public static func sha256(_ bytes: [UInt8]) -> [UInt8] {
        count(.digest)
        return Array(SHA256.hash(data: bytes))
    }

    /// An Ed25519 signature (RFC 8032) with a pair of a suite that signs so (1 and 3).
    public static func signEd25519(_ message: [UInt8], with key: SignatureKeyPair) throws(MLSError) -> [UInt8] {
        try ed25519.signature(of: message, key: key.privateKey)
    }

    /// Whether a signature is valid. Keys in another encoding than the canonical one, keys of small order, for which signatures exist
    /// that fit many messages, and signatures of another length never are.
    public static func isValidEd25519(_ signature: [UInt8], of message: [UInt8], key: SignaturePublicKey) -> Bool {
        ed25519.isValid(signature, of: message, key: key)
    }

    /// Whether `key` is one with which a signature can be valid.
    public static func isAcceptableEd25519(_ key: SignaturePublicKey) -> Bool { ed25519.isAcceptable(key) }

    private static let ed25519 = Algorithms(kem: .x25519, hash: .sha256, aead: .aes128Gcm, signature: .ed25519)
}
