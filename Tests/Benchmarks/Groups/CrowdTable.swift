import Foundation

/// What happens to hundreds at once.
extension Driver {
    private static let (accounts, devices) = (300, 700)
    /// An account has at most 32 devices.
    private static let slots = 25

    func crowdTable(_ programs: Programs) async throws {
        Table.begin(["crowds", "", "CPU", "wanted"])
        try await room(programs)
        try storm(programs, House(chatd: programs.chatd), devices: Self.devices, wanted: "< 180 s")
    }

    /// Accounts that nobody has written to, put into a room by one who has never seen them.
    private func room(_ programs: Programs) async throws {
        let house = try House(chatd: programs.chatd)
        let founder = try Profile("ann", chat: programs.chat, house: house)
        house.halt()
        var foundry = try await GroupFoundry(house.store, seed: house.nextRun())
        let people = try await foundry.crowd(Self.accounts - 1, devices: Self.devices - 1, named: "member")
        await foundry.store.close()
        try house.start()
        let server = try house.server.cpuSeconds()
        var add = founder.command("room", "add", "town")
        add.arguments += people.map(\.text)
        let runs = [try founder.command("room", "create", "town").run(), try add.run()]
        let used = try house.server.cpuSeconds() - server
        let members = try founder.command("room", "members", "town", "--devices").output().split(separator: "\n")
        guard members.count >= Self.devices else { throw Child.Failed(description: "\(members.count) devices came in") }
        let (wall, cpu) = (runs.reduce(0) { $0 + $1.wall }, runs.reduce(0) { $0 + $1.cpu })
        Table.row(
            "a room of \(Self.accounts) accounts with \(Self.devices) devices is made", "\((wall / 1e3).text(1)) s",
            "\((cpu / 1e3).text(1)) s; server \(used.text(1)) s", "< 10 s")
    }

    /// Devices that log in at once by files, and each come into the conversation of everybody.
    func storm(_ programs: Programs, _ house: House, devices: Int, wanted: String) throws {
        let files = try (0..<(devices + Self.slots - 1) / Self.slots).map { number in
            let owner = try Profile("fleet\(number)", chat: programs.chat, house: house)
            let file = owner.home.appending(path: "identities").path
            try owner.command("device", "add", "--reusable", "--slots", String(Self.slots), "--out", file).run()
            return file
        }
        let homes = try (0..<devices).map { try Profile(home: "storm\($0)", chat: programs.chat, house: house) }
        let (cpu, start) = (try house.server.cpuSeconds(), ContinuousClock.now)
        let running = try homes.enumerated().map { number, home in
            let login = home.command("login", "--identity", files[number % files.count])
            return (login, try login.begin())
        }
        for (login, child) in running { try login.check(child.end()) }
        let wall = (ContinuousClock.now - start).inSeconds
        let used = try house.server.cpuSeconds() - cpu
        Table.row(
            "\(devices) devices log in at once and come to everybody", "\(wall.text(1)) s",
            "server \(used.text(1)) s", wanted)
    }
}
