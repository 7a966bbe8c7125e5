import NIOCore

/// Talks to a proxy on a fresh connection until it leads to the server, and leaves the channel then.
final class ProxyHandler: ChannelInboundHandler, RemovableChannelHandler {
    typealias InboundIn = ByteBuffer
    typealias OutboundOut = ByteBuffer

    private var negotiation: any ProxyNegotiation
    /// Called once; nil afterwards.
    private var completion: ((Result<Void, ProxyFailure>) -> Void)?

    /// - Parameter completion: called once, on the channel's loop.
    init(_ negotiation: any ProxyNegotiation, completion: @escaping (Result<Void, ProxyFailure>) -> Void) {
        self.negotiation = negotiation
        self.completion = completion
    }

    func handlerAdded(context: ChannelHandlerContext) {
        send(negotiation.begin(), context)
        context.read()
    }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        switch negotiation.receive(Array(unwrapInboundIn(data).readableBytesView)) {
        case .wait: break
        case .send(let bytes): send(bytes, context)
        case .done:
            context.pipeline.syncOperations.removeHandler(self, promise: nil)
            finish(.success(()))
        case .failed(let reason): finish(.failure(ProxyFailure(reason: reason)))
        }
    }

    func channelReadComplete(context: ChannelHandlerContext) {
        if completion != nil { context.read() }
    }

    func channelInactive(context: ChannelHandlerContext) {
        finish(.failure(ProxyFailure(reason: "ended the connection")))
        context.fireChannelInactive()
    }

    func errorCaught(context: ChannelHandlerContext, error: any Error) {
        finish(.failure(ProxyFailure(reason: "failed: \(CloseReason(error))")))
    }

    private func send(_ bytes: [UInt8], _ context: ChannelHandlerContext) {
        context.writeAndFlush(wrapOutboundOut(ByteBuffer(bytes: bytes)), promise: nil)
    }

    private func finish(_ result: Result<Void, ProxyFailure>) {
        let completion = completion
        self.completion = nil
        completion?(result)
    }
}

/// What a proxy said or did instead of connecting.
struct ProxyFailure: Error, Equatable {
    var reason: String
}
