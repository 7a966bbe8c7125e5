import COpenSSL
import ChatProtocol
import Foundation
import NIOCore
import Transport

/// The floor: what a server in C would do at the least. Blocking sockets, OpenSSL on the descriptors, one `SSL_write` a
/// receiver for all that came in at once; nothing is checked, stored or acknowledged.
///
/// The first connection sends; each frame of it is answered, and given to all others.
struct FloorServer {
    let receivers: Int
    let frame: [UInt8]

    func run() throws {
        let (listener, context) = try listen()
        let connections = try (0...receivers).map { _ in try accept(listener, context) }
        forward(from: connections[0], to: connections.dropFirst())
    }

    /// The floor of a login: handshakes, one after the other, and a hello as short as a frame can be.
    func greet() throws {
        let (listener, context) = try listen()
        let hello = RawFrame(kind: FrameKind.serverHello.rawValue, correlation: 0, body: []).wireBytes
        var buffer = [UInt8](repeating: 0, count: 1024)
        while true {
            let connection = try accept(listener, context)
            write(hello, to: connection)
            while SSL_read(connection, &buffer, Int32(buffer.count)) > 0 {}
            SSL_shutdown(connection)
            close(SSL_get_fd(connection))
            SSL_free(connection)
        }
    }

    private func listen() throws -> (listener: Int32, context: OpaquePointer) {
        let context = try makeContext()
        let listener = socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
        let address = try SocketAddress(ipAddress: "127.0.0.1", port: 0)
        guard address.withSockAddr({ bind(listener, $0, socklen_t($1)) }) == 0,
            Foundation.listen(listener, 1024) == 0
        else {
            throw ServerProcess.Failed(description: "the floor cannot listen")
        }
        print("listening 127.0.0.1:\(port(of: listener)) \(context.pin)")
        fflush(nil)
        return (listener, context.pointer)
    }

    /// Until the sender goes away.
    private func forward(from sender: OpaquePointer, to receivers: ArraySlice<OpaquePointer>) {
        var splitter = FrameSplitter(limit: Limits.frame)
        var buffer = [UInt8](repeating: 0, count: 16 << 10)
        while true {
            let count = SSL_read(sender, &buffer, Int32(buffer.count))
            guard count > 0 else { return }
            var answers: [UInt8] = []
            var messages = 0
            buffer.withUnsafeBytes { bytes in
                var rest = UnsafeRawBufferPointer(rebasing: bytes[..<Int(count)])
                while let frame = try? splitter.next(from: &rest) {
                    answers += RawFrame(kind: 129, correlation: frame.correlation, body: []).wireBytes
                    messages += 1
                }
            }
            guard messages > 0 else { continue }
            let output = [[UInt8]](repeating: frame, count: messages).flatMap { $0 }
            write(answers, to: sender)
            for receiver in receivers { write(output, to: receiver) }
        }
    }

    private func write(_ bytes: [UInt8], to connection: OpaquePointer) {
        _ = SSL_write(connection, bytes, Int32(bytes.count))
    }

    private func accept(_ listener: Int32, _ context: OpaquePointer) throws -> OpaquePointer {
        let descriptor = Foundation.accept(listener, nil, nil)
        var one: Int32 = 1
        setsockopt(descriptor, Int32(IPPROTO_TCP), TCP_NODELAY, &one, socklen_t(MemoryLayout<Int32>.size))
        guard descriptor >= 0, let connection = SSL_new(context), SSL_set_fd(connection, descriptor) == 1,
            SSL_accept(connection) == 1
        else { throw ServerProcess.Failed(description: "the floor cannot accept") }
        return connection
    }

    private func port(of listener: Int32) -> Int {
        var address = sockaddr_in()
        var length = socklen_t(MemoryLayout<sockaddr_in>.size)
        _ = withUnsafeMutablePointer(to: &address) {
            $0.withMemoryRebound(to: sockaddr.self, capacity: 1) { getsockname(listener, $0, &length) }
        }
        return Int(UInt16(bigEndian: address.sin_port))
    }

    private func makeContext() throws -> (pointer: OpaquePointer, pin: PublicKeyPin) {
        let identity = try ServerIdentity.selfSigned()
        let file = URL.temporaryDirectory.appending(path: "chat-floor-\(getpid()).pem")
        try Data(identity.keyPEM + identity.certificatePEM).write(to: file)
        defer { try? FileManager.default.removeItem(at: file) }
        guard let context = SSL_CTX_new(TLS_server_method()),
            SSL_CTX_use_certificate_chain_file(context, file.path) == 1,
            SSL_CTX_use_PrivateKey_file(context, file.path, SSL_FILETYPE_PEM) == 1,
            SSL_CTX_set_num_tickets(context, 0) == 1,
            // The same cipher as ours, so that engines are compared and not ciphers.
            SSL_CTX_set_ciphersuites(context, "TLS_AES_128_GCM_SHA256") == 1
        else { throw ServerProcess.Failed(description: "the floor cannot set up TLS") }
        SSL_CTX_set_alpn_select_cb(context, chooseFirst, nil)
        return (context, identity.pin)
    }
}

/// Takes the first protocol that the client offers.
private func chooseFirst(
    _ connection: OpaquePointer?, _ chosen: UnsafeMutablePointer<UnsafePointer<UInt8>?>?,
    _ length: UnsafeMutablePointer<UInt8>?, _ offered: UnsafePointer<UInt8>?, _ offeredLength: UInt32,
    _ context: UnsafeMutableRawPointer?
) -> Int32 {
    guard let offered, offeredLength > 0 else { return SSL_TLSEXT_ERR_ALERT_FATAL }
    chosen?.pointee = offered.advanced(by: 1)
    length?.pointee = offered.pointee
    return SSL_TLSEXT_ERR_OK
}
