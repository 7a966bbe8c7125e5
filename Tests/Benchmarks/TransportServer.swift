import ChatProtocol
import Foundation
import NIOCore
import NIOPosix
import Transport

/// `Transport` alone: as the floor, nothing is checked, stored or acknowledged, but with event loop, back-pressure and
/// time-outs. What `chatd` needs beyond it is the price of being a server.
final class TransportServer: ListenerDelegate, FrameConnectionDelegate {
    private let frame: ByteBuffer
    private var connections: [FrameConnection] = []

    init(frame: [UInt8]) {
        self.frame = ByteBuffer(bytes: frame)
    }

    static func run(frame: [UInt8]) throws {
        let eventLoop = MultiThreadedEventLoopGroup.singleton.next()
        let identity = try ServerIdentityBox(.selfSigned())
        let listener = try eventLoop.flatSubmit {
            Listener.bind(
                [NetworkAddress(host: "127.0.0.1", port: 0)], on: TransportLoop(eventLoop), identity: identity,
                delegate: TransportServer(frame: frame))
        }.wait()
        print("listening \(listener.addresses[0]) \(identity.pin)")
        fflush(nil)
        while true { sleep(1000) }
    }

    func listenerDidAccept(_ connection: FrameConnection) -> (any FrameConnectionDelegate)? { self }
    func connectionDidOpen(_ connection: FrameConnection) { connections.append(connection) }

    func connection(_ connection: FrameConnection, didReceive frame: RawFrame) {
        connection.write(ByteBuffer(bytes: RawFrame(kind: 129, correlation: frame.correlation, body: []).wireBytes))
        for receiver in connections.dropFirst() { receiver.write(self.frame) }
    }

    func connectionReadComplete(_ connection: FrameConnection) {}
    func connectionDidBecomeWritable(_ connection: FrameConnection) {}
    func connectionDidClose(_ connection: FrameConnection, reason: CloseReason) {
        connections.removeAll { $0 === connection }
    }
}
