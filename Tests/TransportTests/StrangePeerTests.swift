import ChatProtocol
import Foundation
import NIOCore
import NIOPosix
import TestSupport
import Testing

@testable import Transport

/// Peers that are not ours, or do not behave.
@Suite struct StrangePeerTests {
    @Test func `openssl s_client speaks TLS 1.3 with us and exports the same channel binding`() async throws {
        let server = try await TestServer.start()
        try await server.on { hub in
            hub.onFrame = { connection, frame in
                connection.write(ByteBuffer(bytes: RawFrame(kind: 1, correlation: 2, body: frame.body).wireBytes))
                connection.close(flushing: true)
            }
        }
        let port = server.address.port
        async let output = OpenSSL.run(
            [
                "s_client", "-connect", "127.0.0.1:\(port)", "-alpn", ProtocolVersion.alpn, "-ign_eof",
                "-keymatexport", "EXPORTER-Channel-Binding", "-keymatexportlen", "32",
            ],
            input: String(
                decoding: RawFrame(kind: 7, correlation: 0, body: Array("marco".utf8)).wireBytes, as: UTF8.self))
        #expect(try await eventually { try await server.on { $0.recorders.first?.heard.first == .opened } })
        let binding = try await server.on { $0.recorders[0].binding }
        let text = try await output
        #expect(binding.count == 32)
        #expect(text.contains("Keying material: " + binding.map { String(format: "%02X", $0) }.joined()))
        #expect(text.contains("TLSv1.3"))
        #expect(text.contains("ALPN protocol: \(ProtocolVersion.alpn)"))
        #expect(!text.contains("Post-Handshake New Session Ticket"))
        #expect(try await server.on { $0.recorders[0].frames.map(\.body) } == [Array("marco".utf8)])
        try await server.stop()
    }

    @Test(arguments: [
        (["-tls1_2", "-alpn", "chat/1"], "protocol version"),
        ([], "alert"),
        (["-alpn", "http/1.1"], "no application protocol"),
        (["-alpn", "chat/1", "-groups", "P-521"], "handshake failure"),
    ]) func `a peer without TLS13 our protocol or a group in common is refused`(options: [String], alert: String)
        async throws
    {
        let server = try await TestServer.start()
        let text = try await OpenSSL.run(["s_client", "-connect", "127.0.0.1:\(server.address.port)"] + options)
        #expect(text.contains(alert), "\(text)")
        #expect(try await eventually { try await server.on { $0.recorders.first?.closes.count ?? 0 } == 1 })
        #expect(try await server.on { !$0.recorders[0].heard.contains(.opened) })
        if options.first != "-tls1_2" && alert != "handshake failure" {
            #expect(try await server.on { $0.recorders[0].closes } == [.tls(.noCommonProtocol)])
        }
        try await server.stop()
    }

    @Test func `an earlier session is not resumed`() async throws {
        let server = try await TestServer.start()
        let directory = try Scratch()
        let arguments = ["s_client", "-connect", "127.0.0.1:\(server.address.port)", "-alpn", ProtocolVersion.alpn]
        let file = directory.path + "/session"
        _ = try await OpenSSL.run(arguments + ["-sess_out", file])
        let second = try await OpenSSL.run(arguments + ["-sess_in", file])
        #expect(!second.contains("Reused"))
        try await server.stop()
    }

    @Test func `random bytes end their connection and no other`() async throws {
        let server = try await TestServer.start()
        let client = try await TestClient.connect(to: server.address)
        for _ in 0..<50 {
            let peer = try RawPeer(server.address)
            peer.send((0..<Int.random(in: 1...2000)).map { _ in UInt8.random(in: 0...255) })
            peer.close()
        }
        #expect(
            try await eventually {
                try await server.on {
                    $0.recorders.count == 51 && $0.recorders.filter { $0.closes.count == 1 }.count == 50
                }
            })
        try await client.send([.sample(1, bytes: 10)])
        #expect(try await eventually { try await server.on { $0.recorders[0].frames.count } == 1 })
        try await server.stop()
    }

    @Test func `silence is ended at the handshakes deadline`() async throws {
        var limits = ConnectionLimits.server
        limits.handshakeTimeout = .milliseconds(100)
        let server = try await TestServer.start(limits: limits)
        let silent = try RawPeer(server.address)
        let slow = try RawPeer(server.address)
        slow.send([22, 3])
        #expect(try await eventually { try await server.on { $0.recorders.flatMap(\.closes).count } == 2 })
        #expect(try await server.on { $0.recorders.map(\.closes) } == [[.handshakeTimedOut], [.handshakeTimedOut]])
        #expect(silent.readsEnd() && slow.readsEnd())
        try await server.stop()
    }

    @Test func `a refused peer is closed at once`() async throws {
        let server = try await TestServer.start()
        try await server.on { $0.refuses = true }
        let peer = try RawPeer(server.address)
        #expect(peer.readsEnd())
        try await server.stop()
    }

    @Test func `a peer that vanishes without a goodbye is told apart`() async throws {
        let server = try await TestServer.start()
        let client = try await TestClient.connect(to: server.address)
        try await client.on { connection, _ in
            // The socket is closed under TLS.
            connection.channel?.close()
        }
        #expect(try await eventually { try await server.on { $0.recorders.first?.closes == [.truncated] } })
        try await server.stop()
    }

    @Test func `a peer that does not read holds up nobody and takes memory once`() async throws {
        let server = try await TestServer.start()
        let slow = try await TestClient.connect(to: server.address)
        let quick = try await TestClient.connect(to: server.address)
        #expect(
            try await eventually { try await server.on { $0.recorders.filter { $0.heard == [.opened] }.count == 2 } })
        try await slow.on { connection, _ in connection.pauseReading() }
        let frame = RawFrame.sample(1, bytes: 60_000)
        let bytes = frame.wireBytes
        // More than the kernel keeps for a connection on its own.
        let count = 500
        try await server.on { hub in
            let shared = ByteBuffer(bytes: bytes)
            for recorder in hub.recorders { (0..<count).forEach { _ in recorder.connection?.write(shared) } }
        }
        #expect(try await eventually { try await quick.on { $1.frames.count } == count })
        let state = try await server.on { hub in
            let behind = hub.recorders.compactMap(\.connection).filter { !$0.isWritable }
            return behind.map { [$0.pendingBytes, $0.bytesInChannel] }
        }
        try #require(state.count == 1)
        #expect(state[0][0] > 1_000_000)
        // What is encrypted for one peer alone is bounded; the rest are references.
        #expect(state[0][1] < 2 * TLSScratch.writeBytes)
        try await slow.on { connection, _ in connection.resumeReading() }
        #expect(try await eventually { try await slow.on { $1.frames.count } == count })
        #expect(
            try await eventually {
                try await server.on { $0.recorders.filter { $0.heard.contains(.writable) }.count >= 1 }
            })
        #expect(try await server.on { $0.recorders.compactMap(\.connection).allSatisfy { $0.pendingBytes == 0 } })
        try await server.stop()
    }

    @Test func `a peer that takes nothing is ended after the stall timeout`() async throws {
        var limits = ConnectionLimits.server
        limits.stallTimeout = .milliseconds(200)
        let server = try await TestServer.start(limits: limits)
        let slow = try await TestClient.connect(to: server.address)
        #expect(try await eventually { try await server.on { $0.recorders.first?.heard == [.opened] } })
        try await slow.on { connection, _ in connection.pauseReading() }
        let bytes = RawFrame.sample(1, bytes: 1 << 20).wireBytes
        try await server.on { hub in
            let shared = ByteBuffer(bytes: bytes)
            (0..<20).forEach { _ in hub.recorders[0].connection?.write(shared) }
        }
        #expect(try await eventually { try await server.on { $0.recorders[0].closes } == [.stalled] })
        try await server.stop()
    }
}

/// A TCP connection without TLS. It blocks.
final class RawPeer {
    private let descriptor: Int32

    struct Failed: Error {}

    init(_ address: NetworkAddress) throws {
        descriptor = socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
        var limit = timeval(tv_sec: 20, tv_usec: 0)
        setsockopt(descriptor, SOL_SOCKET, SO_RCVTIMEO, &limit, socklen_t(MemoryLayout<timeval>.size))
        let target = try SocketAddress(ipAddress: address.host, port: address.port)
        let result = target.withSockAddr { Glibc.connect(descriptor, $0, socklen_t($1)) }
        guard result == 0 else { throw Failed() }
    }

    deinit { Glibc.close(descriptor) }

    func send(_ bytes: [UInt8]) {
        _ = Glibc.send(descriptor, bytes, bytes.count, Int32(MSG_NOSIGNAL))
    }

    func close() { shutdown(descriptor, Int32(SHUT_RDWR)) }

    /// Reads until the peer closes; false where it does not.
    func readsEnd() -> Bool {
        var buffer = [UInt8](repeating: 0, count: 4096)
        while true {
            let count = read(descriptor, &buffer, buffer.count)
            if count <= 0 { return count == 0 || errno == ECONNRESET }
        }
    }
}
