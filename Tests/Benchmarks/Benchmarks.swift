@preconcurrency import Foundation
import NIOCore
import NIOPosix

/// Measures what the README's table shows. `run` beside this file builds what it needs and starts it.
@main enum Benchmarks {
    static func main() async throws {
        setvbuf(stdout, nil, _IOLBF, 0)
        let arguments = Array(CommandLine.arguments.dropFirst())
        // This program is its own forwarding servers too, each in a process of its own.
        if arguments.count == 3, let receivers = Int(arguments[1]), let bytes = Int(arguments[2]) {
            let frame = Sample.entryFrame(bodyBytes: bytes)
            switch arguments[0] {
            case "floor": return try FloorServer(receivers: receivers, frame: frame).run()
            case "transport": return try TransportServer.run(frame: frame)
            default: break
            }
        }
        let eventLoop = MultiThreadedEventLoopGroup.singleton.next()
        for bytes in [64, 1024] {
            for inFlight in [1, 64] {
                for mode in ["floor", "transport"] {
                    let load = FanOut.Load(messages: inFlight == 1 ? 2000 : 12800, inFlight: inFlight, receivers: 100)
                    let result = try await FanOut.measureForwarder(mode, load, bodyBytes: bytes, on: eventLoop)
                    print(mode, bytes, inFlight, result.cpuPerDelivery, result.rate)
                }
            }
        }
    }
}
