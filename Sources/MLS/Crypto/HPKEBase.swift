internal import Crypto
internal import FoundationEssentials
import WireCodec

/// `HPKECiphertext` (RFC 9420 §5.1.3).
public struct HPKECiphertext: Hashable, Sendable, WireCodable {
    public var kemOutput: [UInt8]
    public var ciphertext: [UInt8]

    package init(kemOutput: [UInt8], ciphertext: [UInt8]) {
        self.kemOutput = kemOutput
        self.ciphertext = ciphertext
    }

    package init(from reader: inout WireReader) throws(WireError) {
        kemOutput = Array(try reader.readVector(limit: Limits.keyBytes, field: "KEM output"))
        ciphertext = Array(try reader.readVector())
    }

    package func encode(into writer: inout WireWriter) {
        writer.write(vector: kemOutput)
        writer.write(vector: ciphertext)
    }
}

/// HPKE in base mode (RFC 9180), by swift-crypto, with the point checks that it leaves out.
extension Algorithms {
    /// `EncryptWithLabel` (RFC 9420 §5.1.3). The ephemeral key is drawn by the crypto library.
    package func encrypt(
        _ plaintext: [UInt8], to key: HPKEPublicKey, label: String, context: [UInt8]
    ) throws(MLSError) -> HPKECiphertext {
        try checkPoint(key.bytes)
        let info = encryptContext(label, context)
        do {
            var sender = try makeSender(key, info: info)
            let ciphertext = try sender.seal(plaintext)
            return HPKECiphertext(kemOutput: Array(sender.encapsulatedKey), ciphertext: Array(ciphertext))
        } catch {
            throw MLSError(.invalidPublicKey, "HPKE refused the recipient's key")
        }
    }

    /// `DecryptWithLabel` (RFC 9420 §5.1.3), or nothing.
    package func decrypt(
        _ sealed: HPKECiphertext, with key: Secret, label: String, context: [UInt8]
    ) throws(MLSError) -> [UInt8] {
        try checkPoint(sealed.kemOutput)
        do {
            var recipient = try makeRecipient(key, kemOutput: sealed.kemOutput, info: encryptContext(label, context))
            return Array(try recipient.open(sealed.ciphertext))
        } catch {
            throw MLSError(.decryptionFailed, "HPKE could not open the ciphertext")
        }
    }

    /// The sender's half of an export without a message: external initialisation (RFC 9420 §8.3).
    package func exportToSend(
        to key: HPKEPublicKey, exporterLabel: String
    ) throws(MLSError) -> (kemOutput: [UInt8], secret: Secret) {
        try checkPoint(key.bytes)
        do {
            let sender = try makeSender(key, info: Data())
            let secret = try sender.exportSecret(context: Data(exporterLabel.utf8), outputByteCount: hashLength)
            return (Array(sender.encapsulatedKey), Secret(secret))
        } catch {
            throw MLSError(.invalidPublicKey, "HPKE refused the recipient's key")
        }
    }

    /// The receiver's half of `exportToSend`.
    package func exportToReceive(
        kemOutput: [UInt8], key: Secret, exporterLabel: String
    ) throws(MLSError) -> Secret {
        try checkPoint(kemOutput)
        do {
            let recipient = try makeRecipient(key, kemOutput: kemOutput, info: Data())
            return Secret(
                try recipient.exportSecret(context: Data(exporterLabel.utf8), outputByteCount: hashLength))
        } catch {
            throw MLSError(.decryptionFailed, "HPKE refused the KEM output")
        }
    }

    /// Refuses keys that HPKE must not meet: another length or encoding, off the curve, of small order
    /// (RFC 9180 §7.1.4).
    package func checkPoint(_ bytes: [UInt8]) throws(MLSError) {
        let good =
            switch kem {
            case .x25519: CurvePoints.isGoodX25519(bytes)
            case .p256:
                isUncompressed(bytes, coordinate: 32)
                    && (try? P256.KeyAgreement.PublicKey(x963Representation: bytes)) != nil
            case .p384:
                isUncompressed(bytes, coordinate: 48)
                    && (try? P384.KeyAgreement.PublicKey(x963Representation: bytes)) != nil
            case .p521:
                isUncompressed(bytes, coordinate: 66)
                    && (try? P521.KeyAgreement.PublicKey(x963Representation: bytes)) != nil
            case .x448: false
            }
        guard good else { throw MLSError(.invalidPublicKey, "a KEM key of \(bytes.count) bytes") }
    }

    private func makeSender(_ key: HPKEPublicKey, info: Data) throws -> HPKE.Sender {
        let suite = try hpkeSuite()
        count(.hpkeSeal)
        switch kem {
        case .x25519:
            let key = try Curve25519.KeyAgreement.PublicKey(rawRepresentation: key.bytes)
            return try HPKE.Sender(recipientKey: key, ciphersuite: suite, info: info)
        case .p256:
            let key = try P256.KeyAgreement.PublicKey(x963Representation: key.bytes)
            return try HPKE.Sender(recipientKey: key, ciphersuite: suite, info: info)
        case .p384:
            let key = try P384.KeyAgreement.PublicKey(x963Representation: key.bytes)
            return try HPKE.Sender(recipientKey: key, ciphersuite: suite, info: info)
        case .p521:
            let key = try P521.KeyAgreement.PublicKey(x963Representation: key.bytes)
            return try HPKE.Sender(recipientKey: key, ciphersuite: suite, info: info)
        case .x448:
            throw MLSError(.unsupportedCipherSuite, "X448")
        }
    }

    private func makeRecipient(_ key: Secret, kemOutput: [UInt8], info: Data) throws -> HPKE.Recipient {
        let suite = try hpkeSuite()
        count(.hpkeOpen)
        let output = Data(kemOutput)
        return try key.withUnsafeBytes { raw in
            switch kem {
            case .x25519:
                let key = try Curve25519.KeyAgreement.PrivateKey(rawRepresentation: raw)
                return try HPKE.Recipient(privateKey: key, ciphersuite: suite, info: info, encapsulatedKey: output)
            case .p256:
                let key = try P256.KeyAgreement.PrivateKey(rawRepresentation: raw)
                return try HPKE.Recipient(privateKey: key, ciphersuite: suite, info: info, encapsulatedKey: output)
            case .p384:
                let key = try P384.KeyAgreement.PrivateKey(rawRepresentation: raw)
                return try HPKE.Recipient(privateKey: key, ciphersuite: suite, info: info, encapsulatedKey: output)
            case .p521:
                let key = try P521.KeyAgreement.PrivateKey(rawRepresentation: raw)
                return try HPKE.Recipient(privateKey: key, ciphersuite: suite, info: info, encapsulatedKey: output)
            case .x448:
                throw MLSError(.unsupportedCipherSuite, "X448")
            }
        }
    }

    private func hpkeSuite() throws(MLSError) -> HPKE.Ciphersuite {
        let aead: HPKE.AEAD =
            switch self.aead {
            case .aes128Gcm: .AES_GCM_128
            case .aes256Gcm: .AES_GCM_256
            case .chaCha20Poly1305: .chaChaPoly
            }
        switch kem {
        case .x25519: return HPKE.Ciphersuite(kem: .Curve25519_HKDF_SHA256, kdf: .HKDF_SHA256, aead: aead)
        case .p256: return HPKE.Ciphersuite(kem: .P256_HKDF_SHA256, kdf: .HKDF_SHA256, aead: aead)
        case .p384: return HPKE.Ciphersuite(kem: .P384_HKDF_SHA384, kdf: .HKDF_SHA384, aead: aead)
        case .p521: return HPKE.Ciphersuite(kem: .P521_HKDF_SHA512, kdf: .HKDF_SHA512, aead: aead)
        case .x448: throw MLSError(.unsupportedCipherSuite, "X448")
        }
    }

    private func encryptContext(_ label: String, _ context: [UInt8]) -> Data {
        var writer = WireWriter(reserving: context.count + label.utf8.count + 16)
        writer.write(vector: Array("MLS 1.0 \(label)".utf8))
        writer.write(vector: context)
        return Data(writer.bytes)
    }
}
