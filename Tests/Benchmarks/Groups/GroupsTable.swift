import ChatProtocol
import ChatServer
import Foundation
import NIOCore

/// What groups cost the server: commits where the group is in memory and where it is not, and who has nothing to do with it.
extension Driver {
    /// Fewer devices, and less of everything else, are for a look at whether it works.
    private static let devices =
        ProcessInfo.processInfo.environment["GROUP_DEVICES"].flatMap(Int.init).map { max(4, $0) } ?? 1_000

    func groupsTable(_ programs: Programs) async throws {
        let house = try House(chatd: programs.chatd)
        try await fill(house, accounts: 4)
        let (founder, member, bystander) = (house.accounts[0], house.accounts[1], house.accounts[2])
        house.halt()
        let made = try await Self.prepare(house.store, founder, member, bystander)
        try house.start()
        Table.begin(["groups at the server", "", "wanted"])
        memoryRows(made)
        var room = made.room
        let commits = try await commitRows(house, &room)
        try memberRows(room, commits)
        try await bystanderRow(house, made)
    }

    private struct Made: Sendable {
        var room: FoundedGroup
        /// Each of two devices, of which nobody has asked yet.
        var directs: [FoundedGroup]
        var bystanders: FoundedGroup
        var small: (taken: Double, counted: Double)
        var large: (taken: Double, counted: Double)
    }

    private static func prepare(
        _ path: String, _ founder: Credentials, _ member: Credentials, _ bystander: Credentials
    ) async throws -> Made {
        var foundry = try await GroupFoundry(path, seed: 7)
        let (one, other) = (try foundry.account(founder, seed: 1), try foundry.account(member, seed: 2))
        let third = try foundry.account(bystander, seed: 3)
        let people = try await foundry.people(devices - 2, named: "member")
        let room = try await foundry.room("town", of: [one, other] + people)
        var directs: [FoundedGroup] = []
        for person in people { directs.append(try await foundry.direct(one, person)) }
        let bystanders = try await foundry.direct(third, other)
        let small = try await foundry.memory(of: directs[0], copies: 2_000)
        let large = try await foundry.memory(of: room, copies: 20)
        await foundry.store.close()
        return Made(room: room, directs: directs, bystanders: bystanders, small: small, large: large)
    }

    private func memoryRows(_ made: Made) {
        for (name, memory) in [("2 devices", made.small), ("\(Self.devices) devices", made.large)] {
            Table.row(
                "a group of \(name) in memory", "\(memory.taken.text(1)) KiB",
                "≤ the \(memory.counted.text(1)) that it counts")
        }
        let all = (10_000 * made.small.taken + made.large.taken) / 1024
        let bound = Double(FollowerShelf.defaultBytes) / 1024 / 1024
        Table.row(
            "10,000 of two and one of \(Self.devices)", "\(all.text(1)) MiB",
            "≤ \(bound.text(0)), what the server keeps")
    }

    // MARK: Commits

    /// Returns the commits.
    private func commitRows(_ house: House, _ room: inout FoundedGroup) async throws -> [[UInt8]] {
        var (cold, coldTimes, made): ([Double], [Double], [[UInt8]]) = ([], [], [])
        for _ in 0..<5 {
            _ = try house.restart()
            let costs = try await commits(house, &room, count: 1)
            cold.append(costs.cpu)
            coldTimes += costs.times
            made += costs.made
        }
        let bytes = try await stored(house)
        let count = Self.devices
        let warm = try await commits(house, &room, count: count)
        let session = try await logIn(house, account: 1)
        let (cpu, start) = (try house.server.cpuSeconds(), ContinuousClock.now)
        let read = try await readLog(of: room.conversation, session)
        let (used, wall) = (try house.server.cpuSeconds() - cpu, (ContinuousClock.now - start).inSeconds)
        session.close()
        let weight = (try await stored(house) - bytes) / Double(count)
        let name = "a commit to a group of \(Self.devices)"
        Table.row(
            "\(name), which is in memory", "\(warm.cpu.text(2)) ms CPU; p50 \(warm.times.median.text(2)) ms", "≤ 1.5 ms"
        )
        Table.row(
            "\(name), which is not", "\(cold.median.text(1)) ms CPU; p50 \(coldTimes.median.text(1)) ms", "≤ 20 ms")
        Table.row(
            "a log of \(read) commits is read, each",
            "\((used * 1e3 / Double(read)).text(3)) ms CPU; \((wall * 1e3 / Double(read)).text(3)) ms", "< 1 ms")
        Table.row("\(name) in the store", "\(weight.text(0)) B", "")
        return made + warm.made
    }

    private struct Costs {
        /// CPU milliseconds of the server a commit.
        var cpu: Double
        /// Milliseconds, each.
        var times: [Double]
        var made: [[UInt8]]
    }

    /// One after the other, each when the one before was taken.
    private func commits(_ house: House, _ room: inout FoundedGroup, count: Int) async throws -> Costs {
        let session = try await logIn(house, account: 0)
        defer { session.close() }
        var (times, made): ([Double], [[UInt8]]) = ([], [])
        let cpu = try house.server.cpuSeconds()
        for _ in 0..<count {
            let commit = try room.update()
            let start = ContinuousClock.now
            _ = try await session.ask(commit).get()
            times.append((ContinuousClock.now - start).inSeconds * 1e3)
            made.append(commit.handshake)
        }
        return Costs(cpu: (try house.server.cpuSeconds() - cpu) * 1e3 / Double(count), times: times, made: made)
    }

    /// Returns how many entries.
    private func readLog(of conversation: ConversationID, _ session: ChatSession) async throws -> Int {
        var (after, count) = (SequenceNumber.beforeFirst, 0)
        while true {
            let page: LogPage = try await session.ask(ReadLog(conversation: conversation, after: after)).get().decode()
            count += page.entries.count
            guard let last = page.entries.last?.seq, page.through < page.standing.head else { return count }
            after = max(last, page.through)
        }
    }

    /// Bytes that the store takes. The server begins again behind it.
    private func stored(_ house: House) async throws -> Double {
        house.halt()
        let store = try await SQLiteStore.open(SQLiteStore.Settings(path: house.store, fresh: nil))
        let used = try await store.room().used
        await store.close()
        try house.start()
        return Double(used)
    }

    // MARK: Members

    /// What the library and the rules take of a member's processor; its store is not in it.
    private func memberRows(_ room: FoundedGroup, _ commits: [[UInt8]]) throws {
        guard let newcomer = room.newcomer else { throw Child.Failed(description: "nobody was added") }
        let joins = try (0..<5).map { _ in try cpu { _ = try newcomer.join() } }
        var group = try newcomer.join()
        let reading = try cpu { for commit in commits { try newcomer.read(commit, into: &group) } }
        let each = reading / Double(commits.count)
        Table.row(
            "somebody comes into a group of \(Self.devices), all its certificates checked",
            "\((joins.median * 1e3).text(0)) ms CPU", "< 250 ms")
        Table.row(
            "a member reads \(commits.count) commits to it, each", "\((each * 1e3).text(3)) ms CPU", "< 1 ms")
    }

    /// Seconds of this process.
    private func cpu(_ work: () throws -> Void) rethrows -> Double {
        var start = timespec()
        var end = timespec()
        clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &start)
        try work()
        clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &end)
        return Double(end.tv_sec - start.tv_sec) + Double(end.tv_nsec - start.tv_nsec) / 1e9
    }

    // MARK: Bystanders

    /// Appends one after the other, alone, and while somebody commits a hundred times a second to groups that are not in memory.
    private func bystanderRow(_ house: House, _ made: Made) async throws {
        var commits: [ChatProtocol.Commit] = []
        for var direct in made.directs { commits.append(try direct.update()) }
        let count = 5 * Self.devices
        let bytes = try await stored(house)
        _ = try await appends(house, made.bystanders, while: { $0 < count })
        let weight = (try await stored(house) - bytes) / Double(count)
        let alone = try await appends(house, made.bystanders, while: { $0 < count })
        _ = try house.restart()
        let session = try await logIn(house, account: 0)
        defer { session.close() }
        let loads = CommitLoad(commits, session, eventLoop)
        let beside = try await appends(house, made.bystanders, while: { _ in !loads.isDone })
        guard loads.refused == 0 else { throw Child.Failed(description: "\(loads.refused) commits were refused") }
        let (before, during) = (alone.sorted().quantile(0.99), beside.sorted().quantile(0.99))
        Table.row(
            "a message, p99, while 100 groups a second are read and committed to",
            "\(during.text(2)) ms, \(before.text(2)) ms alone: \((during / before).text(2)) ×", "≤ 1.2 ×")
        Table.row("a message of 256 B in the store", "\(weight.text(0)) B", "")
    }

    /// Milliseconds of each.
    private func appends(
        _ house: House, _ group: FoundedGroup, while goesOn: (Int) -> Bool
    ) async throws -> [Double] {
        let session = try await logIn(house, account: 2)
        defer { session.close() }
        let run = house.nextRun()
        var times: [Double] = []
        while goesOn(times.count) {
            let append = Append(
                conversation: group.conversation, id: MessageID(high: run, low: UInt64(times.count)),
                payloadKind: PayloadKind.message.rawValue, precondition: group.position,
                payload: [UInt8](repeating: 7, count: 256))
            let start = ContinuousClock.now
            _ = try await session.ask(append).get()
            times.append((ContinuousClock.now - start).inSeconds * 1e3)
        }
        return times
    }
}

/// Sends commits, a hundred a second, whatever becomes of those before. Confined to its event loop.
private final class CommitLoad {
    private var left: ArraySlice<ChatProtocol.Commit>
    private let session: ChatSession
    private let loop: any EventLoop
    private var answered = 0
    private let count: Int
    private(set) var refused = 0

    init(_ commits: [ChatProtocol.Commit], _ session: ChatSession, _ loop: any EventLoop) {
        left = commits[...]
        count = commits.count
        self.session = session
        self.loop = loop
        session.onReply = { reply in
            self.answered += 1
            if reply.frameKind == .failure { self.refused += 1 }
        }
        send()
    }

    var isDone: Bool { answered == count }

    private func send() {
        guard let commit = left.popFirst() else { return }
        session.send(commit)
        loop.assumeIsolated().scheduleTask(in: .milliseconds(10)) { self.send() }
    }
}
