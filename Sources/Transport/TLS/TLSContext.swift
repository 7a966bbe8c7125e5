import COpenSSL
import ChatProtocol

/// Whose signatures on a server's certificate count.
package enum TrustedAuthorities: Equatable, Sendable {
    /// Those of the system; loading Debian's takes 15 ms, so ask only where they decide.
    case system
    /// Those in this PEM file alone.
    case file(String)
}

/// One side's TLS settings, shared by its connections (an `SSL_CTX`).
///
/// TLS 1.3 only; no resumption and no early data, so every connection proves the server's key anew and none can be
/// replayed; ALPN `chat/1` on both sides.
///
/// Sendable without a lock: nothing changes the `SSL_CTX` after `init`, `SSL_new` on it is thread-safe, and its
/// reference count is atomic.
package final class TLSContext: @unchecked Sendable {
    let pointer: OpaquePointer
    /// Whether authorities are loaded, so that a chain can verify at all.
    let verifiesChains: Bool

    /// ECDH groups, the preferred first: what every TLS 1.3 stack offers, without the slow and the large ones.
    static let groups = "X25519:P-256"
    /// Cipher suites, the preferred first: AES-128 is the cheapest where the processor has AES, and clients without it
    /// that list ChaCha20 first get it.
    static let cipherSuites = "TLS_AES_128_GCM_SHA256:TLS_AES_256_GCM_SHA384:TLS_CHACHA20_POLY1305_SHA256"

    /// For a server with this certificate and key.
    init(serving identity: ServerIdentity) throws(ServerIdentityError) {
        verifiesChains = false
        do {
            pointer = try Self.make(TLS_server_method(), with: nil)
        } catch { throw .unusable(error.reason) }
        let options =
            shim_SSL_OP_CIPHER_SERVER_PREFERENCE() | shim_SSL_OP_PRIORITIZE_CHACHA() | shim_SSL_OP_NO_TICKET()
        SSL_CTX_set_options(pointer, options)
        SSL_CTX_set_num_tickets(pointer, 0)
        SSL_CTX_set_client_hello_cb(pointer, requireALPN, nil)
        SSL_CTX_set_alpn_select_cb(pointer, selectALPN, nil)
        let certificates = try PEM.certificates(identity.certificatePEM)
        let key = try PEM.privateKey(identity.keyPEM)
        guard let own = certificates.first else { throw .noCertificate }
        guard SSL_CTX_use_certificate(pointer, own.pointer) == 1,
            certificates.dropFirst().allSatisfy({ shim_SSL_CTX_add1_chain_cert(pointer, $0.pointer) == 1 }),
            SSL_CTX_use_PrivateKey(pointer, key.pointer) == 1
        else { throw .unusable(OpenSSLError.take().text) }
    }

    /// For a client; with `authorities` the chain is verified, without them it never counts as verified.
    ///
    /// A chain that does not verify does not end the handshake: whoever connects decides by what was seen.
    package init(clientTrusting authorities: TrustedAuthorities?) throws(CryptoFailure) {
        verifiesChains = authorities != nil
        // A chain may need what nobody would choose any more.
        if verifiesChains { OpenSSLLibrary.prepareForChains() }
        pointer = try Self.make(TLS_client_method(), with: verifiesChains ? nil : OpenSSLLibrary.algorithms)
        SSL_CTX_set_verify(pointer, SSL_VERIFY_NONE, nil)
        let name = Array(ProtocolVersion.alpn.utf8)
        let list = [UInt8(name.count)] + name
        // This one returns 0 where it succeeds.
        guard SSL_CTX_set_alpn_protos(pointer, list, UInt32(list.count)) == 0 else { throw .take("offer ALPN") }
        let loaded: Int32 =
            switch authorities {
            case nil: 1
            case .system: SSL_CTX_set_default_verify_paths(pointer)
            case .file(let path): SSL_CTX_load_verify_file(pointer, path)
            }
        guard loaded == 1 else { throw .take("load certificate authorities") }
    }

    deinit { SSL_CTX_free(pointer) }

    /// - Parameter algorithms: where they are looked for; nil: in all that OpenSSL has.
    private static func make(
        _ method: OpaquePointer?, with algorithms: OpaquePointer?
    ) throws(CryptoFailure) -> OpaquePointer {
        OpenSSLLibrary.prepare()
        guard let context = SSL_CTX_new_ex(algorithms, nil, method) else { throw .take("make a TLS context") }
        guard shim_SSL_CTX_set_min_proto_version(context, TLS1_3_VERSION) == 1,
            shim_SSL_CTX_set_max_proto_version(context, TLS1_3_VERSION) == 1,
            shim_SSL_CTX_set1_groups_list(context, groups) == 1,
            SSL_CTX_set_ciphersuites(context, cipherSuites) == 1
        else {
            SSL_CTX_free(context)
            throw .take("set up TLS 1.3")
        }
        shim_SSL_CTX_set_session_cache_mode(context, Int(SSL_SESS_CACHE_OFF))
        // An idle connection keeps no record buffers: 8 KiB less each.
        shim_SSL_CTX_set_mode(context, Int(SSL_MODE_RELEASE_BUFFERS))
        return context
    }
}

/// Refuses a hello without ALPN: OpenSSL asks `selectALPN` only where the client sent any.
private func requireALPN(
    _ connection: OpaquePointer?, _ alert: UnsafeMutablePointer<Int32>?, _ context: UnsafeMutableRawPointer?
) -> Int32 {
    var data: UnsafePointer<UInt8>?
    var length = 0
    let type = UInt32(TLSEXT_TYPE_application_layer_protocol_negotiation)
    if SSL_client_hello_get0_ext(connection, type, &data, &length) == 1 { return SSL_CLIENT_HELLO_SUCCESS }
    alert?.pointee = SSL_AD_NO_APPLICATION_PROTOCOL
    return SSL_CLIENT_HELLO_ERROR
}

/// Picks our protocol from the client's list (RFC 7301 §3.1), or ends the handshake with its alert.
private func selectALPN(
    _ connection: OpaquePointer?, _ chosen: UnsafeMutablePointer<UnsafePointer<UInt8>?>?,
    _ chosenLength: UnsafeMutablePointer<UInt8>?, _ offered: UnsafePointer<UInt8>?, _ offeredLength: UInt32,
    _ context: UnsafeMutableRawPointer?
) -> Int32 {
    let list = UnsafeBufferPointer(start: offered, count: Int(offeredLength))
    var index = 0
    while index < list.count {
        let start = index + 1
        let end = start + Int(list[index])
        guard end <= list.count else { break }
        if list[start..<end].elementsEqual(ProtocolVersion.alpn.utf8) {
            // The client's list outlives the choice.
            chosen?.pointee = offered?.advanced(by: start)
            chosenLength?.pointee = list[index]
            return SSL_TLSEXT_ERR_OK
        }
        index = end
    }
    return SSL_TLSEXT_ERR_ALERT_FATAL
}
