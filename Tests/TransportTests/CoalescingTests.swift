import ChatProtocol
import NIOCore
import NIOEmbedded
import TestSupport
import Testing

@testable import Transport

/// Counts what reaches the socket: writes, flushes, and TLS records in them.
private final class SocketRecorder: ChannelOutboundHandler {
    typealias OutboundIn = ByteBuffer
    var writes: [[UInt8]] = []
    var flushes = 0

    func write(context: ChannelHandlerContext, data: NIOAny, promise: EventLoopPromise<Void>?) {
        let bytes = Array(unwrapOutboundIn(data).readableBytesView)
        if !bytes.isEmpty { writes.append(bytes) }
        context.write(data, promise: promise)
    }
    func flush(context: ChannelHandlerContext) {
        flushes += 1
        context.flush()
    }

    var records: Int {
        var count = 0
        var rest = writes.flatMap { $0 }[...]
        while rest.count >= 5 {
            let start = rest.startIndex
            rest = rest.dropFirst(5 + Int(rest[start + 3]) << 8 + Int(rest[start + 4]))
            count += 1
        }
        #expect(rest.isEmpty)
        return count
    }
}

/// A server's connection on a channel in memory, its handshake done with a client in memory.
private final class EmbeddedServer {
    let channel = EmbeddedChannel()
    let loop: TransportLoop
    let recorder = SocketRecorder()
    let delegate = Recorder()
    let connection: FrameConnection
    let client: TLSEngine

    init(loop: TransportLoop? = nil) throws {
        let loop = loop ?? TransportLoop(channel.eventLoop)
        self.loop = loop
        let context = try TLSContext(serving: .selfSigned())
        let engine = try TLSEngine(context: context, role: .server, scratch: loop.scratch)
        connection = FrameConnection(
            loop: loop, remoteAddress: NetworkAddress(host: "192.0.2.1", port: 1), engine: engine, limits: .server,
            isPaused: false)
        connection.delegate = delegate
        client = try TLSEngine(
            context: TLSContext(clientTrusting: nil), role: .client(name: nil), scratch: TLSScratch())
        try channel.pipeline.syncOperations.addHandlers([recorder, ConnectionHandler(connection)])
        try channel.connect(to: SocketAddress(ipAddress: "192.0.2.1", port: 1)).wait()
        connection.beginHandshake()
        var none = ByteBuffer()
        _ = client.handshake(&none)
        while !connection.isOpen {
            try channel.writeInbound(ByteBuffer(bytes: client.takeOutput()))
            var bytes = ByteBuffer(bytes: received())
            _ = client.handshake(&bytes)
        }
        clear()
    }

    // The channel and its handlers hold each other until it is closed.
    deinit { _ = try? channel.finish(acceptAlreadyClosed: true) }

    /// What the socket was given since asked last.
    func received() -> [UInt8] {
        defer { recorder.writes = [] }
        return recorder.writes.flatMap { $0 }
    }

    func clear() {
        recorder.writes = []
        recorder.flushes = 0
    }
}

@Suite struct CoalescingTests {
    @Test func `all writes of a tick are one record and one write`() throws {
        let server = try EmbeddedServer()
        let frames = (0..<64).map { RawFrame.sample(UInt32($0), bytes: 100) }
        for frame in frames { server.connection.write(ByteBuffer(bytes: frame.wireBytes)) }
        #expect(server.recorder.writes.isEmpty)
        server.channel.embeddedEventLoop.run()
        #expect(server.recorder.writes.count == 1)
        #expect(server.recorder.records == 1)
        #expect(server.client.readAll(server.received()).plaintext == frames.flatMap(\.wireBytes))
    }

    @Test func `a tick with more than a record takes as few records as it fits`() throws {
        let server = try EmbeddedServer()
        let frames = (0..<50).map { RawFrame.sample(UInt32($0), bytes: 1000) }
        let bytes = frames.flatMap(\.wireBytes)
        for frame in frames { server.connection.write(ByteBuffer(bytes: frame.wireBytes)) }
        server.channel.embeddedEventLoop.run()
        #expect(server.recorder.writes.count == 1)
        #expect(server.recorder.records == (bytes.count + TLSScratch.recordBytes - 1) / TLSScratch.recordBytes)
        #expect(server.client.readAll(server.received()).plaintext == bytes)
    }

    @Test func `one buffer may go to many connections`() throws {
        let first = try EmbeddedServer()
        let others = try (0..<9).map { _ in try EmbeddedServer(loop: first.loop) }
        let frame = RawFrame.sample(7, bytes: 500)
        let buffer = ByteBuffer(bytes: frame.wireBytes)
        for server in [first] + others {
            server.connection.write(buffer)
            server.connection.write(buffer)
        }
        first.channel.embeddedEventLoop.run()
        for server in [first] + others {
            #expect(server.recorder.writes.count == 1)
            #expect(server.client.readAll(server.received()).plaintext == frame.wireBytes + frame.wireBytes)
        }
    }

    @Test func `an explicit flush does not wait for the tick`() throws {
        let server = try EmbeddedServer()
        server.connection.write(ByteBuffer(bytes: RawFrame.sample(1, bytes: 1).wireBytes))
        server.connection.flush()
        #expect(server.recorder.writes.count == 1)
        server.clear()
        server.channel.embeddedEventLoop.run()
        #expect(server.recorder.writes.isEmpty)
    }

    @Test func `frames that come a byte at a time are given whole`() throws {
        let server = try EmbeddedServer()
        let frames = [RawFrame.sample(1, bytes: 50), .sample(2, bytes: 0)]
        for frame in frames { #expect(server.client.writeAll(frame.wireBytes) == .done) }
        for byte in server.client.takeOutput() {
            try server.channel.writeInbound(ByteBuffer(bytes: [byte]))
        }
        #expect(server.delegate.frames == frames)
    }

    @Test func `an oversized frame ends the connection before its body comes`() throws {
        let server = try EmbeddedServer()
        var head = RawFrame.sample(1, bytes: Limits.frameBeforeLogin).wireBytes
        head = Array(head.prefix(RawFrame.lengthBytes))
        #expect(server.client.writeAll(RawFrame.sample(0, bytes: 3).wireBytes + head) == .done)
        try server.channel.writeInbound(ByteBuffer(bytes: server.client.takeOutput()))
        server.channel.embeddedEventLoop.run()
        let limit = Limits.frameBeforeLogin
        let reason = CloseReason.frame(.tooLarge(length: limit + RawFrame.headBytes, limit: limit))
        #expect(server.delegate.frames.count == 1)
        #expect(server.delegate.closes == [reason])
        #expect(!server.channel.isActive)
    }

    /// A connection whose handshake has begun, and never goes on by itself.
    private func begun(
        _ context: TLSContext, _ role: TLSEngine.Role, _ limits: ConnectionLimits
    ) throws -> (EmbeddedChannel, Recorder) {
        let channel = EmbeddedChannel()
        let loop = TransportLoop(channel.eventLoop)
        let engine = try TLSEngine(context: context, role: role, scratch: loop.scratch)
        let delegate = Recorder()
        let connection = FrameConnection(
            loop: loop, remoteAddress: NetworkAddress(host: "192.0.2.1", port: 1), engine: engine, limits: limits,
            isPaused: false)
        connection.delegate = delegate
        try channel.pipeline.syncOperations.addHandler(ConnectionHandler(connection))
        connection.beginHandshake()
        return (channel, delegate)
    }

    @Test func `a handshake never finished ends at its deadline and not before`() throws {
        let (channel, delegate) = try begun(TLSContext(serving: .selfSigned()), .server, .server)
        try channel.writeInbound(ByteBuffer(bytes: [22, 3, 1]))
        channel.embeddedEventLoop.advanceTime(by: .seconds(Int64(Limits.handshakeSeconds)) - .nanoseconds(1))
        #expect(delegate.heard.isEmpty)
        channel.embeddedEventLoop.advanceTime(by: .nanoseconds(1))
        #expect(delegate.heard == [.closed(.handshakeTimedOut)])
    }

    @Test func `a client's handshake has the time of its attempt to connect`() throws {
        let (channel, delegate) = try begun(
            TLSContext(clientTrusting: nil), .client(name: "192.0.2.1"), .client)
        channel.embeddedEventLoop.advanceTime(by: .hours(1))
        #expect(delegate.heard.isEmpty)
    }

    @Test func `a frame never finished ends the connection and one that is does not`() throws {
        let server = try EmbeddedServer()
        let timeout = try #require(server.connection.limits.frameTimeout)
        let frame = RawFrame.sample(1, bytes: 100).wireBytes
        func send(_ bytes: some Collection<UInt8>) throws {
            #expect(server.client.writeAll(Array(bytes)) == .done)
            try server.channel.writeInbound(ByteBuffer(bytes: server.client.takeOutput()))
        }
        try send(frame[..<50])
        server.channel.embeddedEventLoop.advanceTime(by: timeout - .seconds(1))
        try send(frame[50...])
        server.channel.embeddedEventLoop.advanceTime(by: timeout * 3)
        #expect(server.connection.isOpen)
        for byte in frame[..<20] {
            guard server.connection.isOpen else { break }
            try send([byte])
            server.channel.embeddedEventLoop.advanceTime(by: .seconds(10))
        }
        #expect(server.delegate.closes == [.frameTimedOut])
    }
}
