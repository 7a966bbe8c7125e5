import Foundation

/// Many messages through the programs themselves.
extension Driver {
    private static let lines = 20_000
    private static let body = String(repeating: "m", count: 64)

    func throughputTable(_ programs: Programs) async throws {
        let house = try House(chatd: programs.chatd)
        let peer = try Profile("peer", chat: programs.chat, house: house)
        let profiles = try (0..<10).map { try Profile("bot\($0)", chat: programs.chat, house: house) }
        // The first message is when a conversation is founded.
        for profile in profiles { try profile.command("send", "--to", peer.name, "-m", "hello").run() }
        Table.begin(["throughput, 64 B", "messages/s", "CPU µs a message: chat", "chatd"])
        try throughputRow("`chat send --lines`", house, messages: Self.lines) {
            let lines = repeatElement(Self.body, count: Self.lines)
            return [try profiles[0].command("send", "--lines", "--to", peer.name, lines: lines)]
        }
        for count in [1, 10] {
            try throughputRow("`chat rpc`, \(count) at once", house, messages: Self.lines) {
                let share = Self.lines / count
                return try profiles.prefix(count).map { try $0.command("rpc", lines: Self.requests(share)) }
            }
        }
        try throughputRow("`chat send`, 50 at once, in a loop", house, messages: 200, times: 4) {
            [Command](repeating: profiles[0].command("send", "--to", peer.name, "-m", Self.body), count: 50)
        }
    }

    private static func requests(_ count: Int) -> [String] {
        (0..<count).map {
            #"{"jsonrpc":"2.0","id":\#($0),"method":"send","params":{"to":"peer","body":"\#(body)"}}"#
        }
    }

    /// Runs the commands at once, so many times; each must exit with 0.
    private func throughputRow(
        _ name: String, _ house: House, messages: Int, times: Int = 1, _ make: () throws -> [Command]
    ) throws {
        let commands = try make()
        let (server, start) = (try house.server.cpuSeconds(), ContinuousClock.now)
        var cpu = 0.0
        for _ in 0..<times {
            let running = try commands.map { ($0, try $0.begin()) }
            for (command, child) in running {
                let end = child.end()
                try command.check(end)
                cpu += end.cpu
            }
        }
        let wall = (ContinuousClock.now - start).inSeconds
        let used = [cpu, try house.server.cpuSeconds() - server].map { ($0 * 1e6 / Double(messages)).text(0) }
        Table.row([name, (Double(messages) / wall).rate] + used)
    }
}
