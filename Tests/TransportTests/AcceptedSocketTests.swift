import Glibc
import TestSupport
import Testing

@testable import Transport

/// What an accepted socket has from its listener.
@Suite struct AcceptedSocketTests {
    @Test func `an accepted connection holds no small write back`() async throws {
        let server = try await TestServer.start()
        let client = try await TestClient.connect(to: server.address)
        let port = try #require(try await server.on { $0.recorders.first?.connection?.remoteAddress.port })
        let ports = (own: server.address.port, peer: port)
        let accepted = try #require((0..<4096).first { Self.ports(of: $0).map { $0 == ports } ?? false })
        #expect(Self.holdsNothingBack(accepted))
        try await client.on { connection, _ in connection.close(flushing: false) }
        try await server.stop()
    }

    private static func holdsNothingBack(_ descriptor: Int32) -> Bool {
        var value: Int32 = 0
        var length = socklen_t(MemoryLayout<Int32>.size)
        return getsockopt(descriptor, Int32(IPPROTO_TCP), TCP_NODELAY, &value, &length) == 0 && value != 0
    }

    /// Nil where this is no connected socket of IPv4.
    private static func ports(of descriptor: Int32) -> (own: Int, peer: Int)? {
        func port(_ ask: (Int32, UnsafeMutablePointer<sockaddr>, UnsafeMutablePointer<socklen_t>) -> Int32) -> Int? {
            var address = sockaddr_in()
            var length = socklen_t(MemoryLayout<sockaddr_in>.size)
            let answer = withUnsafeMutablePointer(to: &address) {
                $0.withMemoryRebound(to: sockaddr.self, capacity: 1) { ask(descriptor, $0, &length) }
            }
            guard answer == 0, address.sin_family == sa_family_t(AF_INET) else { return nil }
            return Int(UInt16(bigEndian: address.sin_port))
        }
        return port { getsockname($0, $1, $2) }.flatMap { own in
            port { getpeername($0, $1, $2) }.map { (own, $0) }
        }
    }
}
