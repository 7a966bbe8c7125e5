import COpenSSL
import ChatProtocol
import NIOCore

/// One TLS connection without a socket: ciphertext in, plaintext out, and the other way.
///
/// What is to be sent gathers in `scratch.output`; whoever calls takes it from there before anybody else uses the
/// scratch. Confined to the event loop of its scratch.
final class TLSEngine {
    enum Role {
        case server
        /// `name` is sent as SNI unless it is an address, and is what a verified certificate must be for.
        case client(name: String?)
    }

    enum Progress: Equatable {
        /// Everything given is used up; more must come.
        case wantsMore
        /// What has gathered must be sent before it goes on.
        case wantsRoom
        /// A server has said its part, and may `greet` behind it; once.
        case answered
        case done
        case failed(TLSFailure)
    }

    enum ReadResult: Equatable {
        /// So many bytes of plaintext are in `scratch.opened`.
        case bytes(Int)
        case wantsMore
        /// The peer said that it sends no more (`close_notify`).
        case closed
        case failed(TLSFailure)
    }

    let scratch: TLSScratch
    let ssl: OpaquePointer
    /// The server's first answer, where it is a line of text, until it has been looked at.
    private var firstLine: String?
    private var awaitsFirstAnswer = false
    /// A server that has not answered its client's hello yet.
    private var owesAnswer = false

    init(context: TLSContext, role: Role, scratch: TLSScratch) throws(CryptoFailure) {
        guard let ssl = SSL_new(context.pointer) else { throw .take("make a TLS connection") }
        guard let bio = TLSWindowMethod.shared.makeBIO(over: scratch.window) else {
            SSL_free(ssl)
            throw .take("make a TLS connection")
        }
        // The connection owns the BIO from here on; for one BIO in both directions it takes one reference.
        SSL_set_bio(ssl, bio, bio)
        self.ssl = ssl
        self.scratch = scratch
        switch role {
        case .server:
            SSL_set_accept_state(ssl)
            owesAnswer = true
        case .client(let name):
            SSL_set_connect_state(ssl)
            awaitsFirstAnswer = true
            if let name { try expect(name) }
        }
    }

    deinit { SSL_free(ssl) }

    private func expect(_ name: String) throws(CryptoFailure) {
        let isAddress = (try? SocketAddress(ipAddress: name, port: 0)) != nil
        SSL_set_hostflags(ssl, UInt32(X509_CHECK_FLAG_NO_PARTIAL_WILDCARDS))
        guard SSL_set1_host(ssl, name) == 1, isAddress || shim_SSL_set_tlsext_host_name(ssl, name) == 1 else {
            throw .take("set the server's name")
        }
    }

    /// Takes the handshake further with what came in.
    func handshake(_ inbound: inout ByteBuffer) -> Progress {
        if awaitsFirstAnswer, inbound.readableBytes > 0 {
            awaitsFirstAnswer = false
            firstLine = TLSFailure.plainLine(inbound.readableBytesView)
        }
        guard !owesAnswer else { return answer(&inbound) }
        let result = call(&inbound) { SSL_do_handshake(ssl) }
        if result == 1 { return negotiatedProtocol ? .done : .failed(.noCommonProtocol) }
        return progress(result)
    }

    /// OpenSSL stops behind a server's part of the handshake for who would read early data. There is none: no client has a
    /// ticket of ours to send it by.
    private func answer(_ inbound: inout ByteBuffer) -> Progress {
        let opened = scratch.opened
        var count = 0
        let result = call(&inbound) { SSL_read_early_data(ssl, opened.baseAddress, opened.count, &count) }
        guard result == SSL_READ_EARLY_DATA_FINISH else {
            return result == SSL_READ_EARLY_DATA_ERROR ? progress(0) : .failed(.refused("early data"))
        }
        owesAnswer = false
        return .answered
    }

    /// Encrypts one record behind what `answered`: the client, which has not finished its part, gets it in the same flight
    /// (RFC 8446 §4.4.4 and appendix E.1.2). Whoever it is may read it.
    func greet(_ plaintext: UnsafeRawBufferPointer) -> Progress {
        ERR_clear_error()
        var (result, count): (Int32, Int) = (0, 0)
        _ = scratch.lend(UnsafeRawBufferPointer(start: nil, count: 0)) {
            result = SSL_write_early_data(ssl, plaintext.baseAddress, plaintext.count, &count)
        }
        return result == 1 ? .done : progress(result)
    }

    /// Decrypts at most one record.
    func read(_ inbound: inout ByteBuffer) -> ReadResult {
        let opened = scratch.opened
        let result = call(&inbound) { SSL_read(ssl, opened.baseAddress, Int32(opened.count)) }
        if result > 0 { return .bytes(Int(result)) }
        switch SSL_get_error(ssl, result) {
        case SSL_ERROR_WANT_READ, SSL_ERROR_WANT_WRITE: return .wantsMore
        case SSL_ERROR_ZERO_RETURN: return .closed
        default: return .failed(takeFailure())
        }
    }

    /// Whether some of what it was given, or has decrypted, is still in it.
    var holdsMore: Bool { SSL_has_pending(ssl) == 1 }

    /// Encrypts up to `TLSScratch.recordBytes` as one record.
    func write(_ plaintext: UnsafeRawBufferPointer) -> Progress {
        OpenSSLError.clear()
        var result: Int32 = 0
        _ = scratch.lend(UnsafeRawBufferPointer(start: nil, count: 0)) {
            result = SSL_write(ssl, plaintext.baseAddress, Int32(plaintext.count))
        }
        return result > 0 ? .done : progress(result)
    }

    private func progress(_ result: Int32) -> Progress {
        switch SSL_get_error(ssl, result) {
        case SSL_ERROR_WANT_READ: .wantsMore
        case SSL_ERROR_WANT_WRITE: .wantsRoom
        default: .failed(firstLine.map { .plainText($0) } ?? takeFailure())
        }
    }

    /// Writes the `close_notify` alert; nothing may be written after it.
    func shutdown() {
        var none = ByteBuffer()
        _ = call(&none) { SSL_shutdown(ssl) }
        ERR_clear_error()
    }

    /// 32 bytes that both sides of this connection know, and nobody else, and no other connection has
    /// (`EXPORTER-Channel-Binding`, RFC 9266). Empty before the handshake is done.
    var channelBinding: [UInt8] {
        let label = "EXPORTER-Channel-Binding"
        var bytes = [UInt8](repeating: 0, count: 32)
        let done = SSL_export_keying_material(ssl, &bytes, bytes.count, label, label.utf8.count, nil, 0, 0)
        guard done == 1 else {
            ERR_clear_error()
            return []
        }
        return bytes
    }

    /// The key that the peer's certificate holds, which the handshake has proved to be the peer's.
    var peerPin: PublicKeyPin? {
        SSL_get0_peer_certificate(ssl).flatMap { PublicKeyPin(certificate: $0) }
    }

    /// When the peer's certificate ends; 0 where it shows none.
    var peerCertificateEnd: Timestamp {
        SSL_get0_peer_certificate(ssl).map { CertificateTime.timestamp(X509_get0_notAfter($0)) } ?? 0
    }

    /// Why the peer's chain does not verify for its name against the authorities loaded; nil where it does.
    var verificationFailure: String? {
        let result = SSL_get_verify_result(ssl)
        guard result != Int(X509_V_OK) else { return nil }
        return String(cString: X509_verify_cert_error_string(result))
    }

    private var negotiatedProtocol: Bool {
        var name: UnsafePointer<UInt8>?
        var length: UInt32 = 0
        SSL_get0_alpn_selected(ssl, &name, &length)
        return UnsafeBufferPointer(start: name, count: Int(length)).elementsEqual(ProtocolVersion.alpn.utf8)
    }

    /// Lends OpenSSL `inbound` and room for its output for one call.
    @inline(__always)
    private func call(_ inbound: inout ByteBuffer, _ body: () -> Int32) -> Int32 {
        var result: Int32 = 0
        OpenSSLError.clear()
        inbound.readWithUnsafeReadableBytes { input in scratch.lend(input) { result = body() } }
        return result
    }

    private func takeFailure() -> TLSFailure {
        TLSFailure(
            OpenSSLError.take(), noProtocolReasons: [SSL_R_NO_APPLICATION_PROTOCOL, SSL_R_CALLBACK_FAILED])
    }
}
