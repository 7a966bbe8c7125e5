import ChatProtocol
import Foundation
import NIOCore
import NIOPosix
import System
import TestSupport

@testable import Transport

/// What a delegate heard, in order.
enum Heard: Equatable, Sendable {
    case opened
    case frame(RawFrame)
    case writable
    case closed(CloseReason)
}

/// Writes down what it hears. Confined to its event loop.
final class Recorder: FrameConnectionDelegate {
    var heard: [Heard] = []
    var connection: FrameConnection?
    var greeting: [UInt8] = []
    /// The channel binding at the time of opening.
    var binding: [UInt8] = []
    /// Called with each frame, after it was written down.
    var onFrame: (FrameConnection, RawFrame) -> Void = { _, _ in }

    var frames: [RawFrame] { heard.compactMap { if case .frame(let frame) = $0 { frame } else { nil } } }
    var closes: [CloseReason] { heard.compactMap { if case .closed(let reason) = $0 { reason } else { nil } } }

    func connectionDidOpen(_ connection: FrameConnection) {
        heard.append(.opened)
        binding = connection.channelBinding
        connection.write(ByteBuffer(bytes: greeting))
    }
    func connection(_ connection: FrameConnection, didReceive frame: RawFrame) {
        heard.append(.frame(frame))
        onFrame(connection, frame)
    }
    func connectionReadComplete(_ connection: FrameConnection) {}
    func connectionDidBecomeWritable(_ connection: FrameConnection) { heard.append(.writable) }
    func connectionDidClose(_ connection: FrameConnection, reason: CloseReason) {
        heard.append(.closed(reason))
        self.connection = nil
    }
}

/// Accepts everybody and keeps a recorder for each.
final class Hub: ListenerDelegate {
    var recorders: [Recorder] = []
    var refuses = false
    /// Sent as soon as a handshake is done.
    var greeting: [UInt8] = []
    var onFrame: (FrameConnection, RawFrame) -> Void = { _, _ in }

    func listenerDidAccept(_ connection: FrameConnection) -> (any FrameConnectionDelegate)? {
        guard !refuses else { return nil }
        let recorder = Recorder()
        recorder.connection = connection
        recorder.onFrame = { [unowned self] in onFrame($0, $1) }
        recorder.greeting = greeting
        recorders.append(recorder)
        return recorder
    }
}

/// A listener on 127.0.0.1 and what belongs to it, on an event loop of its own.
final class TestServer: Sendable {
    let eventLoop: any EventLoop
    let identity: ServerIdentityBox
    let listener: Listener
    let hub: NIOLoopBound<Hub>
    let loop: NIOLoopBound<TransportLoop>

    var address: NetworkAddress { listener.addresses[0] }

    /// A loop that lives as long as the tests.
    static let group = MultiThreadedEventLoopGroup(numberOfThreads: 2)

    static func start(
        limits: ConnectionLimits = .server, identity: ServerIdentity? = nil
    ) async throws -> TestServer {
        let eventLoop = group.next()
        let box = try ServerIdentityBox(try identity ?? ServerIdentity.selfSigned())
        let (hub, loop) = try await eventLoop.submit {
            (
                NIOLoopBound(Hub(), eventLoop: eventLoop),
                NIOLoopBound(TransportLoop(eventLoop), eventLoop: eventLoop)
            )
        }.get()
        let listener = try await eventLoop.flatSubmit {
            Listener.bind(
                [NetworkAddress(host: "127.0.0.1", port: 0)], on: loop.value, identity: box, limits: limits,
                delegate: hub.value)
        }.get()
        return TestServer(eventLoop: eventLoop, identity: box, listener: listener, hub: hub, loop: loop)
    }

    private init(
        eventLoop: any EventLoop, identity: ServerIdentityBox, listener: Listener, hub: NIOLoopBound<Hub>,
        loop: NIOLoopBound<TransportLoop>
    ) {
        self.eventLoop = eventLoop
        self.identity = identity
        self.listener = listener
        self.hub = hub
        self.loop = loop
    }

    /// Runs `body` with the hub on its loop.
    func on<Result: Sendable>(_ body: @escaping @Sendable (Hub) throws -> Result) async throws -> Result {
        let hub = hub
        return try await eventLoop.submit { try body(hub.value) }.get()
    }

    func stop() async throws {
        try await listener.close().get()
        try await on { hub in
            for recorder in hub.recorders { recorder.connection?.close(flushing: false) }
        }
    }
}

/// What carries a client's connection.
enum Carrier: CaseIterable, Sendable {
    /// A channel of NIO's.
    case channel
    /// A socket in a loop that does nothing else.
    case plainSocket

    var eventLoop: any EventLoop { self == .channel ? TestServer.group.next() : Self.plain }

    private static let plain: PollEventLoop = {
        let loop = PollLoop()
        Thread.detachNewThread { loop.run() }
        return PollEventLoop(loop)
    }()
}

/// A client connection with its recorder.
struct TestClient: Sendable {
    let peer: PeerIdentity
    let eventLoop: any EventLoop
    let recorder: NIOLoopBound<Recorder>
    let connection: NIOLoopBound<FrameConnection>

    static func connect(
        to address: NetworkAddress, trust: TrustPolicy = .inspect(name: nil),
        timeout: TimeAmount = TimeAmount(.patience),
        authorities: TrustedAuthorities = .system, by carrier: Carrier = .channel
    ) async throws -> TestClient {
        let eventLoop = carrier.eventLoop
        return try await eventLoop.flatSubmit {
            Connector.connect(
                to: address, trust: trust, timeout: timeout, on: TransportLoop(eventLoop), authorities: authorities
            ).map { opened in
                let recorder = Recorder()
                opened.connection.start(delegate: recorder)
                return TestClient(
                    peer: opened.peer, eventLoop: eventLoop,
                    recorder: NIOLoopBound(recorder, eventLoop: eventLoop),
                    connection: NIOLoopBound(opened.connection, eventLoop: eventLoop))
            }
        }.get()
    }

    /// Runs `body` with the connection on its loop.
    func on<Result: Sendable>(
        _ body: @escaping @Sendable (FrameConnection, Recorder) throws -> Result
    ) async throws -> Result {
        let (connection, recorder) = (connection, recorder)
        return try await eventLoop.submit { try body(connection.value, recorder.value) }.get()
    }

    func send(_ frames: [RawFrame]) async throws {
        try await on { connection, _ in
            for frame in frames { connection.write(ByteBuffer(bytes: frame.wireBytes)) }
        }
    }
}

extension RawFrame {
    /// A frame with `count` bytes of which each differs from its neighbour.
    static func sample(_ number: UInt32, bytes count: Int) -> RawFrame {
        RawFrame(kind: 200, correlation: number, body: (0..<count).map { UInt8(truncatingIfNeeded: $0 &* 31) })
    }
}
