import COpenSSL
import Synchronization
import Glibc
import System

/// What a server shows to be known by: its certificate (and those that lead to a CA) and the private key.
///
/// A plain value, checked when made; each TLS context reads it anew.
package struct ServerIdentity: Sendable {
    /// The certificate, then its chain, PEM.
    package let certificatePEM: [UInt8]
    /// The private key, PEM. A secret.
    package let keyPEM: [UInt8]
    /// What clients pin.
    package let pin: PublicKeyPin

    /// Bytes read of either file: a chain of dozens of certificates.
    package static let fileLimit = 1 << 20

    /// Checks that both are readable and belong together.
    package init(certificatePEM: [UInt8], keyPEM: [UInt8]) throws(ServerIdentityError) {
        let certificates = try PEM.certificates(certificatePEM)
        let key = try PEM.privateKey(keyPEM)
        guard let own = certificates.first else { throw .noCertificate }
        guard X509_check_private_key(own.pointer, key.pointer) == 1 else {
            ERR_clear_error()
            throw .keyDoesNotMatch
        }
        guard let pin = PublicKeyPin(certificate: own.pointer) else {
            throw .malformedCertificate(OpenSSLError.take().text)
        }
        self.certificatePEM = certificatePEM
        self.keyPEM = keyPEM
        self.pin = pin
        // A key that OpenSSL would refuse to serve with (too small, of a kind TLS 1.3 has no use for) shall fail here.
        _ = try TLSContext(serving: self)
    }

    /// Reads both from PEM files; one file may hold both.
    package init(certificateFile: String, keyFile: String) throws(ServerIdentityError) {
        try self.init(
            certificatePEM: Self.read(certificateFile), keyPEM: Self.read(keyFile))
    }

    /// A new self-signed one (`CertificateFactory`).
    package static func selfSigned() throws -> ServerIdentity {
        let made = try CertificateFactory.selfSigned()
        return try ServerIdentity(certificatePEM: made.certificatePEM, keyPEM: made.keyPEM)
    }

    private static func read(_ path: String) throws(ServerIdentityError) -> [UInt8] {
        switch SmallFile.read(path, limit: fileLimit, patience: .endless) {
        case .success(let bytes): return bytes
        case .failure(let error):
            let reason = error.number == EFBIG ? "it is larger than \(fileLimit) bytes" : error.text
            throw .unreadableFile(path: path, reason: reason)
        }
    }
}

/// Why a certificate and key cannot be served with.
package enum ServerIdentityError: Error, Equatable, Sendable, CustomStringConvertible {
    case unreadableFile(path: String, reason: String)
    case noCertificate
    case malformedCertificate(String)
    case noKey
    case encryptedKey
    case malformedKey(String)
    case keyDoesNotMatch
    /// OpenSSL will not serve with it.
    case unusable(String)

    package var description: String {
        switch self {
        case .unreadableFile(let path, let reason): "cannot read \(path): \(reason)"
        case .noCertificate: "no certificate found; expected PEM with a BEGIN CERTIFICATE line"
        case .malformedCertificate(let reason): "the certificate is malformed (\(reason)); expected PEM"
        case .noKey: "no private key found; expected PEM with a BEGIN PRIVATE KEY line"
        case .encryptedKey: "the private key is encrypted; store it without a passphrase, readable by its owner only"
        case .malformedKey(let reason): "the private key is malformed (\(reason)); expected PEM"
        case .keyDoesNotMatch: "the private key does not belong to the certificate; give the pair made together"
        case .unusable(let reason): "the certificate cannot serve TLS 1.3 (\(reason)); use P-256, Ed25519 or RSA 2048"
        }
    }
}

/// The identity a listener serves with, which may be swapped while it listens: connections made afterwards see the
/// new one, those that stand keep theirs.
package final class ServerIdentityBox: Sendable {
    private struct State {
        var identity: ServerIdentity
        var context: TLSContext
    }
    private let state: Mutex<State>

    package init(_ identity: ServerIdentity) throws(ServerIdentityError) {
        state = Mutex(State(identity: identity, context: try TLSContext(serving: identity)))
    }

    package var identity: ServerIdentity { state.withLock { $0.identity } }
    package var pin: PublicKeyPin { identity.pin }

    /// Serves with `identity` from now on.
    package func replace(with identity: ServerIdentity) throws(ServerIdentityError) {
        let context = try TLSContext(serving: identity)
        state.withLock { $0 = State(identity: identity, context: context) }
    }

    var context: TLSContext { state.withLock { $0.context } }
}
