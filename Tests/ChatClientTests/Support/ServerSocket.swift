import NIOCore
import NIOPosix
import TestSupport

/// A TCP port that says one thing to whoever connects.
struct ServerSocket: Sendable {
    let port: Int
    private let channel: any Channel

    private final class Greeter: ChannelInboundHandler {
        typealias InboundIn = ByteBuffer
        let words: String
        init(_ words: String) { self.words = words }
        func channelActive(context: ChannelHandlerContext) {
            context.writeAndFlush(NIOAny(ByteBuffer(string: words)), promise: nil)
        }
    }

    static func start(saying words: String) async throws -> ServerSocket {
        let channel = try await ServerBootstrap(group: ScriptedServer.group)
            .childChannelInitializer { channel in
                channel.eventLoop.makeCompletedFuture {
                    try channel.pipeline.syncOperations.addHandler(Greeter(words))
                }
            }
            .bind(host: "127.0.0.1", port: 0).get()
        let socket = ServerSocket(port: channel.localAddress?.port ?? 0, channel: channel)
        Endings.add { await socket.stop() }
        return socket
    }

    func stop() async { try? await channel.close() }
}
