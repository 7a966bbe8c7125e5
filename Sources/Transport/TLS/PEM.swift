import COpenSSL

/// Reading and writing certificates and keys in their textual encoding (RFC 7468).
enum PEM {
    /// An owned `X509 *`, freed with its last reference.
    final class Certificate {
        let pointer: OpaquePointer
        init(owning pointer: OpaquePointer) { self.pointer = pointer }
        deinit { X509_free(pointer) }
    }

    /// An owned `EVP_PKEY *`, freed with its last reference.
    final class PrivateKey {
        let pointer: OpaquePointer
        init(owning pointer: OpaquePointer) { self.pointer = pointer }
        deinit { EVP_PKEY_free(pointer) }
    }

    /// All certificates in `bytes`, the server's own first.
    static func certificates(_ bytes: [UInt8]) throws(ServerIdentityError) -> [Certificate] {
        guard let source = memory(bytes) else { throw .malformedCertificate(OpenSSLError.take().text) }
        defer { BIO_free(source) }
        var found: [Certificate] = []
        while let certificate = PEM_read_bio_X509(source, nil, refusePassphrase, nil) {
            found.append(Certificate(owning: certificate))
        }
        let error = OpenSSLError.take()
        guard error.reason == PEM_R_NO_START_LINE else { throw .malformedCertificate(error.text) }
        guard !found.isEmpty else { throw .noCertificate }
        return found
    }

    /// The first private key in `bytes`.
    static func privateKey(_ bytes: [UInt8]) throws(ServerIdentityError) -> PrivateKey {
        guard let source = memory(bytes) else { throw .malformedKey(OpenSSLError.take().text) }
        defer { BIO_free(source) }
        if let key = PEM_read_bio_PrivateKey(source, nil, refusePassphrase, nil) { return PrivateKey(owning: key) }
        let error = OpenSSLError.take()
        // OpenSSL 3 tries many formats and reports the failure of the last, so the labels say more.
        let text = String(decoding: bytes, as: UTF8.self)
        guard text.contains("PRIVATE KEY-----") else { throw .noKey }
        throw text.contains("ENCRYPTED") ? .encryptedKey : .malformedKey(error.text)
    }

    /// What `write` puts into a memory BIO.
    static func written(_ write: (OpaquePointer) -> Int32) throws(CryptoFailure) -> [UInt8] {
        guard let sink = BIO_new(BIO_s_mem()) else { throw .take("write PEM") }
        defer { BIO_free(sink) }
        guard write(sink) == 1 else { throw .take("write PEM") }
        var start: UnsafePointer<CChar>?
        let length = shim_BIO_get_mem_data(sink, &start)
        guard length > 0, let start else { throw .take("write PEM") }
        return start.withMemoryRebound(to: UInt8.self, capacity: length) {
            [UInt8](UnsafeBufferPointer(start: $0, count: length))
        }
    }

    /// A BIO with a copy of `bytes`.
    private static func memory(_ bytes: [UInt8]) -> OpaquePointer? {
        OpenSSLLibrary.prepare()
        guard let sink = BIO_new(BIO_s_mem()), let count = Int32(exactly: bytes.count) else { return nil }
        guard count == 0 || BIO_write(sink, bytes, count) == count else {
            BIO_free(sink)
            return nil
        }
        return sink
    }
}

/// Stands where OpenSSL would otherwise ask on the terminal for a passphrase: there is none.
private func refusePassphrase(
    _ buffer: UnsafeMutablePointer<CChar>?, _ size: Int32, _ writing: Int32, _ context: UnsafeMutableRawPointer?
) -> Int32 { -1 }
