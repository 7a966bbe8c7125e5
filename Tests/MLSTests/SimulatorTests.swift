import Foundation
import Testing

@Suite struct SimulatorTests {
    /// `MLS_SEEDS`, `MLS_STEPS` and `MLS_MEMBERS` make it longer.
    private static func option(_ name: String, _ usual: Int) -> Int {
        ProcessInfo.processInfo.environment[name].flatMap { Int($0) } ?? usual
    }

    @Test(arguments: 1...option("MLS_SEEDS", 20))
    func `all members agree after every epoch of a random life`(_ seed: Int) throws {
        var simulator = try Simulator(seed: UInt64(seed), limit: Self.option("MLS_MEMBERS", 12))
        try simulator.run(steps: Self.option("MLS_STEPS", 40))
    }

    @Test(arguments: [(101, 60, 20), (102, 200, 8)])
    func `and of a life in a large group`(_ seed: Int, _ members: Int, _ steps: Int) throws {
        var simulator = try Simulator(seed: UInt64(seed), limit: members, founders: members - 10)
        try simulator.run(steps: steps)
    }
}
