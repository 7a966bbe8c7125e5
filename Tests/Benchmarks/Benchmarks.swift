@preconcurrency import Foundation

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
        guard arguments.count >= 2 else {
            print("usage: Benchmarks CHAT CHATD [fanout] [roundtrip] [idle] [login] [oneshot]")
            exit(64)
        }
        let sections = arguments.count == 2 ? Driver.sections : Array(arguments.dropFirst(2))
        try await Driver().report(sections, chat: arguments[0], chatd: arguments[1])
    }
}
