import ChatProtocol
import Glibc
import NIOCore
import NIOPosix
import TestSupport
import Testing

@testable import Transport

@Suite struct ConnectorTests {
    @Test(arguments: Carrier.allCases) func `the right pin connects and any other is refused with nothing sent`(
        _ carrier: Carrier
    ) async throws {
        let server = try await TestServer.start()
        let pin = server.identity.pin
        let client = try await TestClient.connect(to: server.address, trust: .pin(pin), by: carrier)
        #expect(client.peer == PeerIdentity(pin: pin, verification: .notAsked))
        let other = try #require(PublicKeyPin(digest: SHA256.hash("another".utf8)))
        let untrusted = ConnectError.untrusted(PeerIdentity(pin: pin, verification: .notAsked))
        await #expect(throws: untrusted) {
            try await TestClient.connect(to: server.address, trust: .pin(other), by: carrier)
        }
        #expect(try await eventually { try await server.on { $0.recorders.last?.closes == [.closedByPeer] } })
        #expect(try await server.on { $0.recorders.allSatisfy { $0.frames.isEmpty } })
        try await server.stop()
    }

    @Test(arguments: Carrier.allCases) func `an authority decides by the name asked for`(_ carrier: Carrier)
        async throws
    {
        let identity = try ServerIdentity.selfSigned()
        let directory = try Scratch()
        let authority = TrustedAuthorities.file(try directory.write("authority.pem", identity.certificatePEM))
        let server = try await TestServer.start(identity: identity)
        let client = try await TestClient.connect(
            to: server.address, trust: .certificateAuthority(name: "localhost"), authorities: authority, by: carrier)
        #expect(client.peer.verification == .verified)
        for (name, authority) in [("example.org", authority), ("localhost", .system)] {
            do {
                _ = try await TestClient.connect(
                    to: server.address, trust: .certificateAuthority(name: name), authorities: authority, by: carrier)
                Issue.record("\(name) was trusted")
            } catch ConnectError.untrusted(let peer) {
                #expect(peer.pin == identity.pin)
                #expect(peer.verification != .verified && peer.verification != .notAsked)
            }
        }
        let inspected = try await TestClient.connect(
            to: server.address, trust: .inspect(name: "localhost"), authorities: authority, by: carrier)
        #expect(inspected.peer == PeerIdentity(pin: identity.pin, verification: .verified))
        try await server.stop()
    }

    /// What of OpenSSL a client leaves out is nothing that a server may need.
    @Test(arguments: [
        ["ec", "-pkeyopt", "ec_paramgen_curve:P-256"], ["ed25519"], ["rsa:2048"],
        ["rsa-pss", "-pkeyopt", "rsa_keygen_bits:2048"],
    ])
    func `a server is known by its key, whatever kind of key it is`(_ kind: [String]) async throws {
        #expect(OpenSSLLibrary.algorithms != nil)
        let directory = try Scratch()
        let files = (directory.path + "/certificate", directory.path + "/key")
        let said = try await OpenSSL.run(
            ["req", "-x509", "-nodes", "-subj", "/CN=localhost", "-keyout", files.1, "-out", files.0, "-newkey"] + kind)
        let identity = try ServerIdentity(certificateFile: files.0, keyFile: files.1)
        let server = try await TestServer.start(identity: identity)
        let client = try await TestClient.connect(to: server.address, trust: .pin(identity.pin))
        #expect(client.peer.pin == identity.pin, "\(said)")
        try await server.stop()
    }

    @Test(arguments: Carrier.allCases) func `a name is looked up and all its addresses are tried`(_ carrier: Carrier)
        async throws
    {
        let server = try await TestServer.start()
        let named = NetworkAddress(host: "localhost", port: server.address.port)
        let client = try await TestClient.connect(to: named, by: carrier)
        #expect(client.peer.pin == server.identity.pin)
        try await server.stop()
    }

    @Test(arguments: Carrier.allCases) func `frames that came before the start are given after it`(_ carrier: Carrier)
        async throws
    {
        let server = try await TestServer.start()
        try await server.on { $0.greeting = RawFrame.sample(9, bytes: 5).wireBytes }
        let client = try await TestClient.connect(to: server.address, by: carrier)
        #expect(try await eventually { try await client.on { $1.frames.map(\.correlation) } == [9] })
        try await server.stop()
    }

    @Test(arguments: Carrier.allCases) func `nobody there is unreachable in the kernels words`(_ carrier: Carrier)
        async throws
    {
        let server = try await TestServer.start()
        try await server.stop()
        await #expect(throws: ConnectError.unreachable("Connection refused")) {
            try await TestClient.connect(to: server.address, by: carrier)
        }
        let named = NetworkAddress(host: "localhost", port: server.address.port)
        await #expect(throws: ConnectError.unreachable("Connection refused")) {
            try await TestClient.connect(to: named, by: carrier)
        }
    }

    @Test(arguments: Carrier.allCases) func `a name that does not exist is said to be unknown`(_ carrier: Carrier)
        async throws
    {
        // RFC 6761: names under `invalid` never exist.
        let address = NetworkAddress(host: "nowhere.invalid", port: 1)
        await #expect(throws: ConnectError.unreachable("no address is known for nowhere.invalid")) {
            try await TestClient.connect(to: address, by: carrier)
        }
    }

    @Test(arguments: Carrier.allCases) func `a peer that never answers times out`(_ carrier: Carrier) async throws {
        // The kernel accepts on behalf of a listener that never does.
        let descriptor = socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
        defer { close(descriptor) }
        let port = try bindAnyPort(descriptor)
        await #expect(throws: ConnectError.timedOut) {
            try await TestClient.connect(
                to: NetworkAddress(host: "127.0.0.1", port: port), timeout: .milliseconds(100), by: carrier)
        }
    }

    @Test(arguments: Carrier.allCases) func `a peer that hangs up or speaks another protocol is named`(
        _ carrier: Carrier
    ) async throws {
        let other = try await OtherServer.start(answer: Array("HTTP/1.1 400 Bad Request\r\n\r\n".utf8))
        do {
            _ = try await TestClient.connect(to: other.address, by: carrier)
            Issue.record("an HTTP server was accepted")
        } catch ConnectError.tls(.plainText(let line)) {
            #expect(line == "HTTP/1.1 400 Bad Request")
        }
        let mute = try await OtherServer.start(answer: [])
        do {
            _ = try await TestClient.connect(to: mute.address, by: carrier)
            Issue.record("a server that hangs up was accepted")
        } catch ConnectError.closed {
        }
        try await other.stop()
        try await mute.stop()
    }

    @Test func `an identity that was replaced is shown to new connections`() async throws {
        let server = try await TestServer.start()
        let before = server.identity.pin
        let standing = try await TestClient.connect(to: server.address)
        try server.identity.replace(with: .selfSigned())
        #expect(server.identity.pin != before)
        let client = try await TestClient.connect(to: server.address)
        #expect(client.peer.pin == server.identity.pin)
        try await standing.send([.sample(1, bytes: 1)])
        #expect(try await eventually { try await server.on { $0.recorders[0].frames.count } == 1 })
        try await server.stop()
    }

    @Test func `an address in use is named`() async throws {
        let server = try await TestServer.start()
        let eventLoop = TestServer.group.next()
        let (identity, address) = (server.identity, server.address)
        await #expect(throws: ListenError.self) {
            try await eventLoop.flatSubmit {
                Listener.bind(
                    [NetworkAddress(host: "127.0.0.1", port: 0), address], on: TransportLoop(eventLoop),
                    identity: identity, delegate: Hub())
            }.get()
        }
        try await server.stop()
    }

    @Test(
        arguments: [
            ("127.0.0.1", 1, "127.0.0.1:1", [127, 0, 0, 1], true),
            ("::1", 2, "[::1]:2", [UInt8](repeating: 0, count: 15) + [1], true),
            ("192.0.2.1", 3, "192.0.2.1:3", [192, 0, 2, 1], false),
            ("example.org", 4, "example.org:4", [], false),
        ] as [(String, Int, String, [UInt8], Bool)])
    func `an address knows its text its bytes and whether it is this machine`(
        host: String, port: Int, text: String, bytes: [UInt8], isLoopback: Bool
    ) {
        let address = NetworkAddress(host: host, port: port)
        #expect(address.description == text)
        #expect(address.bytes == bytes)
        #expect(address.isLoopback == isLoopback)
    }

    @Test func `an I pv 4 address that came over I pv 6 is written as I pv 4`() throws {
        let mapped = try SocketAddress(ipAddress: "::ffff:192.0.2.7", port: 5)
        #expect(NetworkAddress(mapped) == NetworkAddress(host: "192.0.2.7", port: 5))
    }

    private func bindAnyPort(_ descriptor: Int32) throws -> Int {
        let target = try SocketAddress(ipAddress: "127.0.0.1", port: 0)
        try #require(target.withSockAddr { bind(descriptor, $0, socklen_t($1)) } == 0)
        try #require(listen(descriptor, 1) == 0)
        var address = sockaddr_in()
        var length = socklen_t(MemoryLayout<sockaddr_in>.size)
        let result = withUnsafeMutablePointer(to: &address) {
            $0.withMemoryRebound(to: sockaddr.self, capacity: 1) { getsockname(descriptor, $0, &length) }
        }
        try #require(result == 0)
        return Int(UInt16(bigEndian: address.sin_port))
    }
}

/// A server that answers the first bytes with others and hangs up.
private struct OtherServer {
    let address: NetworkAddress
    private let channel: any Channel

    static func start(answer: [UInt8]) async throws -> OtherServer {
        let channel = try await ServerBootstrap(group: TestServer.group)
            .childChannelInitializer { channel in
                channel.eventLoop.makeCompletedFuture {
                    try channel.pipeline.syncOperations.addHandler(Answer(answer))
                }
            }
            .bind(host: "127.0.0.1", port: 0).get()
        return OtherServer(address: NetworkAddress(channel.localAddress), channel: channel)
    }

    func stop() async throws { try await channel.close().get() }

    private final class Answer: ChannelInboundHandler {
        typealias InboundIn = ByteBuffer
        let bytes: [UInt8]
        init(_ bytes: [UInt8]) { self.bytes = bytes }
        func channelRead(context: ChannelHandlerContext, data: NIOAny) {
            context.writeAndFlush(NIOAny(ByteBuffer(bytes: bytes)), promise: nil)
            context.close(promise: nil)
        }
    }
}
