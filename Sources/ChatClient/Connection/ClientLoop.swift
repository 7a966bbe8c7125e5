import ChatProtocol
import NIOCore
import NIOPosix
import System
import Transport

/// The event loop of the process: the main thread's, where that serves a short command; else one of NIO's, whose thread starts with
/// the first connection.
enum ClientLoop {
    static let eventLoop: any EventLoop = if let loop = MainThread.servingLoop { PollEventLoop(loop) } else { nio }

    private static let nio: any EventLoop = MultiThreadedEventLoopGroup(numberOfThreads: 1).next()
    private static let transport = NIOLoopBoundBox<TransportLoop?>.makeEmptyBox(eventLoop: eventLoop)

    /// Calls `action` when the moment (`Monotonic`) has come.
    static func at(_ moment: Duration, _ action: @escaping @Sendable () -> Void) -> Scheduled<Void> {
        eventLoop.scheduleTask(in: max(.zero, TimeAmount(moment - Monotonic.now))) { action() }
    }

    /// Closes a link for which a command would stay longer than it may.
    static func closesAtEnd(_ link: Link) -> Scheduled<Void> {
        at(Monotonic.now + Attendant.patienceAtEnd) { link.close() }
    }

    static func connect(
        to address: ServerAddress, through proxy: Proxy?, demand: Transport.TrustPolicy, timeout: Duration
    ) async throws -> OpenedConnection {
        let target = NetworkAddress(host: address.host, port: Int(address.port))
        // What talks to proxies are handlers in a channel of NIO's.
        let eventLoop = proxy == nil ? Self.eventLoop : nio
        return try await eventLoop.flatSubmit {
            let isUsual = eventLoop === Self.eventLoop
            let loop = (isUsual ? transport.value : nil) ?? TransportLoop(eventLoop)
            if isUsual { transport.value = loop }
            return Connector.connect(
                to: target, through: proxy, trust: demand, timeout: TimeAmount(timeout), on: loop)
        }.get()
    }
}

/// The time since some moment before the process started; it does not jump.
enum Monotonic {
    static var now: Duration { .nanoseconds(Int64(clamping: NIODeadline.now().uptimeNanoseconds)) }
}
