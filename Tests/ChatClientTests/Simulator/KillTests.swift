import ChatProtocol
import Foundation
import GroupRules
import TestSupport
import Testing

@testable import ChatClient

/// What is being done when somebody is killed.
enum Deed: String, CaseIterable, Sendable {
    /// To somebody for the first time, which founds the group; and to who is there.
    case writesFirst, writes
    /// What is the first of somebody, by a Welcome; and what goes on.
    case readsFirst, reads
    case makesRoom, adds, joins, removes
}

/// Every statement of a store, of the process that does it and of the server, in its turn; `CHAT_SIM_KILLS` takes each, else every fifth.
@Suite(.endsWhatItStarts) struct KillTests {
    @Test(arguments: Deed.allCases, [false, true])
    func `before whatever statement one is killed, nothing is lost, doubled or unreadable`(
        _ deed: Deed, isServer: Bool
    ) async throws {
        let stride = ProcessInfo.processInfo.environment["CHAT_SIM_KILLS"] == nil ? 5 : 1
        try await withServer { server in
            // Who was killed goes on without a connection for as long, and is waited for.
            let simulation = Simulation(seed: 1, on: server, patience: .seconds(60))
            let kills = try await simulation.kills(during: deed, isServer: isServer, stride: stride)
            print("kills: \(deed.rawValue), \(isServer ? "server" : "client"): \(kills)")
            #expect(kills > 0)
        }
    }
}

extension Simulation {
    private static let mostStatements = 400

    /// - Returns: how many were killed.
    func kills(during deed: Deed, isServer: Bool, stride: Int) async throws -> Int {
        for name in ["ann", "bob"] { try await register(name) }
        let (ann, bob) = (try device("ann"), try device("bob"))
        try await does(.write(newMessage(of: ann.account, to: .user(bob.account))), on: ann)
        try await does(.write(newMessage(of: bob.account, to: .user(ann.account))), on: bob)
        try await does(.sync, on: ann)
        var (kills, survivals, statement) = (0, 0, 1)
        while survivals < 2, statement < Self.mostStatements {
            let (action, device) = try await prepares(deed, number: statement)
            if isServer { try await dooms(at: statement) }
            let before = serverKills
            let end = try await run(action, on: device, isServer ? .none : .killed(statement))
            try await sparesServer()
            let isKilled = end == nil || serverKills > before
            (kills, survivals) = isKilled ? (kills + 1, 0) : (kills, survivals + 1)
            try await finishes(deed, action, on: device, number: statement)
            statement += stride
        }
        for _ in 0..<2 {
            for device in people.values.flatMap(\.devices) { try await does(.sync, on: device.place) }
        }
        try await check()
        await self.end()
        return kills
    }

    private func device(_ name: String) throws -> SimulatedDevice {
        try #require(UserName(name).flatMap { people[$0]?.devices.first?.place })
    }

    private func room(_ number: Int) throws -> RoomName { try #require(RoomName("room\(number)")) }

    /// What must succeed.
    private func does(_ action: Action, on device: SimulatedDevice) async throws {
        guard case .success = try await run(action, on: device) else { throw fail("\(device.name) cannot: \(action)") }
    }

    private func prepares(_ deed: Deed, number: Int) async throws -> (Action, SimulatedDevice) {
        let (ann, bob) = (try device("ann"), try device("bob"))
        switch deed {
        case .writes: return (.write(newMessage(of: ann.account, to: .user(bob.account))), ann)
        case .reads:
            try await does(.write(newMessage(of: ann.account, to: .user(bob.account))), on: ann)
            return (.sync, bob)
        case .writesFirst:
            try await register("user\(number)")
            return (.write(newMessage(of: ann.account, to: .user(try device("user\(number)").account))), ann)
        case .readsFirst:
            try await register("user\(number)")
            let other = try device("user\(number)")
            try await does(.write(newMessage(of: other.account, to: .user(bob.account))), on: other)
            return (.sync, bob)
        case .makesRoom: return (.create(try room(number), .closed), ann)
        case .adds:
            try await does(.create(try room(number), .closed), on: ann)
            return (.add(bob.account, try room(number)), ann)
        case .joins:
            try await does(.create(try room(number), .open), on: ann)
            return (.join(try room(number)), bob)
        case .removes:
            try await does(.create(try room(number), .closed), on: ann)
            try await does(.add(bob.account, try room(number)), on: ann)
            return (.remove(bob.account, try room(number)), ann)
        }
    }

    /// Whoever was killed does it again.
    private func finishes(_ deed: Deed, _ action: Action, on device: SimulatedDevice, number: Int) async throws {
        switch deed {
        case .writes, .writesFirst, .reads, .readsFirst: try await does(action, on: device)
        case .makesRoom, .removes: _ = try await run(action, on: device)
        case .adds, .joins: try await does(action, on: device)
        }
        guard [.makesRoom, .adds, .joins, .removes].contains(deed) else { return }
        try await does(.write(newMessage(of: device.account, to: .room(try room(number).spoken))), on: device)
    }
}
