import NIOCore
import NIOPosix
import System

/// Hears of connections as they are accepted, on the listener's event loop.
package protocol ListenerDelegate: AnyObject {
    /// A connection was accepted; its handshake has not begun. Returns who hears of it, or nil to close it at once.
    ///
    /// From here on `connectionDidClose` comes exactly once, whether the handshake succeeds or not.
    func listenerDidAccept(_ connection: FrameConnection) -> (any FrameConnectionDelegate)?
    /// The kernel gives no connection out, most often for want of descriptors. Those that wait are tried again after a
    /// pause; this may come as often.
    func listenerCannotAccept(_ reason: String)
}

extension ListenerDelegate {
    package func listenerCannotAccept(_ reason: String) {}
}

/// Accepts TLS connections on some addresses, all on one event loop.
package final class Listener: Sendable {
    /// Connections that the kernel holds until they are accepted (the kernel's own limit may be lower).
    package static let acceptQueue: Int32 = 4096

    /// The addresses, in the order asked for, with the ports that were bound.
    package let addresses: [NetworkAddress]
    private let channels: [any Channel]
    private let eventLoop: any EventLoop

    private init(channels: [any Channel], eventLoop: any EventLoop) {
        self.channels = channels
        self.eventLoop = eventLoop
        addresses = channels.map { NetworkAddress($0.localAddress) }
    }

    /// Listens on all of `addresses` (port 0: any free one), or on none where one fails.
    ///
    /// Call it on the event loop of `loop`. The delegate is held until the listener has closed.
    package static func bind(
        _ addresses: [NetworkAddress], on loop: TransportLoop, identity: ServerIdentityBox,
        limits: ConnectionLimits = .server, delegate: any ListenerDelegate
    ) -> EventLoopFuture<Listener> {
        let eventLoop = loop.eventLoop
        let acceptor = NIOLoopBound(
            Acceptor(loop: loop, identity: identity, limits: limits, delegate: delegate), eventLoop: eventLoop)
        let bound = addresses.map { address in
            let bootstrap = bootstrap(of: acceptor, on: eventLoop)
            if leavesIPv4(address, to: addresses) {
                let option = ChannelOptions.Types.SocketOption(level: .ipv6, name: .ipv6_v6only)
                _ = bootstrap.serverChannelOption(option, value: 1)
            }
            return bootstrap.bind(host: address.host, port: address.port).flatMapErrorThrowing { error in
                throw ListenError(address: address, error)
            }
        }
        return EventLoopFuture.whenAllComplete(bound, on: eventLoop).flatMapThrowing { results in
            do {
                return Listener(channels: try results.map { try $0.get() }, eventLoop: eventLoop)
            } catch {
                for case .success(let channel) in results { channel.close(promise: nil) }
                throw error
            }
        }
    }

    private static func bootstrap(
        of acceptor: NIOLoopBound<Acceptor>, on eventLoop: any EventLoop
    ) -> ServerBootstrap {
        ServerBootstrap(group: eventLoop)
            .serverChannelOption(.backlog, value: acceptQueue)
            .serverChannelOption(.socketOption(.so_reuseaddr), value: 1)
            // What is accepted has it from the listener.
            .serverChannelOption(.tcpOption(.tcp_nodelay), value: 1)
            .serverChannelInitializer { channel in
                channel.eventLoop.makeCompletedFuture {
                    try channel.pipeline.syncOperations.addHandler(AcceptFailureHandler(acceptor.value.delegate))
                }
            }
            .childChannelInitializer { channel in
                channel.eventLoop.makeCompletedFuture { try acceptor.value.accept(channel) }
            }
    }

    /// An IPv6 socket takes IPv4 too, unless another one is there for that: both could not listen on one port.
    private static func leavesIPv4(_ address: NetworkAddress, to others: [NetworkAddress]) -> Bool {
        guard address.bytes.count == 16, address.port != 0 else { return false }
        return others.contains { $0.bytes.count == 4 && $0.port == address.port }
    }

    /// Accepts no more; connections that stand are not touched.
    package func close() -> EventLoopFuture<Void> {
        EventLoopFuture.andAllComplete(channels.map { $0.close() }, on: eventLoop)
    }
}

/// Why an address, or a socket's path, cannot be listened on.
package struct ListenError: Error, Equatable, Sendable, CustomStringConvertible {
    package var place: String
    package var reason: String

    init(place: String, reason: String) {
        self.place = place
        self.reason = reason
    }

    init(address: NetworkAddress, _ error: any Error) {
        let reason = (error as? IOError).map { SystemError.text($0.errnoCode) } ?? String(describing: error)
        self.init(place: address.description, reason: reason)
    }

    package var description: String { "cannot listen on \(place): \(reason)" }
}

/// Makes a `FrameConnection` of each accepted socket. Confined to the event loop.
private final class Acceptor {
    let loop: TransportLoop
    let identity: ServerIdentityBox
    let limits: ConnectionLimits
    let delegate: any ListenerDelegate

    init(
        loop: TransportLoop, identity: ServerIdentityBox, limits: ConnectionLimits, delegate: any ListenerDelegate
    ) {
        self.loop = loop
        self.identity = identity
        self.limits = limits
        self.delegate = delegate
    }

    /// Throwing has NIO close the socket.
    func accept(_ channel: any Channel) throws {
        try channel.syncOptions?.setOption(.recvAllocator, value: SocketBuffers.receiving)
        let engine = try TLSEngine(context: identity.context, role: .server, scratch: loop.scratch)
        let connection = FrameConnection(
            loop: loop, remoteAddress: NetworkAddress(channel.remoteAddress), engine: engine, limits: limits,
            isPaused: false)
        guard let delegate = delegate.listenerDidAccept(connection) else { throw Refused() }
        connection.delegate = delegate
        do {
            try channel.pipeline.syncOperations.addHandler(ConnectionHandler(connection))
        } catch {
            connection.end(because: CloseReason(error))
            throw error
        }
        connection.beginHandshake()
    }

    private struct Refused: Error {}
}

/// Pauses a listener to which the kernel gives no connection, and tells the delegate. Without the pause it would try
/// again at once, for as long as somebody waits. (NIO's `AcceptBackoffHandler` holds reads back, and after an error the
/// channel still has the one before.)
private final class AcceptFailureHandler: ChannelInboundHandler {
    typealias InboundIn = any Channel

    private static let pause = TimeAmount.milliseconds(200)

    private let delegate: any ListenerDelegate

    init(_ delegate: any ListenerDelegate) { self.delegate = delegate }

    func errorCaught(context: ChannelHandlerContext, error: any Error) {
        let channel = context.channel
        channel.setOption(.autoRead, value: false).whenSuccess {
            channel.eventLoop.scheduleTask(in: Self.pause) { channel.setOption(.autoRead, value: true) }
        }
        delegate.listenerCannotAccept(CloseReason(error).description)
    }
}

/// How much is read from a socket at once.
enum SocketBuffers {
    /// Starts small, since most sockets are idle most of the time and the buffer is thrown away after each read.
    static let receiving = AdaptiveRecvByteBufferAllocator(minimum: 64, initial: 256, maximum: 64 << 10)
}
