import CLISupport
import ChatProtocol
import Foundation
import GroupRules
import RulesSupport
import TestSupport
import Testing

@testable import ChatClient

/// The life of a world: some steps, then all read everything, then it is looked whether all is as it must be, and again.
extension Simulation {
    static let isLoud = ProcessInfo.processInfo.environment["CHAT_SIM_LOUD"] != nil

    func live(rounds: Int, steps: Int) async throws {
        do {
            for name in ["ann", "bob", "cat"] { try await register(name) }
            try await makeRooms()
            for round in 1...rounds {
                tell("-- round \(round)")
                for _ in 0..<steps { try await step() }
                try await settle()
                try await check()
            }
        } catch let problem as Problem { throw fail("\(problem.code): \(problem.text)") }
        await end()
    }

    // MARK: Steps

    private func step() async throws {
        if let backup, steps - backup.steps >= 5, roll(3) == 0 { return try await restore(backup) }
        switch roll(25) {
        case 0..<8: try await act([(try action(), roll(2) == 0)])
        case 8..<14:
            var several: [(Choice, Bool)] = []
            for _ in 0..<(2 + roll(2)) { several.append((try action(), roll(3) == 0)) }
            let meanwhile = roll(6) == 0 ? revocation() : nil
            isAccountDue = meanwhile == nil && backup == nil && roll(6) == 0
            defer { isAccountDue = false }
            try await act(several + (meanwhile.map { [($0, false)] } ?? []))
            if let meanwhile { try await finish(meanwhile) }
        case 14, 15:
            if let name = pick(names), (people[name]?.active.count ?? 0) < 3 { try await addDevice(to: name) }
        case 16: try await revoke()
        case 17:
            tell("the server begins anew")
            await server.stop()
            try await server.startAgain()
        case 18 where roll(3) == 0: if let name = pick(names) { try await reset(name) }
        case 20: try await passes(days: pick([1, 8, 31, 91]) ?? 1)
        case 21 where backup == nil: try await disablesOrEnables()
        case 22 where backup == nil && roll(6) == 0: try await deletes()
        case 19 where backup == nil && !isRestored && roll(2) == 0: try await takeBackup()
        default: try await act([(try action(), true)])
        }
    }

    typealias Choice = (action: Action, device: SimulatedDevice)

    /// - Parameter isTroubled: something befalls it.
    private func act(_ choices: [(choice: Choice, isTroubled: Bool)]) async throws {
        var wanted: [(action: Action, device: SimulatedDevice, fate: Fate)] = []
        for (choice, isTroubled) in choices {
            // Two processes of one profile write its files, which can then be copied at no moment.
            let isShared = choices.count { $0.choice.device === choice.device } > 1
            wanted.append((choice.action, choice.device, isTroubled ? fate(mayKill: !isShared) : .none))
        }
        guard roll(4) == 0, let device = pick(names).flatMap({ people[$0]?.active }).flatMap({ pick($0) })?.place,
            !wanted.contains(where: { $0.device === device })
        else {
            return try await carryOut(wanted)
        }
        try await listening(on: device) { try await carryOut(wanted) }
    }

    private func carryOut(_ wanted: [(action: Action, device: SimulatedDevice, fate: Fate)]) async throws {
        if roll(5) == 0 { try await dooms(at: 1 + roll(roll(2) == 0 ? 30 : 120)) }
        _ = try await run(wanted, isHolding: wanted.count > 1)
        try await sparesServer()
    }

    /// Something happens while a device is connected, and does what is wanted of those that are.
    private func listening(on device: SimulatedDevice, _ body: () async throws -> Void) async throws {
        let wire = ProcessWire(losing: nil, isHolding: false, life: life)
        let client = try device.client { wire.line($0) }
        let listener = try await client.listen(ListenOptions())
        try await listener.untilLive()
        tell("\(device.name) listens")
        try await body()
        await listener.stop()
        await client.settle()
        await client.close()
        tell("\(device.name) listens no more (\(wire.requests) requests)")
    }

    private func fate(mayKill: Bool) -> Fate {
        switch roll(4) {
        case 0: .loses(.request(1 + roll(roll(2) == 0 ? 2 : 8)))
        case 1: .loses(.answer(1 + roll(roll(2) == 0 ? 2 : 8)))
        default: mayKill ? .killed(1 + roll(roll(2) == 0 ? 40 : 120)) : .loses(.answer(1 + roll(2)))
        }
    }

    private func action() throws -> Choice {
        let name = try #require(pick(living))
        let device = try #require(pick(people[name]?.active ?? [])).place
        let other = try #require(pick(names.filter { $0 != name }))
        let kind = roll(20)
        switch kind {
        case 0..<8: return (.write(newMessage(of: name, to: .user(other))), device)
        case 8: return (.sync, device)
        case 18: return (.write(newMessage(of: name, to: .everyone)), device)
        case 9 where rooms.count < 3:
            let room = try #require(RoomName("room\(rooms.count + 1)"))
            return (.create(room, roll(2) == 0 ? .open : .closed), device)
        case 9 where roll(2) == 0: if let room = pick(rooms) { return (.create(room, .open), device) }
        case 17 where isRestored || hasRoomsAnew: if let room = pick(rooms) { return (.forget(room), device) }
        default: break
        }
        guard let room = pick(rooms) else { return (.write(newMessage(of: name, to: .user(other))), device) }
        switch kind {
        case 10, 11: return (.add(other, room), device)
        case 12: return (.remove(other, room), device)
        case 13, 14: return (.join(room), device)
        case 15: return (.leave(room), device)
        case 16 where roll(2) == 0: return (.set(room, roll(2) == 0 ? .open : .closed), device)
        default: return (.write(newMessage(of: name, to: .room(room.spoken))), device)
        }
    }

    private func revoke() async throws {
        if let (action, device) = revocation() { _ = try await run(action, on: device) }
    }

    private func revocation() -> Choice? {
        guard let person = pick(names).flatMap({ people[$0] }), person.active.count > 1,
            let by = pick(person.active), let victim = pick(person.active.filter { $0.id != by.id })
        else { return nil }
        return (.revoke(victim.id, victim.place.name), by.place)
    }

    /// Where the server was killed meanwhile, nobody knows whether it was revoked: it is, again.
    private func finish(_ revocation: Choice) async throws {
        guard case .revoke(let device, _) = revocation.action,
            people[revocation.device.account]?.devices.contains(where: { $0.id == device && !$0.hasEnded }) == true,
            case .failure(let problem) = try await run(revocation.action, on: revocation.device)
        else { return }
        guard problem.code == "no_such_device" else { throw fail("\(revocation.action): \(problem.code)") }
        try await heard(.success("done"), of: revocation.action, on: revocation.device)
    }
}
