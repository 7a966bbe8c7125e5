internal import Crypto
internal import FoundationEssentials

extension Algorithms {
    /// Seals `plaintext`; the tag follows the ciphertext.
    package func seal(
        _ plaintext: [UInt8], key: Secret, nonce: [UInt8], aad: [UInt8]
    ) throws(MLSError) -> [UInt8] {
        count(.aeadSeal)
        do {
            switch aead {
            case .aes128Gcm, .aes256Gcm:
                let box = try AES.GCM.seal(
                    plaintext, using: key.key, nonce: AES.GCM.Nonce(data: nonce), authenticating: aad)
                return join(box.ciphertext, box.tag)
            case .chaCha20Poly1305:
                let box = try ChaChaPoly.seal(
                    plaintext, using: key.key, nonce: ChaChaPoly.Nonce(data: nonce), authenticating: aad)
                return join(box.ciphertext, box.tag)
            }
        } catch {
            throw MLSError(.encryptionFailed, "the cipher refused its key or nonce")
        }
    }

    /// Opens what `seal` made, or nothing when key, nonce, data or tag differ.
    package func open(_ sealed: [UInt8], key: Secret, nonce: [UInt8], aad: [UInt8]) -> [UInt8]? {
        guard sealed.count >= tagLength else { return nil }
        count(.aeadOpen)
        let ciphertext = sealed.dropLast(tagLength)
        let tag = sealed.suffix(tagLength)
        switch aead {
        case .aes128Gcm, .aes256Gcm:
            guard let nonce = try? AES.GCM.Nonce(data: nonce),
                let box = try? AES.GCM.SealedBox(nonce: nonce, ciphertext: ciphertext, tag: tag),
                let plaintext = try? AES.GCM.open(box, using: key.key, authenticating: aad)
            else { return nil }
            return Array(plaintext)
        case .chaCha20Poly1305:
            guard let nonce = try? ChaChaPoly.Nonce(data: nonce),
                let box = try? ChaChaPoly.SealedBox(nonce: nonce, ciphertext: ciphertext, tag: tag),
                let plaintext = try? ChaChaPoly.open(box, using: key.key, authenticating: aad)
            else { return nil }
            return Array(plaintext)
        }
    }

    private func join(_ ciphertext: Data, _ tag: Data) -> [UInt8] {
        var bytes: [UInt8] = []
        bytes.reserveCapacity(ciphertext.count + tag.count)
        bytes.append(contentsOf: ciphertext)
        bytes.append(contentsOf: tag)
        return bytes
    }
}
