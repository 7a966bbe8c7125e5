@preconcurrency import Foundation

/// Measures what the README's table shows. `run` beside this file builds what it needs and starts it.
@main enum Benchmarks {
    static func main() async throws {
        setvbuf(stdout, nil, _IOLBF, 0)
        let arguments = Array(CommandLine.arguments.dropFirst())
        // This program is its own floors too, each in a process of its own.
        if arguments == ["handshakes"] { return try FloorServer(receivers: 0, frame: []).greet() }
        if arguments.count == 3, let receivers = Int(arguments[1]), let bytes = Int(arguments[2]) {
            let frame = Sample.entryFrame(bodyBytes: bytes)
            switch arguments[0] {
            case "floor": return try FloorServer(receivers: receivers, frame: frame).run()
            case "transport": return try TransportServer.run(frame: frame)
            default: break
            }
        }
        let words = arguments.dropFirst(3)
        let sections = words.isEmpty ? Section.allCases.filter(\.isUsual) : words.compactMap(Section.init(rawValue:))
        guard arguments.count >= 3, words.isEmpty || sections.count == words.count else {
            let names = Section.allCases.map(\.rawValue).joined(separator: "|")
            print("usage: Benchmarks CHAT CHATD BENCH-CLIENT [\(names)] ...")
            exit(64)
        }
        let programs = Programs(chat: arguments[0], chatd: arguments[1], client: arguments[2])
        do { try await Driver().report(sections, programs) } catch {
            FileHandle.standardError.write(Data("Benchmarks: \(error)\n".utf8))
            exit(1)
        }
    }
}

/// What is measured, and the client in C beside it.
struct Programs: Sendable {
    var chat: String
    var chatd: String
    var client: String
}

/// What can be asked for by name.
enum Section: String, CaseIterable {
    case fanout, roundtrip, idle, login, oneshot, throughput, stores, groups, encryption
    /// The stores with a million entries too: it takes some ten minutes.
    case million
    /// A room of hundreds, and hundreds who log in at once: minutes, and as many processes.
    case crowd
    /// `Transport` beside its floor, without `chatd`: for work on it.
    case transport

    var isUsual: Bool { ![.million, .crowd, .transport].contains(self) }
}
