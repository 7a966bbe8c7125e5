import CLISupport
import ChatProtocol
import GroupRules
import TestSupport
import Testing

@testable import ChatClient

/// A backup of the server, and what becomes of the world when it is put back.
extension Simulation {
    /// What the world was when it was taken.
    struct Backup {
        var steps: Int
        var rooms: [RoomName]
        /// Whether they had ended.
        var devices: [DeviceID: Bool]
    }

    func takeBackup() async throws {
        tell("a backup is taken")
        await server.stop()
        try server.copyStore()
        try await server.startAgain()
        let devices = people.values.flatMap(\.devices).map { ($0.id, $0.hasEnded) }
        backup = Backup(steps: steps, rooms: rooms, devices: Dictionary(devices) { one, _ in one })
    }

    /// What was said to be taken since then is gone from the server, and stays with those who have read it.
    func restore(_ backup: Backup) async throws {
        tell("the server is restored")
        let former = try await logs().courses
        await server.stop()
        try server.restoreStore(StoreGeneration(high: seed, low: UInt64(steps)))
        try await server.startAgain()
        for index in messages.indices where messages[index].state == .accepted {
            if let step = messages[index].acceptedAt, step >= backup.steps { messages[index].state = .lost }
        }
        rooms = backup.rooms
        self.backup = nil
        isRestored = true
        let courses = try await logs().courses
        restoredHeads = courses.mapValues(\.head)
        for (conversation, course) in courses {
            let kept = Set((former[conversation]?.messages ?? []).map(\.seq))
            expired[conversation] = Set(course.messages.map(\.seq)).subtracting(kept)
        }
        noteLost(since: backup)
        if roll(2) == 0 { try await setDevicesRight() }
    }

    /// S4: to whoever holds a group that the server has lost, another one that a device founded which knows nothing of it is a fork, until
    /// they go on in spite of it.
    func mayBeOvertaken(_ problem: Problem) -> Bool {
        problem.code == "history_forked" && isRestored && Self.isOvertaking(problem.text)
    }

    private static func isOvertaking(_ text: String) -> Bool {
        // From an epoch: a device that came in later than where the server is now was in none from which others go on. Another history: the
        // epoch that was held is lost, and the next incarnation goes on from another one of its number (I2). The last: S4 goes back to no
        // other policy than was held last, where a change of it is lost.
        [
            "no epoch leads to", "it goes on from incarnation", "it goes on from epoch",
            "another history leads to epoch",
            "than there was",
        ].contains { text.contains($0) }
    }

    /// Whoever was overtaken goes on.
    func goOn(on device: SimulatedDevice) async throws {
        let forks = try await device.client().withStore { try $0.historyEvidence() }
        for fork in forks {
            guard case .group(let detail) = fork.kind, let conversation = fork.conversation else { continue }
            guard isRestored, Self.isOvertaking(detail) else {
                throw fail("\(device.name) takes \(conversation) for a fork: \(detail)")
            }
            let heads = try await logs().courses.mapValues(\.head)
            let person = people[device.account]
            guard let index = person?.devices.firstIndex(where: { $0.place === device }) else { continue }
            people[device.account]?.devices[index].overtaken = heads
            _ = try await run(.goOn(conversation), on: device)
            _ = try await run(.write(newMessage(of: device.account, to: conversation)), on: device)
        }
    }
}
