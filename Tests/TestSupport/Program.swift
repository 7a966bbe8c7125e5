import Foundation

/// What a program left behind.
package struct Outcome: Sendable {
    /// The exit status as a shell sees it: 128 + N for signal N.
    package var status: Int32
    package var output: String
    package var errors: String
}

/// Runs programs with an environment of the test's own, never blocking a thread of the concurrency pool.
package enum Program {
    /// Runs a program to its end, or kills it at the deadline (status 137).
    package static func run(
        _ executable: URL, _ arguments: [String], environment: [String: String] = [:], input: Data? = nil,
        in folder: URL? = nil, deadline: Duration = .seconds(60)
    ) async throws -> Outcome {
        let process = Process()
        process.executableURL = executable
        process.arguments = arguments
        process.environment = ["PATH": "/usr/local/bin:/usr/bin:/bin", "LC_ALL": "C.UTF-8"].merging(environment) { $1 }
        process.currentDirectoryURL = folder
        // Files, not pipes: a grandchild that outlives its parent cannot hold a reader up.
        let scratch = try Scratch()
        let files = ["out", "err", "in"].map { scratch.url.appendingPathComponent($0) }
        for file in files { try Data().write(to: file) }
        if let input { try input.write(to: files[2]) }
        process.standardOutput = try FileHandle(forWritingTo: files[0])
        process.standardError = try FileHandle(forWritingTo: files[1])
        process.standardInput = try FileHandle(forReadingFrom: files[2])

        let (ended, end) = AsyncStream<Void>.makeStream()
        process.terminationHandler = { _ in end.finish() }
        try process.run()
        let identifier = process.processIdentifier
        let killer = Task {
            try await Task.sleep(for: deadline)
            kill(identifier, SIGKILL)
        }
        for await _ in ended {}
        killer.cancel()
        let signalled = process.terminationReason == .uncaughtSignal
        return Outcome(
            status: signalled ? 128 + process.terminationStatus : process.terminationStatus,
            output: String(decoding: try Data(contentsOf: files[0]), as: UTF8.self),
            errors: String(decoding: try Data(contentsOf: files[1]), as: UTF8.self))
    }
}
