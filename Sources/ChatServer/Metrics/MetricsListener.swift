import Logging
import NIOCore
import NIOHTTP1
import Transport

/// Answers who watches the server: on an address of its own, over HTTP, with a text that is made when it is asked for.
/// Nothing here runs on the loop of the hub but the reading of its counts.
final class MetricsListener: Sendable {
    /// Connections at a time; one more is closed. A watcher needs one.
    static let mostConnections = 8
    /// From accept to the end of the answer.
    static let timeout = TimeAmount.seconds(10)

    typealias Source = @Sendable () async -> String?

    var address: LocalAddress { listener.address }
    private let listener: LocalListener

    private init(_ listener: LocalListener) { self.listener = listener }

    /// Call it on `loop`.
    static func bind(
        _ address: LocalAddress, on loop: any EventLoop, source: @escaping Source
    ) -> EventLoopFuture<MetricsListener> {
        let crowd = NIOLoopBound(Crowd(), eventLoop: loop)
        return LocalListener.bind(address, on: loop) { channel in
            guard crowd.value.count < mostConnections else { throw ChannelError.outputClosed }
            try channel.pipeline.syncOperations.configureHTTPServerPipeline(withPipeliningAssistance: false)
            try channel.pipeline.syncOperations.addHandler(MetricsHandler(source: source, crowd: crowd.value))
        }.map { MetricsListener($0) }
    }

    func close() async { try? await listener.close().get() }
}

/// How many connections there are. Confined to the event loop.
private final class Crowd {
    var count = 0
}

/// Answers the first request of a connection, and closes it.
private final class MetricsHandler: ChannelInboundHandler {
    typealias InboundIn = HTTPServerRequestPart
    typealias OutboundOut = HTTPServerResponsePart

    private let source: MetricsListener.Source
    private let crowd: Crowd
    private var deadline: Scheduled<Void>?
    private var isAnswered = false

    init(source: @escaping MetricsListener.Source, crowd: Crowd) {
        self.source = source
        self.crowd = crowd
    }

    func handlerAdded(context: ChannelHandlerContext) {
        crowd.count += 1
        deadline = context.eventLoop.assumeIsolated().scheduleTask(in: MetricsListener.timeout) {
            context.close(promise: nil)
        }
    }

    func handlerRemoved(context: ChannelHandlerContext) {
        crowd.count -= 1
        deadline?.cancel()
    }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        guard case .head(let head) = unwrapInboundIn(data), !isAnswered else { return }
        isAnswered = true
        let path = head.uri.split(separator: "?", maxSplits: 1, omittingEmptySubsequences: false).first ?? ""
        guard path == "/metrics" else {
            return answer(.notFound, "measurements are at /metrics\n", to: head, context)
        }
        guard head.method == .GET || head.method == .HEAD else {
            return answer(.methodNotAllowed, "GET and HEAD only\n", to: head, context)
        }
        let bound = NIOLoopBound((handler: self, context: context), eventLoop: context.eventLoop)
        Task { [source, loop = context.eventLoop] in
            let text = await source()
            loop.execute {
                let (handler, context) = bound.value
                guard let text else {
                    return handler.answer(.serviceUnavailable, "the server is ending\n", to: head, context)
                }
                handler.answer(.ok, text, to: head, context)
            }
        }
    }

    func errorCaught(context: ChannelHandlerContext, error: any Error) { context.close(promise: nil) }

    private func answer(
        _ status: HTTPResponseStatus, _ text: String, to request: HTTPRequestHead, _ context: ChannelHandlerContext
    ) {
        guard context.channel.isActive else { return }
        var headers = HTTPHeaders([
            ("Content-Type", "text/plain; version=0.0.4; charset=utf-8"),
            ("Content-Length", "\(text.utf8.count)"), ("Cache-Control", "no-store"), ("Connection", "close"),
        ])
        if status == .methodNotAllowed { headers.add(name: "Allow", value: "GET, HEAD") }
        let head = HTTPResponseHead(version: .http1_1, status: status, headers: headers)
        context.write(wrapOutboundOut(.head(head)), promise: nil)
        if request.method != .HEAD {
            context.write(wrapOutboundOut(.body(.byteBuffer(ByteBuffer(string: text)))), promise: nil)
        }
        context.writeAndFlush(wrapOutboundOut(.end(nil))).assumeIsolated().whenComplete { _ in
            context.close(promise: nil)
        }
    }
}
