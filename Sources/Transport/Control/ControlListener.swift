import Glibc
import NIOCore
import NIOPosix
import WireCodec

/// Hears what administrators ask, on the listener's event loop.
package protocol ControlListenerDelegate: AnyObject {
    /// One line came in, without its newline.
    func controlConnection(_ connection: ControlConnection, didReceive line: [UInt8])
    /// The other end is gone, or this one has closed; comes once.
    func controlConnectionDidClose(_ connection: ControlConnection)
}

/// One administrator's command on the control socket. Confined to its event loop.
package final class ControlConnection {
    /// Bytes of a line, in either direction.
    package static let lineLimit = 1 << 20

    /// The user id of the process at the other end, as the kernel knows it.
    package let user: UInt32
    fileprivate var context: ChannelHandlerContext?

    fileprivate init(user: UInt32) {
        self.user = user
    }

    /// Sends a line; a newline is added. Ignored once the other end is gone.
    package func reply(_ line: [UInt8]) {
        guard let context else { return }
        var buffer = context.channel.allocator.buffer(capacity: line.count + 1)
        buffer.writeBytes(line)
        buffer.writeInteger(UInt8(ascii: "\n"))
        context.writeAndFlush(NIOAny(buffer), promise: nil)
    }

    /// Ends the connection after all replies were sent.
    package func close() {
        guard let context else { return }
        // Closing throws away what the kernel has not taken; an empty write tells when it has.
        context.writeAndFlush(NIOAny(ByteBuffer())).assumeIsolated().whenComplete { _ in context.close(promise: nil) }
    }
}

/// A Unix-domain socket on which the server's owner, and root, may give commands, a line each.
package final class ControlListener: Sendable {
    private let channel: any Channel
    private let path: String

    private init(channel: any Channel, path: String) {
        self.channel = channel
        self.path = path
    }

    /// Listens at `path`, open to its owner only (0600). A socket left by a former process is replaced, so the caller
    /// must have made sure that there is no other server.
    ///
    /// Call it on `eventLoop`. The delegate is held until the listener and its connections have closed.
    package static func bind(
        _ path: String, on eventLoop: any EventLoop, delegate: any ControlListenerDelegate
    ) -> EventLoopFuture<ControlListener> {
        let descriptor: Int32
        do {
            descriptor = try UnixSocket.bind(path)
        } catch {
            return eventLoop.makeFailedFuture(ControlError.unavailable(path: path, reason: error.text))
        }
        let delegate = NIOLoopBound(delegate, eventLoop: eventLoop)
        return ServerBootstrap(group: eventLoop)
            .childChannelInitializer { channel in
                credentials(of: channel).flatMapThrowing { credentials in
                    // 0600 keeps others out; this holds where somebody changed it.
                    guard credentials.user == geteuid() || credentials.user == 0 else { throw ControlError.refused }
                    try channel.pipeline.syncOperations.addHandler(
                        ControlHandler(ControlConnection(user: credentials.user), delegate: delegate.value))
                }
            }
            .withBoundSocket(descriptor)
            .map { ControlListener(channel: $0, path: path) }
            .flatMapErrorThrowing { throw ControlError.unavailable(path: path, reason: CloseReason($0).description) }
    }

    /// Accepts no more and removes the socket; connections that stand are not touched.
    package func close() -> EventLoopFuture<Void> {
        unlink(path)
        return channel.close()
    }

    private static func credentials(of channel: any Channel) -> EventLoopFuture<UnixSocket.Credentials> {
        guard let provider = channel as? any SocketOptionProvider else {
            return channel.eventLoop.makeFailedFuture(ControlError.refused)
        }
        return provider.unsafeGetSocketOption(level: .socket, name: .init(rawValue: SO_PEERCRED))
    }
}

/// Why the control socket cannot be used.
package enum ControlError: Error, Equatable, Sendable, CustomStringConvertible {
    /// Nobody listens there: the server does not run.
    case notRunning(path: String)
    case unavailable(path: String, reason: String)
    /// The other end is not who may be there.
    case refused
    case lineTooLong
    case timedOut
    /// The connection broke.
    case failed(String)

    package var description: String {
        switch self {
        case .notRunning(let path): "no server listens at \(path)"
        case .unavailable(let path, let reason): "the control socket \(path) cannot be used: \(reason)"
        case .refused: "the control socket is for its owner and root only"
        case .lineTooLong: "a line on the control socket is longer than \(ControlConnection.lineLimit) bytes"
        case .timedOut: "the server did not answer in time"
        case .failed(let reason): "the connection to the server broke: \(reason)"
        }
    }
}

/// Joins a `ControlConnection` to its channel.
private final class ControlHandler: ChannelInboundHandler {
    typealias InboundIn = ByteBuffer

    private let connection: ControlConnection
    private var delegate: (any ControlListenerDelegate)?
    private var lines = LineSplitter(limit: ControlConnection.lineLimit)

    init(_ connection: ControlConnection, delegate: any ControlListenerDelegate) {
        self.connection = connection
        self.delegate = delegate
    }

    func handlerAdded(context: ChannelHandlerContext) {
        connection.context = context
    }

    func handlerRemoved(context: ChannelHandlerContext) {
        connection.context = nil
        delegate?.controlConnectionDidClose(connection)
        delegate = nil
    }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        for line in lines.take(unwrapInboundIn(data).readableBytesView) {
            guard case .bytes(let bytes) = line else { return context.close(promise: nil) }
            delegate?.controlConnection(connection, didReceive: bytes)
        }
        if lines.isTooLong { context.close(promise: nil) }
    }

    func errorCaught(context: ChannelHandlerContext, error: any Error) {
        context.close(promise: nil)
    }
}
