import COpenSSL
import NIOCore
import TestSupport
import Testing

@testable import Transport

/// Two ends in memory, without sockets and loops.
private struct Pair {
    let server: TLSEngine
    let client: TLSEngine

    init(clientContext: TLSContext? = nil, name: String? = nil) throws {
        server = try TLSEngine(
            context: TLSContext(serving: .selfSigned()), role: .server, scratch: TLSScratch())
        client = try TLSEngine(
            context: clientContext ?? TLSContext(clientTrusting: nil), role: .client(name: name),
            scratch: TLSScratch())
    }

    /// Carries what one side has to say to the other in pieces until both have nothing to say.
    func shakeHands(piece: Int) -> (server: TLSEngine.Progress, client: TLSEngine.Progress) {
        var none = ByteBuffer()
        var client = client.handshake(&none)
        var server = TLSEngine.Progress.wantsMore
        while true {
            let toServer = self.client.takeOutput()
            if let progress = handshake(self.server, toServer, piece) { server = progress }
            let toClient = self.server.takeOutput()
            if let progress = handshake(self.client, toClient, piece) { client = progress }
            if toServer.isEmpty && toClient.isEmpty { return (server, client) }
        }
    }

    private func handshake(_ engine: TLSEngine, _ bytes: [UInt8], _ piece: Int) -> TLSEngine.Progress? {
        var progress: TLSEngine.Progress?
        for start in stride(from: 0, to: bytes.count, by: piece) {
            var buffer = ByteBuffer(bytes: bytes[start..<min(start + piece, bytes.count)])
            progress = engine.handshake(&buffer)
            if progress == .answered { progress = engine.handshake(&buffer) }
            guard progress == .wantsMore else { return progress }
        }
        return progress
    }
}

extension TLSEngine {
    func takeOutput() -> [UInt8] {
        defer { scratch.discardOutput() }
        return Array(scratch.output)
    }

    /// Decrypts all of `bytes`, given in pieces.
    func readAll(_ bytes: [UInt8], piece: Int = .max) -> (plaintext: [UInt8], last: ReadResult) {
        var plaintext: [UInt8] = []
        var last = ReadResult.wantsMore
        var rest = bytes[...]
        repeat {
            var buffer = ByteBuffer(bytes: rest.prefix(piece))
            rest = rest.dropFirst(piece)
            repeat {
                last = read(&buffer)
                if case .bytes(let count) = last { plaintext += scratch.opened[..<count] }
            } while last.isBytes
        } while !rest.isEmpty && last == .wantsMore
        return (plaintext, last)
    }

    func writeAll(_ bytes: [UInt8]) -> Progress {
        bytes.withUnsafeBytes { write($0) }
    }
}

extension TLSEngine.ReadResult {
    fileprivate var isBytes: Bool { if case .bytes = self { true } else { false } }
}

@Suite struct EngineTests {
    @Test(arguments: [1, 2, 5, 100, Int.max]) func `how the handshake is cut changes nothing`(piece: Int) throws {
        let pair = try Pair(name: "localhost")
        let progress = pair.shakeHands(piece: piece)
        #expect(progress.server == .done)
        #expect(progress.client == .done)
        #expect(pair.server.channelBinding == pair.client.channelBinding)
        #expect(pair.server.channelBinding.count == 32)
        for message in [[1], [UInt8](repeating: 3, count: TLSScratch.recordBytes)] {
            #expect(pair.client.writeAll(message) == .done)
            let read = pair.server.readAll(pair.client.takeOutput(), piece: piece)
            #expect(read == (message, .wantsMore))
        }
    }

    @Test func `a record changed on its way ends the connection`() throws {
        let pair = try Pair()
        _ = pair.shakeHands(piece: .max)
        #expect(pair.client.writeAll(Array("hello".utf8)) == .done)
        var bytes = pair.client.takeOutput()
        bytes[bytes.count - 1] ^= 1
        guard case .failed(.refused) = pair.server.readAll(bytes).last else {
            Issue.record("a changed record was accepted")
            return
        }
        // The alert that says so.
        #expect(!pair.server.takeOutput().isEmpty)
    }

    @Test func `a goodbye is told apart from silence`() throws {
        let pair = try Pair()
        _ = pair.shakeHands(piece: .max)
        #expect(pair.client.writeAll([1, 2]) == .done)
        pair.client.shutdown()
        let read = pair.server.readAll(pair.client.takeOutput())
        #expect(read == ([1, 2], .closed))
    }

    @Test func `key updates are answered and change nothing`() throws {
        let pair = try Pair()
        _ = pair.shakeHands(piece: .max)
        for round in 0..<5 {
            #expect(SSL_key_update(pair.client.ssl, SSL_KEY_UPDATE_REQUESTED) == 1)
            let message = [UInt8](repeating: UInt8(round), count: 100)
            #expect(pair.client.writeAll(message) == .done)
            #expect(pair.server.readAll(pair.client.takeOutput()) == (message, .wantsMore))
            #expect(pair.server.writeAll(message) == .done)
            #expect(pair.client.readAll(pair.server.takeOutput()) == (message, .wantsMore))
        }
    }

    @Test func `a server's greeting comes with its part of the handshake`() throws {
        let pair = try Pair()
        var none = ByteBuffer()
        _ = pair.client.handshake(&none)
        var hello = ByteBuffer(bytes: pair.client.takeOutput())
        #expect(pair.server.handshake(&hello) == .answered)
        #expect(([1, 2, 3] as [UInt8]).withUnsafeBytes { pair.server.greet($0) } == .done)
        #expect(pair.server.handshake(&hello) == .wantsMore)
        var flight = ByteBuffer(bytes: pair.server.takeOutput())
        #expect(pair.client.handshake(&flight) == .done)
        #expect(pair.client.readAll(Array(flight.readableBytesView)).plaintext == [1, 2, 3])
        // Both go on, and know each other.
        var finished = ByteBuffer(bytes: pair.client.takeOutput())
        #expect(pair.server.handshake(&finished) == .done)
        #expect(pair.client.channelBinding == pair.server.channelBinding && pair.server.channelBinding.count == 32)
        #expect(pair.server.writeAll([4]) == .done && pair.client.writeAll([5]) == .done)
        #expect(pair.client.readAll(pair.server.takeOutput()).plaintext == [4])
        #expect(pair.server.readAll(pair.client.takeOutput()).plaintext == [5])
    }

    @Test func `random bytes fail the handshake with an alert or wait for more`() throws {
        var random = SystemRandomNumberGenerator()
        let context = try TLSContext(serving: .selfSigned())
        let scratch = TLSScratch()
        for _ in 0..<500 {
            let engine = try TLSEngine(context: context, role: .server, scratch: scratch)
            var bytes = ByteBuffer(bytes: (0..<200).map { _ in UInt8.random(in: 0...255, using: &random) })
            #expect(engine.handshake(&bytes) != .done)
            _ = engine.takeOutput()
        }
    }

    @Test func `a hello changed in one byte never opens a connection`() throws {
        let context = try TLSContext(serving: .selfSigned())
        let scratch = TLSScratch()
        let client = try TLSEngine(
            context: TLSContext(clientTrusting: nil), role: .client(name: "localhost"), scratch: TLSScratch())
        var none = ByteBuffer()
        _ = client.handshake(&none)
        let hello = client.takeOutput()
        for index in hello.indices {
            var changed = hello
            changed[index] ^= 0x15
            let engine = try TLSEngine(context: context, role: .server, scratch: scratch)
            var bytes = ByteBuffer(bytes: changed)
            #expect(engine.handshake(&bytes) != .done)
            _ = engine.takeOutput()
        }
    }

    @Test func `a connection is only verified by an authority for its name`() throws {
        let identity = try ServerIdentity.selfSigned()
        let directory = try Scratch()
        let file = try directory.write("authority.pem", identity.certificatePEM)
        for (name, verifies) in [("localhost", true), ("127.0.0.1", true), ("::1", true), ("example.org", false)] {
            let server = try TLSEngine(context: TLSContext(serving: identity), role: .server, scratch: TLSScratch())
            let trusting = try TLSContext(clientTrusting: .file(file))
            let client = try TLSEngine(context: trusting, role: .client(name: name), scratch: TLSScratch())
            #expect(Pair(server: server, client: client).shakeHands(piece: .max).client == .done)
            #expect((client.verificationFailure == nil) == verifies, "\(name)")
            #expect(client.peerPin == identity.pin)
        }
        let stranger = try Pair(clientContext: TLSContext(clientTrusting: .file(file)), name: "localhost")
        #expect(stranger.shakeHands(piece: .max).client == .done)
        #expect(stranger.client.verificationFailure != nil)
    }
}

extension Pair {
    fileprivate init(server: TLSEngine, client: TLSEngine) {
        self.server = server
        self.client = client
    }
}
