import ChatProtocol
import NIOCore
import NIOPosix
import Transport

/// Plays all clients. It runs on one event loop, so it may hold their connections.
actor Driver {
    let eventLoop: any EventLoop
    let loop: NIOLoopBound<TransportLoop>

    nonisolated var unownedExecutor: UnownedSerialExecutor { eventLoop.executor.asUnownedSerialExecutor() }

    init() async throws {
        let eventLoop = MultiThreadedEventLoopGroup.singleton.next()
        self.eventLoop = eventLoop
        loop = try await eventLoop.submit { NIOLoopBound(TransportLoop(eventLoop), eventLoop: eventLoop) }.get()
    }

    // MARK: Fan-out

    struct FanOutResult {
        /// CPU microseconds of the whole server process a delivery.
        var cpu: Double
        /// Deliveries a second of wall time.
        var rate: Double
    }

    /// Fan-out through a server that only forwards: `mode` is this program's own `floor` or `transport`.
    func fanOut(forwarder mode: String, _ load: FanOut.Load) async throws -> FanOutResult {
        let server = try ServerProcess("/proc/self/exe", [mode, String(load.receivers), String(load.bodyBytes)])
        defer { server.stop() }
        let clients = (0...load.receivers).map { _ in ForwarderClient() }
        for client in clients {
            let opened = try await Connector.connect(
                to: server.address, trust: .pin(server.pin), timeout: .seconds(30), on: loop.value
            ).get()
            client.connection = opened.connection
            opened.connection.start(delegate: client)
        }
        let sender = clients[0]
        let fanOut = FanOut(load, on: eventLoop) { number in
            let frame = Sample.append(number, bodyBytes: load.bodyBytes).frame(correlation: UInt32(number))
            sender.connection?.write(ByteBuffer(bytes: frame.wireBytes))
        }
        sender.onFrame = { fanOut.gotAnswer($0) }
        for client in clients { client.onClose = { fanOut.fail($0) } }
        for client in clients.dropFirst() { client.onFrame = { _ in fanOut.gotEntries(1) } }
        defer { for client in clients { client.connection?.close(flushing: false) } }
        return try await measure(load, server) { fanOut.run() }
    }

    /// Fan-out through `chatd`: everything is stored and synced, and each receiver acknowledges.
    func fanOut(_ house: House, _ load: FanOut.Load) async throws -> FanOutResult {
        let sender = try await logIn(house, account: 0)
        var receivers: [ChatSession] = []
        for number in 1...load.receivers { receivers.append(try await subscribe(house, account: number)) }
        guard let room = house.groups?.room else { throw Child.Failed(description: "no room") }
        let all = receivers + [sender]
        let run = house.nextRun()
        let fanOut = FanOut(load, on: eventLoop) { number in
            sender.send(Sample.append(number, bodyBytes: load.bodyBytes, to: room, run: run))
        }
        sender.onReply = { fanOut.gotAnswer($0) }
        for receiver in receivers { receiver.onEntries = { fanOut.gotEntries($0) } }
        defer { for session in all { session.close() } }
        return try await measure(load, house.server) { fanOut.run() }
    }

    private func measure(
        _ load: FanOut.Load, _ server: ServerProcess, _ run: () -> EventLoopFuture<Void>
    ) async throws -> FanOutResult {
        let (cpu, start) = (try server.cpuSeconds(), ContinuousClock.now)
        try await run().get()
        let (used, wall) = (try server.cpuSeconds() - cpu, (ContinuousClock.now - start).inSeconds)
        return FanOutResult(cpu: used * 1e6 / load.deliveries, rate: load.deliveries / wall)
    }

    /// Seconds that appends of one session take, one after the other.
    func appends(_ house: House, count: Int) async throws -> Double {
        let sender = try await logIn(house, account: 1)
        defer { sender.close() }
        guard let group = house.groups?.direct else { throw Child.Failed(description: "no dm") }
        let run = house.nextRun()
        let start = ContinuousClock.now
        for number in 0..<count {
            _ = try await sender.ask(Sample.append(number, bodyBytes: 64, to: group, run: run)).get()
        }
        return (ContinuousClock.now - start).inSeconds
    }
}
