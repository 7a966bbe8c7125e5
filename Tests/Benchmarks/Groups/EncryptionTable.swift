import Foundation

/// What encryption costs who uses the programs: coming into groups, and going on in them.
extension Driver {
    func encryptionTable(_ programs: Programs) async throws {
        let house = try House(chatd: programs.chatd)
        let names = ["ann", "bob", "carol"]
        let people = try names.map { try Profile($0, chat: programs.chat, house: house) }
        Table.begin(["encryption, fork to exit", "median", "CPU", "wanted"])
        try firstMessages(people[0], others: programs, house)
        try people[0].command("room", "create", "town").run()
        try people[0].command("room", "add", "town", "bob", "carol").run()
        for person in people { try person.command("send", "--room", "town", "-m", "hello").run() }
        try rowBehind("100 commits", people, wanted: "< 60 ms") {
            for number in 0..<100 {
                try people[0].command("room", "set", "town", "--add", number % 2 == 0 ? "members" : "admins").run()
            }
        }
        try rowBehind("1,000 messages", people, wanted: "< 150 ms") {
            let lines = (0..<1_000).map { "line \($0)" }
            try people[0].command("send", "--lines", "--room", "town", lines: lines).run()
        }
        try storm(programs, house, devices: 100, wanted: "< 15 s")
    }

    /// To people who have never been written to: each founds a group.
    private func firstMessages(_ writer: Profile, others programs: Programs, _ house: House) throws {
        var first: [Command.Run] = []
        var next: [Command.Run] = []
        for number in 0..<10 {
            let name = "other\(number)"
            _ = try Profile(name, chat: programs.chat, house: house)
            first.append(try writer.command("send", "--to", name, "-m", "hello").run())
            next.append(try writer.command("send", "--to", name, "-m", "hello").run())
        }
        row("`chat send`, the first message to somebody", first, wanted: "")
        row("`chat send`, the next one", next, wanted: "")
    }

    /// A message of somebody who has read nothing of what happened in a room.
    private func rowBehind(
        _ what: String, _ people: [Profile], wanted: String, _ happens: () throws -> Void
    ) throws {
        try happens()
        let runs = try people.dropFirst().map { try $0.command("send", "--room", "town", "-m", "late").run() }
        row("`chat send --room`, behind \(what)", runs, wanted: wanted)
    }

    private func row(_ name: String, _ runs: [Command.Run], wanted: String) {
        Table.row(name, "\(runs.map(\.wall).median.text(1)) ms", "\(runs.map(\.cpu).median.text(1)) ms", wanted)
    }
}
