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
        let (everyone, all) = (house.everyone, receivers + [sender])
        let run = house.nextRun()
        let fanOut = FanOut(load, on: eventLoop) { number in
            sender.send(Sample.append(number, bodyBytes: load.bodyBytes, to: everyone, run: run))
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

    /// Fills the conversation of an account with a user: seconds it took.
    func pour(_ house: House, account: Int, to user: String, count: Int, inFlight: Int) async throws -> Double {
        let sender = try await logIn(house, account: account)
        defer { sender.close() }
        guard let name = UserName(user) else { throw Child.Failed(description: "no name") }
        let opened: Conversations = try await sender.ask(OpenConversation(with: name)).get().decode()
        guard let conversation = opened.conversations.first?.id else { throw Child.Failed(description: "no dm") }
        let run = house.nextRun()
        let load = FanOut.Load(bodyBytes: 64, inFlight: inFlight, messages: count, receivers: 0)
        let pouring = FanOut(load, on: eventLoop) { number in
            sender.send(Sample.append(number, bodyBytes: 64, to: conversation, run: run))
        }
        sender.onReply = { pouring.gotAnswer($0) }
        let start = ContinuousClock.now
        try await pouring.run().get()
        return (ContinuousClock.now - start).inSeconds
    }
}
