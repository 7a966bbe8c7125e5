import COpenSSL
import ChatProtocol
import Glibc

/// What a certificate says of itself, and whether its chain leads to an authority. A plain value.
package struct CertificateFacts: Equatable, Sendable {
    package var begins: Timestamp
    package var ends: Timestamp
    /// The names and addresses that it is for.
    package var names: [String]
    /// It vouches for itself: clients know it by its key.
    package var isSelfSigned: Bool
    /// Why no authority of this machine vouches for it, whatever the time is; nil where one does, and where it vouches
    /// for itself.
    package var chainFault: String?

    package init(begins: Timestamp, ends: Timestamp, names: [String], isSelfSigned: Bool, chainFault: String?) {
        self.begins = begins
        self.ends = ends
        self.names = names
        self.isSelfSigned = isSelfSigned
        self.chainFault = chainFault
    }
}

extension ServerIdentity {
    /// What its certificate says. Looks at the system's authorities, which takes milliseconds.
    package var facts: CertificateFacts? {
        guard let certificates = try? PEM.certificates(certificatePEM), let own = certificates.first else { return nil }
        OpenSSLLibrary.prepareForChains()
        defer { ERR_clear_error() }
        // By its names: what may not sign others, as our own may not, has still signed itself.
        let isSelfSigned = X509_NAME_cmp(X509_get_subject_name(own.pointer), X509_get_issuer_name(own.pointer)) == 0
        var beside: [OpaquePointer?] = certificates.dropFirst().map(\.pointer)
        let result = isSelfSigned ? X509_V_OK : shim_verify_chain(own.pointer, &beside, Int32(beside.count))
        return CertificateFacts(
            begins: CertificateTime.timestamp(X509_get0_notBefore(own.pointer)),
            ends: CertificateTime.timestamp(X509_get0_notAfter(own.pointer)), names: Self.names(own.pointer),
            isSelfSigned: isSelfSigned,
            chainFault: result == X509_V_OK ? nil : String(cString: X509_verify_cert_error_string(Int(result))))
    }

    /// When its certificate ends; the rest of `facts` is not looked at.
    package var certificateEnd: Timestamp? {
        guard let own = try? PEM.certificates(certificatePEM).first else { return nil }
        return CertificateTime.timestamp(X509_get0_notAfter(own.pointer))
    }

    private static func names(_ certificate: OpaquePointer) -> [String] {
        guard let names = X509_get_ext_d2i(certificate, NID_subject_alt_name, nil, nil) else { return [] }
        defer { shim_names_free(names) }
        return (0..<shim_names_count(names)).compactMap { index in
            var length: Int32 = 0
            if let start = shim_names_bytes(names, index, GEN_DNS, &length) {
                return String(decoding: UnsafeBufferPointer(start: start, count: Int(length)), as: UTF8.self)
            }
            guard let start = shim_names_bytes(names, index, GEN_IPADD, &length), length == 4 || length == 16 else {
                return nil
            }
            var text = [CChar](repeating: 0, count: Int(INET6_ADDRSTRLEN))
            let family = length == 4 ? AF_INET : AF_INET6
            guard inet_ntop(family, start, &text, socklen_t(text.count)) != nil else { return nil }
            return String(decoding: text.prefix { $0 != 0 }.map { UInt8(bitPattern: $0) }, as: UTF8.self)
        }
    }
}

enum CertificateTime {
    /// `zero` for what is before 1970 or no time.
    static func timestamp(_ time: UnsafePointer<ASN1_TIME>?) -> Timestamp {
        // By way of the time between two: timegm reads the file of the time zone, at each start.
        let epoch = ASN1_TIME_new()
        defer { ASN1_TIME_free(epoch) }
        var (days, seconds): (Int32, Int32) = (0, 0)
        guard let time, ASN1_TIME_set_string(epoch, "19700101000000Z") == 1,
            ASN1_TIME_diff(&days, &seconds, epoch, time) == 1
        else { return 0 }
        return Timestamp.zero + .seconds(Int64(days) * 86_400 + Int64(seconds))
    }
}
