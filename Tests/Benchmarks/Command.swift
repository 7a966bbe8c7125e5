import Foundation

/// A program with its arguments, to be run from fork to exit.
struct Command: Sendable {
    var program: String
    var arguments: [String]
    var environment: [String]?
    /// A file that it reads.
    var input = "/dev/null"
    /// The exit statuses that are right.
    var statuses: Set<Int32> = [0]

    struct Run {
        /// Milliseconds.
        var wall: Double
        var cpu: Double
    }

    /// - Throws: where it does not end as it should.
    @discardableResult
    func run() throws -> Run {
        let start = ContinuousClock.now
        let end = try begin().end()
        let wall = (ContinuousClock.now - start).inSeconds * 1e3
        try check(end)
        return Run(wall: wall, cpu: end.cpu * 1e3)
    }

    /// What it prints.
    func output() throws -> String {
        let child = try Child(program, arguments, environment: environment, input: input, log: "/dev/null")
        let text = child.readAll()
        try check(child.end())
        return text
    }

    /// What it says on standard error.
    func complaints() throws -> String {
        let log = FileManager.default.temporaryDirectory.appending(path: UUID().uuidString)
        defer { try? FileManager.default.removeItem(at: log) }
        try check(
            try Child(
                program, arguments, environment: environment, input: input, output: "/dev/null", log: log.path
            ).end())
        return try String(contentsOf: log, encoding: .utf8)
    }

    func begin() throws -> Child {
        try Child(
            program, arguments, environment: environment, input: input, output: "/dev/null", log: "/dev/null")
    }

    func check(_ end: Child.End) throws {
        guard let status = end.status, statuses.contains(status) else {
            throw Child.Failed(description: "\(program) \(arguments): \(end.status.map(String.init) ?? "a signal")")
        }
    }
}

/// Commands in turn, so that each of them has the machine's good and bad moments.
struct Contest {
    private(set) var names: [String] = []
    private var commands: [Command] = []
    private var walls: [[Double]] = []
    private var cpus: [[Double]] = []

    mutating func add(_ name: String, _ command: Command) {
        names.append(name)
        commands.append(command)
        walls.append([])
        cpus.append([])
    }

    /// The first two rounds do not count.
    mutating func run(rounds: Int) throws {
        for round in 0..<rounds + 2 {
            for (index, command) in commands.enumerated() {
                let run = try command.run()
                guard round >= 2 else { continue }
                walls[index].append(run.wall)
                cpus[index].append(run.cpu)
            }
        }
    }

    /// Milliseconds.
    func walls(_ name: String) -> [Double] { names.firstIndex(of: name).map { walls[$0] } ?? [] }
    func cpus(_ name: String) -> [Double] { names.firstIndex(of: name).map { cpus[$0] } ?? [] }

    /// Median, least and CPU.
    func figures(_ name: String) -> [String] {
        let wall = walls(name)
        return ["\(wall.median.text(1)) (\((wall.min() ?? .nan).text(1)))", cpus(name).median.text(1)]
    }

    /// How many times another took, and its CPU.
    func ratio(_ name: String, to other: String) -> String {
        "\(walls(name).ratio(to: walls(other))), CPU \(cpus(name).ratio(to: cpus(other)))"
    }
}
