/// A cipher suite of the registry (RFC 9420 §17.1). The type is open: an unknown value can be carried,
/// but nothing can be computed with it.
public struct CipherSuite: RawRepresentable, Hashable, Sendable {
    public var rawValue: UInt16

    public init(rawValue: UInt16) { self.rawValue = rawValue }

    /// MLS_128_DHKEMX25519_AES128GCM_SHA256_Ed25519, the one that every implementation has.
    public static let x25519Aes128GcmSha256Ed25519 = CipherSuite(rawValue: 1)
    /// MLS_128_DHKEMP256_AES128GCM_SHA256_P256
    public static let p256Aes128GcmSha256P256 = CipherSuite(rawValue: 2)
    /// MLS_128_DHKEMX25519_CHACHA20POLY1305_SHA256_Ed25519
    public static let x25519ChaCha20Poly1305Sha256Ed25519 = CipherSuite(rawValue: 3)
    /// MLS_256_DHKEMX448_AES256GCM_SHA512_Ed448: hashes, key schedule and symmetric part only.
    public static let x448Aes256GcmSha512Ed448 = CipherSuite(rawValue: 4)
    /// MLS_256_DHKEMP521_AES256GCM_SHA512_P521
    public static let p521Aes256GcmSha512P521 = CipherSuite(rawValue: 5)
    /// MLS_256_DHKEMX448_CHACHA20POLY1305_SHA512_Ed448: hashes, key schedule and symmetric part only.
    public static let x448ChaCha20Poly1305Sha512Ed448 = CipherSuite(rawValue: 6)
    /// MLS_256_DHKEMP384_AES256GCM_SHA384_P384
    public static let p384Aes256GcmSha384P384 = CipherSuite(rawValue: 7)

    /// The suites in which a group can live.
    public static let supported: [CipherSuite] = [1, 2, 3, 5, 7].map(CipherSuite.init(rawValue:))

    /// Whether a group can live in this suite.
    public var isSupported: Bool { CipherSuite.supported.contains(self) }

    /// The algorithms of this suite, or a refusal for one that is not in the table.
    package func algorithms() throws(MLSError) -> Algorithms {
        guard let known = CipherSuite.table[rawValue] else {
            throw MLSError(.unsupportedCipherSuite, "suite \(rawValue)")
        }
        return known
    }

    private static let table: [UInt16: Algorithms] = [
        1: Algorithms(kem: .x25519, hash: .sha256, aead: .aes128Gcm, signature: .ed25519),
        2: Algorithms(kem: .p256, hash: .sha256, aead: .aes128Gcm, signature: .p256),
        3: Algorithms(kem: .x25519, hash: .sha256, aead: .chaCha20Poly1305, signature: .ed25519),
        4: Algorithms(kem: .x448, hash: .sha512, aead: .aes256Gcm, signature: .ed448),
        5: Algorithms(kem: .p521, hash: .sha512, aead: .aes256Gcm, signature: .p521),
        6: Algorithms(kem: .x448, hash: .sha512, aead: .chaCha20Poly1305, signature: .ed448),
        7: Algorithms(kem: .p384, hash: .sha384, aead: .aes256Gcm, signature: .p384),
    ]
}

/// What a suite is made of (RFC 9420 §5.1). Every cryptographic operation is a method of this value, so that
/// nothing can be computed for a suite that was not looked up first.
package struct Algorithms: Sendable, Equatable {
    package enum KEM: Sendable { case x25519, p256, p384, p521, x448 }
    package enum Hash: Sendable { case sha256, sha384, sha512 }
    package enum AEAD: Sendable { case aes128Gcm, aes256Gcm, chaCha20Poly1305 }
    package enum Signature: Sendable { case ed25519, p256, p384, p521, ed448 }

    package let kem: KEM
    package let hash: Hash
    package let aead: AEAD
    package let signature: Signature

    /// `KDF.Nh`: bytes of a hash and of every secret.
    package var hashLength: Int {
        switch hash {
        case .sha256: 32
        case .sha384: 48
        case .sha512: 64
        }
    }

    /// `AEAD.Nk`: bytes of a key.
    package var keyLength: Int { aead == .aes128Gcm ? 16 : 32 }

    /// `AEAD.Nn`: bytes of a nonce; the same for all three (RFC 9180 §7.3).
    package var nonceLength: Int { 12 }

    /// Bytes of an AEAD tag; the same for all three.
    package var tagLength: Int { 16 }
}
