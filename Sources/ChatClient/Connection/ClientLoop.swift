import ChatProtocol
import NIOCore
import NIOPosix
import Transport

/// The one event loop of the process. Its thread starts with the first connection.
enum ClientLoop {
    static let eventLoop: any EventLoop = MultiThreadedEventLoopGroup(numberOfThreads: 1).next()

    private static let transport = NIOLoopBoundBox<TransportLoop?>.makeEmptyBox(eventLoop: eventLoop)

    /// Starts the loop's thread and OpenSSL while something else is done here: both take a millisecond.
    static func warmUp() {
        eventLoop.execute { _ = SHA256.hash(SecureRandom.bytes(1)) }
    }

    /// Calls `action` when the moment (`Monotonic`) has come.
    static func at(_ moment: Duration, _ action: @escaping @Sendable () -> Void) -> Scheduled<Void> {
        eventLoop.scheduleTask(in: max(.zero, TimeAmount(moment - Monotonic.now))) { action() }
    }

    static func connect(
        to address: ServerAddress, through proxy: Proxy?, demand: Transport.TrustPolicy, timeout: Duration
    ) async throws -> OpenedConnection {
        let target = NetworkAddress(host: address.host, port: Int(address.port))
        return try await eventLoop.flatSubmit {
            let loop = transport.value ?? TransportLoop(eventLoop)
            transport.value = loop
            return Connector.connect(
                to: target, through: proxy, trust: demand, timeout: TimeAmount(timeout), on: loop)
        }.get()
    }
}

/// The time since some moment before the process started; it does not jump.
enum Monotonic {
    static var now: Duration { .nanoseconds(Int64(clamping: NIODeadline.now().uptimeNanoseconds)) }
}
