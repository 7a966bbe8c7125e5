import Foundation
import TestSupport
import Testing

@testable import Transport

@Suite struct IdentityTests {
    @Test func `a generated identity is read back with the same pin`() throws {
        let made = try CertificateFactory.selfSigned()
        let identity = try ServerIdentity(certificatePEM: made.certificatePEM, keyPEM: made.keyPEM)
        let directory = try Scratch()
        let certificate = try directory.write("cert.pem", made.certificatePEM)
        let key = try directory.write("key.pem", made.keyPEM)
        #expect(try ServerIdentity(certificateFile: certificate, keyFile: key).pin == identity.pin)
        let both = try directory.write("both.pem", made.keyPEM + made.certificatePEM)
        #expect(try ServerIdentity(certificateFile: both, keyFile: both).pin == identity.pin)
    }

    @Test func `openssl reads the certificate and computes the same pin`() async throws {
        let identity = try ServerIdentity.selfSigned()
        let directory = try Scratch()
        let path = try directory.write("cert.pem", identity.certificatePEM)
        let text = try await OpenSSL.run(["x509", "-in", path, "-noout", "-text"])
        #expect(text.contains("CN = chatd"))
        #expect(text.contains("DNS:localhost, IP Address:127.0.0.1, IP Address:0:0:0:0:0:0:0:1"))
        #expect(text.contains("NIST CURVE: P-256"))
        // Ten years, less a day for the test's own time.
        let lasting = try await OpenSSL.run(["x509", "-in", path, "-noout", "-checkend", "\(3649 * 86400)"])
        #expect(lasting.contains("will not expire"))
        let verified = try await OpenSSL.run(["verify", "-CAfile", path, "-verify_hostname", "localhost", path])
        #expect(verified.contains(": OK"))
        let key = try directory.write(
            "public.pem", Array(try await OpenSSL.run(["x509", "-in", path, "-noout", "-pubkey"]).utf8))
        let der = directory.path + "/public.der"
        _ = try await OpenSSL.run(["pkey", "-pubin", "-in", key, "-outform", "der", "-out", der])
        let digest = SHA256.hash(try Data(contentsOf: URL(filePath: der)))
        #expect(identity.pin == PublicKeyPin(digest: digest))
    }

    @Test func `what is wrong with a pair is said`() async throws {
        let made = try CertificateFactory.selfSigned()
        let other = try CertificateFactory.selfSigned()
        let (certificate, key) = (made.certificatePEM, made.keyPEM)
        func expect(_ error: ServerIdentityError, _ certificate: [UInt8], _ key: [UInt8]) {
            #expect(throws: error) { try ServerIdentity(certificatePEM: certificate, keyPEM: key) }
        }
        expect(.keyDoesNotMatch, certificate, other.keyPEM)
        expect(.noKey, certificate, certificate)
        expect(.noKey, certificate, [])
        expect(.noCertificate, key, key)
        expect(.noCertificate, [], key)
        expect(.noCertificate, Array("what is this".utf8), key)
        let directory = try Scratch()
        let plain = try directory.write("key.pem", key)
        let locked = directory.path + "/locked.pem"
        _ = try await OpenSSL.run(["pkey", "-in", plain, "-aes128", "-passout", "pass:secret", "-out", locked])
        expect(.encryptedKey, certificate, Array(try Data(contentsOf: URL(filePath: locked))))
        #expect(throws: ServerIdentityError.unreadableFile(path: "/nonexistent", reason: "No such file or directory")) {
            try ServerIdentity(certificateFile: "/nonexistent", keyFile: plain)
        }
        #expect(throws: ServerIdentityError.unreadableFile(path: directory.path, reason: "Is a directory")) {
            try ServerIdentity(certificateFile: directory.path, keyFile: plain)
        }
    }

    @Test func `a damaged certificate or key is malformed`() throws {
        let made = try CertificateFactory.selfSigned()
        for (certificate, key) in [
            (damaged(made.certificatePEM), made.keyPEM), (made.certificatePEM, damaged(made.keyPEM)),
        ] {
            do {
                _ = try ServerIdentity(certificatePEM: certificate, keyPEM: key)
                Issue.record("a damaged pair was accepted")
            } catch ServerIdentityError.malformedCertificate, ServerIdentityError.malformedKey {
            }
        }
    }

    @Test func `a key too weak for tlsis unusable`() async throws {
        let directory = try Scratch()
        let (certificate, key) = (directory.path + "/cert.pem", directory.path + "/key.pem")
        _ = try await OpenSSL.run([
            "req", "-x509", "-newkey", "rsa:512", "-nodes", "-subj", "/CN=weak", "-keyout", key, "-out", certificate,
        ])
        do {
            _ = try ServerIdentity(certificateFile: certificate, keyFile: key)
            Issue.record("a key of 512 bits was accepted")
        } catch ServerIdentityError.unusable {
        }
    }

    /// The same PEM with a line of its body cut short.
    private func damaged(_ pem: [UInt8]) -> [UInt8] {
        var lines = String(decoding: pem, as: UTF8.self).split(separator: "\n")
        lines.remove(at: 2)
        return Array((lines.joined(separator: "\n") + "\n").utf8)
    }
}

extension Scratch {
    /// Writes a file and returns its path.
    func write(_ name: String, _ bytes: [UInt8]) throws -> String {
        let path = path + "/" + name
        try Data(bytes).write(to: URL(filePath: path))
        return path
    }
}
