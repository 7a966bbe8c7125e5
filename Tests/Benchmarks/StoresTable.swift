import Foundation

/// What commands and the server cost when much is stored: it should not grow.
extension Driver {
    /// A server, and a profile on it, with so many entries.
    private struct Stored {
        let size: Int
        let house: House
        let profile: Profile
        let writer: Profile
        var label: String { size == 0 ? "empty" : Double(size).rate }
    }

    func storesTable(_ programs: Programs, sizes: [Int]) async throws {
        Table.begin([
            "filling a store", "`send --lines`/s", "backlog taken in/s", "all unread: `unread --count`", "shown/s",
            "B a message: chatd", "chat",
        ])
        var stores: [Stored] = []
        for size in sizes { stores.append(try await fillStore(programs, size: size)) }
        Table.begin(["entries stored"] + stores.map(\.label) + ["of empty", "wanted"])
        try commandRows(stores)
        try await appendRow(stores)
        try startRow(stores)
    }

    private func fillStore(_ programs: Programs, size: Int) async throws -> Stored {
        let house = try House(chatd: programs.chatd)
        try await fill(house, accounts: 3)
        try await found(house)
        let profile = try Profile("reader", chat: programs.chat, house: house)
        let writer = try Profile("writer", chat: programs.chat, house: house)
        let stored = Stored(size: size, house: house, profile: profile, writer: writer)
        guard size > 0 else { return stored }
        let (server, device) = (house.bytes, profile.bytes)
        let lines = (0..<size).map { "\($0) ".padding(toLength: 64, withPad: "m", startingAt: 0) }
        let poured = try writer.command("send", "--lines", "--to", "reader", lines: lines).run().wall / 1e3
        let taken = try profile.command("history", "--sync", "--limit", "1").run().wall / 1e3
        let unread = try countUnread(stored)
        let shown = try profile.command("listen", "--no-follow", "--mark-read").run().wall / 1e3
        _ = try house.restart()
        let bytes = [house.bytes - server, profile.bytes - device].map { ($0 / Double(size)).text(0) }
        let rates = [poured, taken, shown].map { (Double(size) / $0).rate }
        Table.row([stored.label] + rates[..<2] + ["\(unread.text(1)) ms", rates[2]] + bytes)
        return stored
    }

    /// Milliseconds, while nothing is shown yet.
    private func countUnread(_ stored: Stored) throws -> Double {
        let command = stored.profile.command("unread", "--count")
        let text = try command.output().trimmingCharacters(in: .whitespacesAndNewlines)
        guard text == String(stored.size) else {
            throw Child.Failed(description: "\(text) of \(stored.size) messages are unread")
        }
        return try (0..<10).map { _ in try command.run().wall }.median
    }

    private func commandRows(_ stores: [Stored]) throws {
        let commands: [(String, [String], String)] = [
            ("`chat send`", ["send", "--to", "writer", "-m", "hello"], "≤ 1.2 ×"),
            ("`chat history --limit 1`", ["history", "--limit", "1"], "≤ 1.2 ×"),
            ("`chat unread --count`, all shown", ["unread", "--count"], "≤ 1.2 ×"),
            ("`chat listen --no-follow`", ["listen", "--no-follow"], "≤ 1.2 ×"),
            ("`chat history --search`, a word that is nowhere", ["history", "--search", "nowhere"], "< 60 ms"),
        ]
        var contest = Contest()
        for stored in stores {
            for (name, arguments, _) in commands {
                var command = stored.profile.command()
                command.arguments = arguments
                // Nothing was found.
                if arguments.contains("--search") { command.statuses = [1] }
                // What was sent comes back once: afterwards there is nothing new.
                if arguments[0] == "listen" { contest.add("catching up" + stored.label, command) }
                contest.add(name + stored.label, command)
            }
        }
        try contest.run(rounds: 20)
        for (name, _, wanted) in commands {
            sizesRow(name + ", ms", stores.map { contest.walls(name + $0.label) }, wanted)
        }
    }

    private func appendRow(_ stores: [Stored]) async throws {
        var times = stores.map { _ in [Double]() }
        for _ in 0..<5 {
            for (index, stored) in stores.enumerated() {
                let seconds = try await appends(stored.house, count: 200)
                times[index].append(seconds * 1e3 / 200)
            }
        }
        sizesRow("an append, one in flight, ms", times, "≤ 1.2 ×")
    }

    private func startRow(_ stores: [Stored]) throws {
        var times = stores.map { _ in [Double]() }
        for _ in 0..<5 {
            for (index, stored) in stores.enumerated() { times[index].append(try stored.house.restart()) }
        }
        sizesRow("start of `chatd` until it listens, ms", times, "≤ 1.2 ×")
    }

    private func sizesRow(_ name: String, _ times: [[Double]], _ wanted: String) {
        guard let empty = times.first, let fullest = times.last else { return }
        let figures = times.map { $0.median.text($0.median < 10 ? 2 : 1) }
        Table.row([name] + figures + [fullest.ratio(to: empty), wanted])
    }
}
