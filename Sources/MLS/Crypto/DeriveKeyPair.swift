internal import Crypto
import WireCodec

/// KEM key pairs from secrets (RFC 9180 §7.1.3), which swift-crypto does not offer.
extension Algorithms {
    /// `KEM.DeriveKeyPair(ikm)`.
    package func deriveKeyPair(_ ikm: Secret) throws(MLSError) -> HPKEKeyPair {
        guard let identifier = kemIdentifier else { throw MLSError(.unsupportedCipherSuite, "X448") }
        let prk = labeledExtract("dkp_prk", ikm, suite: identifier)
        guard let coordinate = kemCoordinateLength else {
            return try keyPair(labeledExpand(prk, "sk", [], length: 32, suite: identifier))
        }
        // A candidate above the group's order is refused by the key's initialiser, and the next one is tried.
        for counter in UInt8.min...UInt8.max {
            var candidate = labeledExpand(prk, "candidate", [counter], length: coordinate, suite: identifier)
            if kem == .p521 {
                var bytes = candidate.bytes
                bytes[0] &= 0x01
                candidate = Secret(bytes)
            }
            if let pair = try? keyPair(candidate) { return pair }
        }
        throw MLSError(.invalidPrivateKey, "DeriveKeyPair found no key in 256 candidates")
    }

    /// A new key pair with randomness from `generator`.
    package func generateKeyPair(using generator: inout some RandomNumberGenerator) throws(MLSError) -> HPKEKeyPair {
        try deriveKeyPair(.random(hashLength, using: &generator))
    }

    /// The pair of a private key: 32 bytes for X25519, the scalar for the others.
    package func keyPair(_ privateKey: Secret) throws(MLSError) -> HPKEKeyPair {
        guard kem != .x448 else { throw MLSError(.unsupportedCipherSuite, "X448") }
        let privateKey = privateKey.padded(to: kemCoordinateLength)
        guard privateKey.count == kemCoordinateLength ?? 32 else {
            throw MLSError(.invalidPrivateKey, "a KEM key of \(privateKey.count) bytes")
        }
        count(.keyPair)
        do {
            let bytes = try privateKey.withUnsafeBytes { raw in
                switch kem {
                case .x25519:
                    Array(try Curve25519.KeyAgreement.PrivateKey(rawRepresentation: raw).publicKey.rawRepresentation)
                case .p256:
                    Array(try P256.KeyAgreement.PrivateKey(rawRepresentation: raw).publicKey.x963Representation)
                case .p384:
                    Array(try P384.KeyAgreement.PrivateKey(rawRepresentation: raw).publicKey.x963Representation)
                case .p521:
                    Array(try P521.KeyAgreement.PrivateKey(rawRepresentation: raw).publicKey.x963Representation)
                case .x448: [UInt8]()
                }
            }
            return HPKEKeyPair(privateKey: privateKey, publicKey: HPKEPublicKey(bytes))
        } catch {
            throw MLSError(.invalidPrivateKey, "not a KEM key of this suite")
        }
    }

    private var kemCoordinateLength: Int? {
        switch kem {
        case .x25519, .x448: nil
        case .p256: 32
        case .p384: 48
        case .p521: 66
        }
    }

    private var kemIdentifier: UInt16? {
        switch kem {
        case .p256: 0x0010
        case .p384: 0x0011
        case .p521: 0x0012
        case .x25519: 0x0020
        case .x448: nil
        }
    }

    private func labeledExtract(_ label: String, _ ikm: Secret, suite: UInt16) -> Secret {
        var writer = WireWriter()
        writer.write(fixed: Array("HPKE-v1KEM".utf8))
        writer.write(suite)
        writer.write(fixed: Array(label.utf8))
        writer.write(fixed: ikm.bytes)
        return extract(salt: Secret([]), ikm: Secret(writer.bytes))
    }

    private func labeledExpand(
        _ prk: Secret, _ label: String, _ info: [UInt8], length: Int, suite: UInt16
    ) -> Secret {
        var writer = WireWriter()
        writer.write(UInt16(truncatingIfNeeded: length))
        writer.write(fixed: Array("HPKE-v1KEM".utf8))
        writer.write(suite)
        writer.write(fixed: Array(label.utf8))
        writer.write(fixed: info)
        return expand(prk, info: writer.bytes, length: length)
    }
}
