import Foundation

/// Commands from fork to exit, beside others that do as much or nothing.
extension Driver {
    func oneShotTable(_ programs: Programs) async throws {
        let house = try House(chatd: programs.chatd)
        let profile = try Profile("oneshot", chat: programs.chat, house: house)
        let peer = try Profile("peer", chat: programs.chat, house: house)
        try await fill(house, accounts: 1)
        let peerInC = house.accounts[0]
        let client = try ClientDevice("inc", to: peerInC, program: programs.client, house: house)
        try client.keep(try await foundDirect(house, client.own, peerInC).position)
        var contest = Contest()
        contest.add("`chat send`", profile.command("send", "--to", peer.name, "-m", "hello"))
        contest.add("a client in C", client.send("hello"))
        contest.add("`chat --version`", profile.command("--version"))
        for (name, program, arguments) in [
            ("`/bin/true`", "/bin/true", []), ("`openssl version`", "/usr/bin/openssl", ["version"]),
            ("`sqlite3 --version`", "/usr/bin/sqlite3", ["--version"]),
        ] where access(program, X_OK) == 0 {
            contest.add(name, Command(program: program, arguments: arguments))
        }
        contest.add("`chat history --limit 1`", profile.command("history", "--limit", "1"))
        contest.add("`chat unread --count`", profile.command("unread", "--count"))
        contest.add("`chat who`", profile.command("who"))
        // What was sent comes back once: afterwards there is nothing new.
        contest.add(Self.catchingUp, profile.command("listen", "--no-follow"))
        contest.add("`chat listen --no-follow`", profile.command("listen", "--no-follow"))
        try contest.run(rounds: 60)
        let sealing = try (0..<40).map { _ in try Self.sealing(profile, to: peer) }.sorted()
        Table.begin(["fork to exit, ms", "median (least)", "CPU", "", "wanted"])
        for name in contest.names where name != Self.catchingUp {
            let (beside, wanted) = Self.oneShotWishes[name] ?? ("", "")
            let ratio = beside.isEmpty ? "" : "\(contest.ratio(name, to: beside)) of \(beside)"
            Table.row([name] + contest.figures(name) + [ratio, wanted])
            guard name == "`chat send`" else { continue }
            let rest = contest.walls(name).map { $0 - sealing.median }
            Table.row([
                "of that, sealing", "\(sealing.median.text(1)) (\((sealing.min() ?? .nan).text(1)))", "",
                "without it \(rest.ratio(to: contest.walls(beside))) of \(beside)", "≤ 1.0 ms; ≤ 1.3 ×",
            ])
        }
        let above = { contest.walls($0).median - contest.walls("`/bin/true`").median }
        print(
            """

            Above `/bin/true`: `chat --version` \(above("`chat --version`").text(1)) ms (wanted: 3), `openssl version` \
            \(above("`openssl version`").text(1)) ms.
            """)
        let missing = ["mosquitto_pub", "ngircd", "nats-server"].filter { name in
            !["/usr/bin/", "/usr/sbin/", "/usr/local/bin/"].contains { access($0 + name, X_OK) == 0 }
        }
        if !missing.isEmpty { print("Not installed, and not beside it: \(missing.joined(separator: ", ")).") }
    }

    private static let catchingUp = "catching up"

    /// Milliseconds that a `chat send` takes to seal its message, by its own word: reading its group, encrypting, and keeping both texts; what
    /// comes before and behind it, the client in C does as well.
    private static func sealing(_ profile: Profile, to peer: Profile) throws -> Double {
        let text = try profile.command("-vv", "send", "--to", peer.name, "-m", "hello").complaints()
        guard let figure = text.firstMatch(of: /sealed messages=1 us=([0-9]+)/), let microseconds = Double(figure.1)
        else { throw Child.Failed(description: "chat send does not say how long sealing took") }
        return microseconds / 1e3
    }

    /// Beside what a command is measured, and what its ratio shall be.
    private static let oneShotWishes = [
        "`chat send`": ("a client in C", ""),
        "`chat history --limit 1`": ("`chat --version`", "≤ 1.3 ×"),
        "`chat unread --count`": ("`chat --version`", "≤ 1.3 ×"),
        "`chat who`": ("`chat send`", ""),
        "`chat listen --no-follow`": ("`chat send`", "≤ 1.15 ×"),
    ]
}
