import NIOCore

/// Joins a `FrameConnection` to its channel. Nothing is decided here.
final class ConnectionHandler: ChannelDuplexHandler {
    typealias InboundIn = ByteBuffer
    typealias OutboundIn = Never
    typealias OutboundOut = ByteBuffer

    let connection: FrameConnection

    init(_ connection: FrameConnection) {
        self.connection = connection
    }

    func handlerAdded(context: ChannelHandlerContext) {
        connection.attach(to: context)
    }

    func handlerRemoved(context: ChannelHandlerContext) {
        connection.finish()
        // The context holds this handler, which holds the connection.
        connection.context = nil
    }

    func channelInactive(context: ChannelHandlerContext) {
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
