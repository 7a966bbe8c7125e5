import ChatProtocol
import NIOCore
import Transport

/// Sends messages over one connection with a fixed number in flight, until they were all answered and every receiver
/// has got them all. Confined to its event loop.
final class FanOut: FrameConnectionDelegate {
    struct Load: Sendable {
        var messages: Int
        var inFlight: Int
        var receivers: Int
        var deliveries: Double { Double(messages * receivers) }
    }

    private let load: Load
    private let makeFrame: (Int) -> RawFrame
    private let promise: EventLoopPromise<Void>
    private var sender: FrameConnection?
    private var sent = 0
    private var answered = 0
    private var received = 0

    init(_ load: Load, on eventLoop: any EventLoop, makeFrame: @escaping (Int) -> RawFrame) {
        self.load = load
        self.makeFrame = makeFrame
        promise = eventLoop.makePromise()
    }

    func run(from sender: FrameConnection) -> EventLoopFuture<Void> {
        self.sender = sender
        sendMore()
        return promise.futureResult
    }

    /// A receiver got so many entries.
    func receivedEntries(_ count: Int) {
        received += count
        finishIfDone()
    }

    /// The sender got an answer.
    func gotAnswer(_ frame: RawFrame) {
        guard frame.frameKind != .failure else {
            return promise.fail(
                ServerProcess.Failed(description: "refused: \(String(describing: try? frame.decode(Failure.self)))"))
        }
        answered += 1
        sendMore()
        finishIfDone()
    }

    private func sendMore() {
        while sent < load.messages && sent - answered < load.inFlight {
            sender?.write(ByteBuffer(bytes: makeFrame(sent).wireBytes))
            sent += 1
        }
    }

    private func finishIfDone() {
        if answered == load.messages && received == load.messages * load.receivers { promise.succeed() }
    }

    // MARK: FrameConnectionDelegate, for servers that just forward

    func connectionDidOpen(_ connection: FrameConnection) {}
    func connection(_ connection: FrameConnection, didReceive frame: RawFrame) {
        if connection === sender { gotAnswer(frame) } else { receivedEntries(1) }
    }
    func connectionReadComplete(_ connection: FrameConnection) {}
    func connectionDidBecomeWritable(_ connection: FrameConnection) {}
    func connectionDidClose(_ connection: FrameConnection, reason: CloseReason) {
        promise.fail(reason)
    }
}

/// What one run took of the server.
struct FanOutResult {
    /// CPU microseconds of the whole server process a delivery.
    var cpuPerDelivery: Double
    /// Deliveries a second of wall time.
    var rate: Double
}

extension FanOut {
    /// Drives a server that only forwards.
    static func measureForwarder(
        _ mode: String, _ load: Load, bodyBytes: Int, on eventLoop: any EventLoop
    ) async throws -> FanOutResult {
        let server = try ServerProcess(
            "/proc/self/exe", [mode, String(load.receivers), String(bodyBytes)])
        defer { server.stop() }
        let (address, pin) = (server.address, server.pin)
        let driver = try await eventLoop.submit {
            NIOLoopBound(
                FanOut(load, on: eventLoop) { Sample.append($0, bodyBytes: bodyBytes).frame(correlation: UInt32($0)) },
                eventLoop: eventLoop)
        }.get()
        let loop = try await eventLoop.submit { NIOLoopBound(TransportLoop(eventLoop), eventLoop: eventLoop) }.get()
        var connections: [OpenedConnection] = []
        for _ in 0...load.receivers {
            let opened = try await eventLoop.flatSubmit {
                Connector.connect(to: address, trust: .pin(pin), timeout: .seconds(20), on: loop.value)
            }.get()
            try await eventLoop.submit { opened.connection.start(delegate: driver.value) }.get()
            connections.append(opened)
        }
        let sender = connections[0]
        let (cpu, start) = (try server.cpuSeconds(), ContinuousClock.now)
        try await eventLoop.flatSubmit { driver.value.run(from: sender.connection) }.get()
        let (used, wall) = (try server.cpuSeconds() - cpu, ContinuousClock.now - start)
        return FanOutResult(cpuPerDelivery: used * 1e6 / load.deliveries, rate: load.deliveries / wall.seconds)
    }
}

extension Duration {
    var seconds: Double { Double(components.seconds) + Double(components.attoseconds) / 1e18 }
}
