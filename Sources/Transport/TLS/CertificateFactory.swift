import COpenSSL

/// Makes the certificate that a server has until somebody gives it another.
package enum CertificateFactory {
    /// A certificate and its private key, both PEM.
    package struct Made: Sendable {
        package var certificatePEM: [UInt8]
        /// A secret.
        package var keyPEM: [UInt8]
    }

    /// Days a certificate is valid: clients pin the key, so an expiry would only break them.
    package static let validDays = 3650
    /// Names it is for: a server on one's own machine; others are known by the pin.
    package static let names = "DNS:localhost,IP:127.0.0.1,IP:::1"

    /// A new P-256 key and a certificate for it that it signed itself.
    package static func selfSigned(
        commonName: String = "chatd", names: String = names, validDays: Int = validDays
    ) throws(CryptoFailure) -> Made {
        OpenSSLLibrary.prepare()
        guard let key = shim_EVP_EC_gen("P-256") else { throw .take("make a P-256 key") }
        let owner = PEM.PrivateKey(owning: key)
        guard let pointer = X509_new() else { throw .take("make a certificate") }
        let certificate = PEM.Certificate(owning: pointer)
        try fill(certificate.pointer, key: owner.pointer, commonName: commonName, validDays: validDays)
        try addExtension(NID_subject_alt_name, names, to: certificate.pointer)
        try addExtension(NID_basic_constraints, "critical,CA:FALSE", to: certificate.pointer)
        try addExtension(NID_key_usage, "critical,digitalSignature", to: certificate.pointer)
        try addExtension(NID_ext_key_usage, "serverAuth", to: certificate.pointer)
        guard X509_sign(certificate.pointer, owner.pointer, EVP_sha256()) > 0 else {
            throw .take("sign a certificate")
        }
        return Made(
            certificatePEM: try PEM.written { PEM_write_bio_X509($0, certificate.pointer) },
            keyPEM: try PEM.written { PEM_write_bio_PKCS8PrivateKey($0, owner.pointer, nil, nil, 0, nil, nil) })
    }

    private static func fill(
        _ certificate: OpaquePointer, key: OpaquePointer, commonName: String, validDays: Int
    ) throws(CryptoFailure) {
        // X.509 version 3 is encoded as 2. A serial number is positive and at most 20 bytes (RFC 5280 §4.1.2.2).
        var serialBytes = SecureRandom.bytes(16)
        serialBytes[0] &= 0x7f
        guard let serial = BN_bin2bn(serialBytes, Int32(serialBytes.count), nil) else { throw .take("make a serial") }
        defer { BN_free(serial) }
        // An hour back, for clients whose clock is behind.
        let hour = 3600
        guard X509_set_version(certificate, 2) == 1,
            BN_to_ASN1_INTEGER(serial, X509_get_serialNumber(certificate)) != nil,
            X509_gmtime_adj(X509_getm_notBefore(certificate), -hour) != nil,
            X509_time_adj_ex(X509_getm_notAfter(certificate), Int32(validDays), 0, nil) != nil,
            X509_set_pubkey(certificate, key) == 1,
            let subject = X509_get_subject_name(certificate),
            X509_NAME_add_entry_by_txt(
                subject, "CN", MBSTRING_FLAG | 0, Array(commonName.utf8), Int32(commonName.utf8.count), -1, 0) == 1,
            X509_set_issuer_name(certificate, subject) == 1
        else { throw .take("fill a certificate") }
    }

    private static func addExtension(
        _ nid: Int32, _ value: String, to certificate: OpaquePointer
    ) throws(CryptoFailure) {
        guard let made = X509V3_EXT_conf_nid(nil, nil, nid, value) else { throw .take("make an extension") }
        defer { X509_EXTENSION_free(made) }
        guard X509_add_ext(certificate, made, -1) == 1 else { throw .take("add an extension") }
    }
}
