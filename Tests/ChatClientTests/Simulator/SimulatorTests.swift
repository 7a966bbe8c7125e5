import Foundation
import TestSupport
import Testing

@testable import ChatClient

/// How long a life it is: `CHAT_SIM_SEEDS=first..last`, `CHAT_SIM_ROUNDS`; `CHAT_SIM_MINUTES` takes fresh seeds as long as there is time.
/// `CHAT_SIM_LOUD` tells each step.
private enum Wanted {
    static let environment = ProcessInfo.processInfo.environment
    static let minutes = environment["CHAT_SIM_MINUTES"].flatMap { Int($0) }
    static let rounds = environment["CHAT_SIM_ROUNDS"].flatMap { Int($0) } ?? 3
    static let end = ContinuousClock.now + .seconds(60 * (minutes ?? 0))

    static let seeds: [UInt64] = {
        if let minutes {
            let first = UInt64.random(in: 1_000...1_000_000_000)
            return (0..<UInt64(clamping: minutes * 60)).map { first + $0 }
        }
        let ends = environment["CHAT_SIM_SEEDS"]?.split(separator: ".").compactMap { UInt64($0) } ?? []
        guard let first = ends.first, let last = ends.last, first <= last else { return Array(1...20) }
        return Array(first...last)
    }()
}

@Suite(.endsWhatItStarts) struct SimulatorTests {
    @Test(arguments: Wanted.seeds)
    func `members agree, and who was there reads each message once, whatever is lost or killed`(
        _ seed: UInt64
    ) async throws {
        if Wanted.minutes != nil, ContinuousClock.now > Wanted.end { return }
        try await withServer { server in
            let simulation = Simulation(seed: seed, on: server)
            try await simulation.live(rounds: Wanted.rounds, steps: 8)
            let (steps, kills) = (await simulation.steps, await simulation.kills)
            let serverKills = await simulation.serverKills
            print("simulator: seed \(seed): \(steps) processes, \(kills) killed, the server \(serverKills) times")
        }
    }
}
