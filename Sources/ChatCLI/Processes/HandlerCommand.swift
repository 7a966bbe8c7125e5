import CLISupport
import ChatClient
import Glibc
import System

/// How often and when a command that failed is run again: plain arithmetic, without a clock.
struct RetrySchedule: Equatable, Sendable {
    /// The first pause; each next one is twice as long, up to the longest.
    static let firstPause = Duration.milliseconds(250)
    static let longestPause = Duration.seconds(30)

    /// Attempts after the first one.
    var retries: Int
    private var attempts = 0

    init(retries: Int) { self.retries = retries }

    /// After a failure: the pause before the next attempt; nil: no more.
    mutating func pauseAfterFailure() -> Duration? {
        guard attempts < retries else { return nil }
        defer { attempts += 1 }
        guard attempts < 16 else { return Self.longestPause }
        return min(Self.firstPause * (1 << attempts), Self.longestPause)
    }
}

/// The COMMAND of `listen` and `reply`: run for each message, with the message on its standard input.
struct HandlerCommand: Sendable {
    var words: [String]
    var timeout: Duration
    var retries: Int
    var json: Bool
    var profile: String
    /// Nil where no configuration file is in use.
    var configuration: String?
    let child = ChildProcess()

    /// The same for another message at the same time.
    var another: HandlerCommand {
        HandlerCommand(
            words: words, timeout: timeout, retries: retries, json: json, profile: profile,
            configuration: configuration)
    }

    /// Runs it, again where it fails. Nil: it has returned 0.
    func handle(_ message: ReceivedMessage) async throws(CancellationError) -> Problem? {
        if case .failure(let problem) = try await run(for: message, outputLimit: nil) { problem } else { nil }
    }

    /// Runs it, again where it fails, and makes messages of what it prints; none where that is nothing. What cannot be
    /// a reply is an error at once: it would be the same again.
    func answer(_ message: ReceivedMessage) async throws(CancellationError) -> Result<[String], Problem> {
        // One final newline does not count.
        let result = try await run(for: message, outputLimit: ReplyText.limit + 1)
        return result.flatMap { output in
            Result { () throws(Problem) in try ReplyText.parts(output) }.mapError { aboutOutput($0, message) }
        }
    }

    private func run(
        for message: ReceivedMessage, outputLimit: Int?
    ) async throws(CancellationError) -> Result<[UInt8], Problem> {
        let input = (json ? JSONLines.message(message).bytes : Array(message.body.utf8)) + [0x0a]
        let environment = Self.environment(
            for: message, profile: profile, configuration: configuration, inherited: ProcessEnvironment.inherited)
        var schedule = RetrySchedule(retries: retries)
        while true {
            let (outcome, output) = await attempt(environment, input, outputLimit)
            guard outcome != .exited(0) else { return .success(output) }
            if Task.isCancelled { throw CancellationError() }
            guard outcome != .printedTooMuch else { return .failure(aboutOutput(ReplyText.tooLong, message)) }
            guard let pause = schedule.pauseAfterFailure() else { return .failure(problem(outcome, message)) }
            do { try await Task.sleep(for: pause) } catch { throw CancellationError() }
        }
    }

    private func attempt(
        _ environment: [[UInt8]], _ input: [UInt8], _ outputLimit: Int?
    ) async -> (ChildProcess.Outcome, [UInt8]) {
        guard let outputLimit else {
            return (await child.run(words, environment: environment, input: input, timeout: timeout), [])
        }
        switch OutputCapture.make(limit: outputLimit) {
        case .failure(let error): return (.notStarted(error.number), [])
        case .success(let output):
            let outcome = await child.run(
                words, environment: environment, input: input, output: output, timeout: timeout)
            return (outcome, output.bytes)
        }
    }

    private func problem(_ outcome: ChildProcess.Outcome, _ message: ReceivedMessage) -> Problem {
        let program = words.first ?? ""
        let what =
            switch outcome {
            case .exited(let status): "ended with status \(status)"
            case .signalled(let number): "was ended by signal \(number)"
            case .timedOut: "took longer than \(DurationText.text(timeout))"
            case .notStarted(let number): "could not be started: \(SystemError.text(number))"
            case .printedTooMuch: "printed too much"
            }
        return Problem(
            .commandFailed, "'\(program)' \(what) for a message of \(message.from)",
            hint: (retries > 0 ? "it was tried \(retries + 1) times; " : "") + "the next message follows",
            id: message.id.uuid, conversation: message.conversation.text)
    }

    private func aboutOutput(_ problem: Problem, _ message: ReceivedMessage) -> Problem {
        var problem = problem
        problem.text = "the output of '\(words.first ?? "")' for a message of \(message.from) \(problem.text)"
        problem.hint = "no reply was sent; the next message follows"
        problem.id = message.id.uuid
        problem.conversation = message.conversation.text
        return problem
    }

    /// What the command finds in its environment: all that we have but `CHAT_*`, and what tells of the message.
    static func environment(
        for message: ReceivedMessage, profile: String, configuration: String?, inherited: [[UInt8]]
    ) -> [[UInt8]] {
        var own = [
            "CHAT_HEAD=\(message.conversation.head)", "CHAT_FROM=\(message.from)",
            "CHAT_CONV=\(message.conversation)", "CHAT_ID=\(message.id.uuid)",
            "CHAT_TIME=\(TimestampText.utc(message.time))", "CHAT_PROFILE=\(profile)",
        ]
        if let configuration { own.append("CHAT_CONFIG=\(configuration)") }
        return inherited.filter { !$0.starts(with: "CHAT_".utf8) } + own.map { Array($0.utf8) }
    }

    /// Looks for the program as it will be looked for, so that a slip of the finger is told at once.
    ///
    /// - Throws: 64.
    func checkProgram(path: String) throws(Problem) {
        guard let program = words.first, !program.isEmpty else { throw Problem(.usage, "the command is empty") }
        guard Spawn.file(of: program, path: path) == nil else { return }
        throw Problem(.usage, "no command '\(program)'", hint: "name a program that can be run, and its arguments")
    }
}
