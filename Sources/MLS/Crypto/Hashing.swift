internal import Crypto
import WireCodec

extension Algorithms {
    /// `Hash(bytes)` of the suite.
    package func digest(_ bytes: [UInt8]) -> [UInt8] {
        count(.digest)
        return switch hash {
        case .sha256: Array(SHA256.hash(data: bytes))
        case .sha384: Array(SHA384.hash(data: bytes))
        case .sha512: Array(SHA512.hash(data: bytes))
        }
    }

    /// `RefHash(label, value)` (RFC 9420 §5.2).
    package func refHash(label: String, _ value: [UInt8]) -> [UInt8] {
        var writer = WireWriter(reserving: value.count + label.utf8.count + 8)
        writer.write(vector: Array(label.utf8))
        writer.write(vector: value)
        return digest(writer.bytes)
    }

    /// `MAC(key, bytes)`: HMAC with the suite's hash (RFC 9420 §5.1).
    package func mac(_ key: Secret, _ bytes: [UInt8]) -> [UInt8] {
        count(.mac)
        return switch hash {
        case .sha256: Array(HMAC<SHA256>.authenticationCode(for: bytes, using: key.key))
        case .sha384: Array(HMAC<SHA384>.authenticationCode(for: bytes, using: key.key))
        case .sha512: Array(HMAC<SHA512>.authenticationCode(for: bytes, using: key.key))
        }
    }

    /// Compares a received tag with the computed one, in constant time; a tag of another length is never valid.
    package func isValidMac(_ tag: [UInt8], key: Secret, _ bytes: [UInt8]) -> Bool {
        guard tag.count == hashLength else { return false }
        count(.mac)
        return switch hash {
        case .sha256: HMAC<SHA256>.isValidAuthenticationCode(tag, authenticating: bytes, using: key.key)
        case .sha384: HMAC<SHA384>.isValidAuthenticationCode(tag, authenticating: bytes, using: key.key)
        case .sha512: HMAC<SHA512>.isValidAuthenticationCode(tag, authenticating: bytes, using: key.key)
        }
    }

    /// `KDF.Extract(salt, ikm)` (RFC 9420 §8; the salt comes first here as there).
    package func extract(salt: Secret, ikm: Secret) -> Secret {
        count(.extract)
        return salt.withUnsafeBytes { salt in
            switch hash {
            case .sha256: Secret(HKDF<SHA256>.extract(inputKeyMaterial: ikm.key, salt: salt).symmetric)
            case .sha384: Secret(HKDF<SHA384>.extract(inputKeyMaterial: ikm.key, salt: salt).symmetric)
            case .sha512: Secret(HKDF<SHA512>.extract(inputKeyMaterial: ikm.key, salt: salt).symmetric)
            }
        }
    }

    /// `KDF.Expand(secret, info, length)`.
    package func expand(_ secret: Secret, info: [UInt8], length: Int) -> Secret {
        count(.expand)
        guard length > hashLength else { return firstBlock(secret, info: info, length: length) }
        return switch hash {
        case .sha256:
            Secret(HKDF<SHA256>.expand(pseudoRandomKey: secret.key, info: info, outputByteCount: length))
        case .sha384:
            Secret(HKDF<SHA384>.expand(pseudoRandomKey: secret.key, info: info, outputByteCount: length))
        case .sha512:
            Secret(HKDF<SHA512>.expand(pseudoRandomKey: secret.key, info: info, outputByteCount: length))
        }
    }

    /// No more than one block of it, which is one MAC (RFC 5869 §2.3). swift-crypto's way to any number of them has the run time look
    /// for types by their names, which takes longer than the hashing.
    private func firstBlock(_ secret: Secret, info: [UInt8], length: Int) -> Secret {
        switch hash {
        case .sha256: Secret(HMAC<SHA256>.authenticationCode(for: info + [1], using: secret.key).symmetric(length))
        case .sha384: Secret(HMAC<SHA384>.authenticationCode(for: info + [1], using: secret.key).symmetric(length))
        case .sha512: Secret(HMAC<SHA512>.authenticationCode(for: info + [1], using: secret.key).symmetric(length))
        }
    }

    /// `ExpandWithLabel` (RFC 9420 §8).
    package func expand(_ secret: Secret, label: String, context: [UInt8] = [], length: Int? = nil) -> Secret {
        let length = length ?? hashLength
        var writer = WireWriter(reserving: context.count + label.utf8.count + 16)
        writer.write(UInt16(truncatingIfNeeded: length))
        writer.write(vector: Array("MLS 1.0 \(label)".utf8))
        writer.write(vector: context)
        return expand(secret, info: writer.bytes, length: length)
    }

    /// `DeriveSecret` (RFC 9420 §8).
    package func derive(_ secret: Secret, _ label: String) -> Secret {
        expand(secret, label: label)
    }

    /// `DeriveTreeSecret` (RFC 9420 §9).
    package func deriveTreeSecret(_ secret: Secret, _ label: String, generation: UInt32, length: Int) -> Secret {
        var writer = WireWriter(reserving: 4)
        writer.write(generation)
        return expand(secret, label: label, context: writer.bytes, length: length)
    }
}

extension HashedAuthenticationCode {
    fileprivate var symmetric: SymmetricKey { withUnsafeBytes { SymmetricKey(data: $0) } }

    /// What it begins with.
    fileprivate func symmetric(_ length: Int) -> SymmetricKey {
        withUnsafeBytes { SymmetricKey(data: UnsafeRawBufferPointer(rebasing: $0[..<length])) }
    }
}
