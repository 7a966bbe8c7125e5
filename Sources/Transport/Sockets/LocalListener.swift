import NIOCore
import NIOPosix

/// Where only processes of this machine can connect.
package enum LocalAddress: Equatable, Sendable, CustomStringConvertible {
    case loopback(NetworkAddress)
    /// A Unix-domain socket by its path.
    case socket(String)

    package var description: String {
        switch self {
        case .loopback(let address): address.description
        case .socket(let path): path
        }
    }
}

/// Accepts connections of this machine alone, without TLS, for what is no conversation.
package final class LocalListener: Sendable {
    /// The address with the port that was bound.
    package let address: LocalAddress
    private let channel: any Channel

    private init(address: LocalAddress, channel: any Channel) {
        self.address = address
        self.channel = channel
    }

    /// Listens at `address`: at a port, or at a socket that is open to its owner only (0600). A socket file on which
    /// nobody listens any more is replaced.
    ///
    /// - Parameter accept: puts its handlers into a connection's pipeline, on `eventLoop`; throwing closes it.
    package static func bind(
        _ address: LocalAddress, on eventLoop: any EventLoop,
        accept: @escaping @Sendable (any Channel) throws -> Void
    ) -> EventLoopFuture<LocalListener> {
        let bootstrap = ServerBootstrap(group: eventLoop)
            .serverChannelOption(.backlog, value: 16)
            .childChannelInitializer { channel in channel.eventLoop.makeCompletedFuture { try accept(channel) } }
        switch address {
        case .loopback(let wanted):
            guard wanted.isLoopback else {
                return eventLoop.makeFailedFuture(ListenError(place: "\(wanted)", reason: "it is not loopback"))
            }
            return bootstrap.serverChannelOption(.socketOption(.so_reuseaddr), value: 1)
                .bind(host: wanted.host, port: wanted.port)
                .map { LocalListener(address: .loopback(NetworkAddress($0.localAddress)), channel: $0) }
                .flatMapErrorThrowing { throw ListenError(address: wanted, $0) }
        case .socket(let path):
            return bind(path, bootstrap, on: eventLoop)
        }
    }

    private static func bind(
        _ path: String, _ bootstrap: ServerBootstrap, on eventLoop: any EventLoop
    ) -> EventLoopFuture<LocalListener> {
        let descriptor: Int32
        do throws(UnixSocket.Failure) {
            try UnixSocket.refuseInUse(path)
            descriptor = try UnixSocket.bind(path)
        } catch {
            return eventLoop.makeFailedFuture(ListenError(place: path, reason: error.text))
        }
        return bootstrap.withBoundSocket(descriptor)
            .map { LocalListener(address: .socket(path), channel: $0) }
            .flatMapErrorThrowing { throw ListenError(place: path, reason: CloseReason($0).description) }
    }

    /// Accepts no more, and removes the socket's file; connections that stand are not touched.
    package func close() -> EventLoopFuture<Void> {
        if case .socket(let path) = address { UnixSocket.remove(path) }
        return channel.close()
    }
}
