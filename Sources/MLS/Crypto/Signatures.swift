internal import Crypto
internal import FoundationEssentials
import WireCodec

extension Algorithms {
    /// `SignWithLabel` (RFC 9420 §5.1.2).
    package func sign(_ content: [UInt8], label: String, key: Secret) throws(MLSError) -> [UInt8] {
        try signature(of: signContent(label, content), key: key)
    }

    /// A signature of bytes as they are.
    func signature(of input: [UInt8], key: Secret) throws(MLSError) -> [UInt8] {
        count(.sign)
        do {
            return try key.withUnsafeBytes { raw in
                switch signature {
                case .ed25519:
                    return Array(try Curve25519.Signing.PrivateKey(rawRepresentation: raw).signature(for: input))
                case .p256:
                    let key = try P256.Signing.PrivateKey(rawRepresentation: raw)
                    return Array(try key.signature(for: input).derRepresentation)
                case .p384:
                    let key = try P384.Signing.PrivateKey(rawRepresentation: raw)
                    return Array(try key.signature(for: input).derRepresentation)
                case .p521:
                    let key = try P521.Signing.PrivateKey(rawRepresentation: raw)
                    return Array(try key.signature(for: input).derRepresentation)
                case .ed448:
                    throw MLSError(.unsupportedCipherSuite, "Ed448")
                }
            }
        } catch let error as MLSError {
            throw error
        } catch {
            throw MLSError(.invalidPrivateKey, "the signature key is not one of this suite")
        }
    }

    /// `VerifyWithLabel` (RFC 9420 §5.1.2). A malformed or weak key, and a signature in another encoding,
    /// are not valid.
    package func verify(
        _ signatureBytes: [UInt8], _ content: [UInt8], label: String, key: SignaturePublicKey
    ) -> Bool {
        isValid(signatureBytes, of: signContent(label, content), key: key)
    }

    /// Whether a signature of bytes as they are is valid, on the same terms.
    func isValid(_ signatureBytes: [UInt8], of input: [UInt8], key: SignaturePublicKey) -> Bool {
        guard hasGoodForm(key) else { return false }
        count(.verify)
        switch signature {
        case .ed25519:
            guard let key = try? Curve25519.Signing.PublicKey(rawRepresentation: key.bytes) else { return false }
            return signatureBytes.count == 64 && key.isValidSignature(signatureBytes, for: input)
        case .p256:
            guard let key = try? P256.Signing.PublicKey(x963Representation: key.bytes),
                isStrictDER(signatureBytes),
                let decoded = try? P256.Signing.ECDSASignature(derRepresentation: signatureBytes)
            else { return false }
            return key.isValidSignature(decoded, for: input)
        case .p384:
            guard let key = try? P384.Signing.PublicKey(x963Representation: key.bytes),
                isStrictDER(signatureBytes),
                let decoded = try? P384.Signing.ECDSASignature(derRepresentation: signatureBytes)
            else { return false }
            return key.isValidSignature(decoded, for: input)
        case .p521:
            guard let key = try? P521.Signing.PublicKey(x963Representation: key.bytes),
                isStrictDER(signatureBytes),
                let decoded = try? P521.Signing.ECDSASignature(derRepresentation: signatureBytes)
            else { return false }
            return key.isValidSignature(decoded, for: input)
        case .ed448:
            return false
        }
    }

    /// Whether `key` is a public key that this suite may verify with: right length and encoding, on the curve,
    /// not of small order.
    package func isAcceptable(_ key: SignaturePublicKey) -> Bool {
        guard hasGoodForm(key) else { return false }
        return switch signature {
        case .ed25519: true
        case .p256: (try? P256.Signing.PublicKey(x963Representation: key.bytes)) != nil
        case .p384: (try? P384.Signing.PublicKey(x963Representation: key.bytes)) != nil
        case .p521: (try? P521.Signing.PublicKey(x963Representation: key.bytes)) != nil
        case .ed448: false
        }
    }

    private func hasGoodForm(_ key: SignaturePublicKey) -> Bool {
        switch signature {
        case .ed25519: CurvePoints.isGoodEd25519(key.bytes)
        case .p256: isUncompressed(key.bytes, coordinate: 32)
        case .p384: isUncompressed(key.bytes, coordinate: 48)
        case .p521: isUncompressed(key.bytes, coordinate: 66)
        case .ed448: false
        }
    }

    package func generateSignatureKey(
        using generator: inout some RandomNumberGenerator
    ) throws(MLSError) -> SignatureKeyPair {
        guard let length = signaturePrivateKeyLength else {
            throw MLSError(.unsupportedCipherSuite, "Ed448")
        }
        // A random string is no valid scalar once in 2³² (P-256) or less; P-521's top byte has one bit.
        for _ in 0..<64 {
            var bytes = randomBytes(length, using: &generator)
            if signature == .p521 { bytes[0] &= 1 }
            let candidate = Secret(bytes)
            if let publicKey = try? signaturePublicKey(of: candidate) {
                return SignatureKeyPair(privateKey: candidate, publicKey: publicKey)
            }
        }
        throw MLSError(.invalidPrivateKey, "the generator gave no valid key in 64 draws")
    }

    package func signaturePublicKey(of key: Secret) throws(MLSError) -> SignaturePublicKey {
        guard let length = signaturePrivateKeyLength, key.count == length else {
            throw MLSError(.invalidPrivateKey, "a signature key of \(key.count) bytes")
        }
        do {
            let bytes = try key.withUnsafeBytes { raw in
                switch signature {
                case .ed25519:
                    Array(try Curve25519.Signing.PrivateKey(rawRepresentation: raw).publicKey.rawRepresentation)
                case .p256: Array(try P256.Signing.PrivateKey(rawRepresentation: raw).publicKey.x963Representation)
                case .p384: Array(try P384.Signing.PrivateKey(rawRepresentation: raw).publicKey.x963Representation)
                case .p521: Array(try P521.Signing.PrivateKey(rawRepresentation: raw).publicKey.x963Representation)
                case .ed448: [UInt8]()
                }
            }
            return SignaturePublicKey(bytes)
        } catch {
            throw MLSError(.invalidPrivateKey, "the signature key is not one of this suite")
        }
    }

    var signaturePrivateKeyLength: Int? {
        switch signature {
        case .ed25519, .p256: 32
        case .p384: 48
        case .p521: 66
        case .ed448: nil
        }
    }

    private func signContent(_ label: String, _ content: [UInt8]) -> [UInt8] {
        var writer = WireWriter(reserving: content.count + label.utf8.count + 16)
        writer.write(vector: Array("MLS 1.0 \(label)".utf8))
        writer.write(vector: content)
        return writer.bytes
    }
}

/// Whether an ECDSA signature has the one DER encoding that its two numbers have (X.690 §8.3, §10.1): a sequence of two
/// positive integers, each length and each integer in its shortest form, and nothing behind.
func isStrictDER(_ bytes: [UInt8]) -> Bool {
    var rest = bytes[...]
    guard let body = takeDER(0x30, &rest), rest.isEmpty else { return false }
    var inner = body
    for _ in 0..<2 {
        guard let number = takeDER(0x02, &inner), let first = number.first, first < 0x80 else { return false }
        if first == 0 {
            guard let second = number.dropFirst().first, second >= 0x80 else { return false }
        }
    }
    return inner.isEmpty
}

/// Takes one DER value of type `tag` with a length below 256 in its shortest form.
private func takeDER(_ tag: UInt8, _ bytes: inout ArraySlice<UInt8>) -> ArraySlice<UInt8>? {
    guard bytes.popFirst() == tag, let first = bytes.popFirst() else { return nil }
    var length = Int(first)
    if first == 0x81 {
        guard let long = bytes.popFirst(), long >= 0x80 else { return nil }
        length = Int(long)
    } else if first >= 0x80 {
        return nil
    }
    guard length <= bytes.count else { return nil }
    defer { bytes = bytes.dropFirst(length) }
    return bytes.prefix(length)
}

/// Whether `bytes` look like an uncompressed point (SEC 1 §2.3.3): neither compressed nor infinity.
func isUncompressed(_ bytes: [UInt8], coordinate: Int) -> Bool {
    bytes.count == 1 + 2 * coordinate && bytes[0] == 4
}
