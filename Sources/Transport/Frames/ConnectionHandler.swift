import NIOCore

/// Joins a `FrameConnection` to a channel of NIO's. Nothing is decided here.
final class ConnectionHandler: ChannelDuplexHandler {
    typealias InboundIn = ByteBuffer
    typealias OutboundIn = Never
    typealias OutboundOut = ByteBuffer

    let connection: FrameConnection
    private var context: ChannelHandlerContext?
    /// The channel's socket; nil on a channel without one, and after the end.
    private var socket: DirectSocket?

    init(_ connection: FrameConnection) {
        self.connection = connection
    }

    func handlerAdded(context: ChannelHandlerContext) {
        self.context = context
        socket = DirectSocket(context.channel)
        connection.attach(to: self)
    }

    func handlerRemoved(context: ChannelHandlerContext) {
        socket = nil
        connection.finish()
        // The connection holds this handler, which holds both.
        connection.detach()
        self.context = nil
    }

    func channelInactive(context: ChannelHandlerContext) {
        socket = nil
        connection.finish()
        context.fireChannelInactive()
    }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        connection.receive(unwrapInboundIn(data))
    }

    func channelReadComplete(context: ChannelHandlerContext) {
        connection.readComplete()
        context.fireChannelReadComplete()
    }

    func errorCaught(context: ChannelHandlerContext, error: any Error) {
        connection.end(because: CloseReason(error))
    }

    func read(context: ChannelHandlerContext) {
        if connection.mayRead() { context.read() }
    }
}

/// A write goes to the socket itself while it takes it, and what it does not take through the channel, which knows how to wait.
extension ConnectionHandler: ByteChannel {
    func send(_ bytes: UnsafeRawBufferPointer) -> Int { socket?.send(bytes) ?? 0 }

    func sendLater(_ bytes: UnsafeRawBufferPointer, done: @escaping () -> Void) {
        guard let context else { return done() }
        let promise = context.eventLoop.makePromise(of: Void.self)
        promise.futureResult.assumeIsolated().whenComplete { _ in done() }
        var buffer = context.channel.allocator.buffer(capacity: bytes.count)
        buffer.writeBytes(bytes)
        context.writeAndFlush(NIOAny(buffer), promise: promise)
    }

    func read() { context?.read() }
    func closeOutput() { context?.close(mode: .output, promise: nil) }
    func close() { context?.close(promise: nil) }
}
