import CLISupport
import ChatClient
import ChatProtocol
import Foundation
import TestSupport
import Testing

@testable import ChatCLI

@Suite struct FollowLimitsTests {
    private let begin = ContinuousClock.now

    private func limits(count: Int? = nil, timeout: Duration? = nil, idle: Duration? = nil) -> FollowLimits {
        FollowLimits(count: count, timeout: timeout, idle: idle, begin: begin)
    }

    @Test func `without limits it has no end`() {
        #expect(limits().deadline == nil)
        #expect(!limits().isCountReached)
    }

    @Test func `the time-out counts from the beginning and idle from the last line`() {
        var both = limits(timeout: .seconds(10), idle: .seconds(4))
        #expect(both.deadline == begin + .seconds(4))
        both.printed(isMessage: true, at: begin + .seconds(3))
        #expect(both.deadline == begin + .seconds(7))
        both.printed(isMessage: true, at: begin + .seconds(8))
        #expect(both.deadline == begin + .seconds(10))
    }

    @Test func `time running out is a success only if something came and no count is open`() throws {
        var free = limits(timeout: .seconds(1))
        #expect(throws: Problem.self) { try free.statusAtDeadline() }
        free.printed(isMessage: true, at: begin)
        #expect(try free.statusAtDeadline() == .done)
        var counted = limits(count: 2, timeout: .seconds(1))
        counted.printed(isMessage: true, at: begin)
        #expect(throws: Problem.self) { try counted.statusAtDeadline() }
    }

    @Test func `only messages are counted`() {
        var counted = limits(count: 2)
        counted.printed(isMessage: true, at: begin)
        counted.printed(isMessage: false, at: begin)
        #expect(!counted.isCountReached)
        counted.printed(isMessage: true, at: begin)
        #expect(counted.isCountReached)
    }
}

@Suite struct OutageNoticesTests {
    private let begin = ContinuousClock.now

    @Test func `an outage is told when it begins, once an hour, and when it ends`() {
        var notices = OutageNotices()
        let told = (0..<7200).filter { notices.lost(at: begin + .seconds($0)) }
        #expect(told == [0, 3600])
        let ends = (7300..<7302).map { notices.restored(at: begin + .seconds($0)) }
        #expect(ends == [.seconds(7300), nil])
        let next = notices.lost(at: begin + .seconds(7302))
        #expect(next, "the next one is another")
    }

    @Test func `a first connection that succeeds is not told`() {
        var notices = OutageNotices()
        let end = notices.restored(at: begin)
        #expect(end == nil)
    }
}

@Suite struct RetryScheduleTests {
    @Test func `pauses double up to the longest, and end`() {
        var schedule = RetrySchedule(retries: 9)
        let pauses = (0..<10).map { _ in schedule.pauseAfterFailure() }
        #expect(pauses.prefix(3) == [.milliseconds(250), .milliseconds(500), .seconds(1)])
        #expect(pauses[7] == .seconds(30) && pauses[8] == .seconds(30) && pauses[9] == nil)
        var none = RetrySchedule(retries: 0)
        #expect(none.pauseAfterFailure() == nil)
        var many = RetrySchedule(retries: 1000)
        for _ in 0..<1000 { #expect(many.pauseAfterFailure() != nil) }
        #expect(many.pauseAfterFailure() == nil)
    }
}

@Suite struct HandlerCommandTests {
    private func handler(_ words: [String], retries: Int = 0, json: Bool = false) -> HandlerCommand {
        HandlerCommand(
            words: words, timeout: .patience, retries: retries, json: json, profile: "work",
            configuration: "/etc/chat.toml")
    }

    @Test func `the environment tells of the message and of nothing else that begins with CHAT`() throws {
        let variables = HandlerCommand.environment(
            for: try Samples.message(), profile: "work", configuration: "/etc/chat.toml",
            inherited: ["PATH=/bin", "CHAT_SERVER=evil", "CHAT_ID=old", "CHATTY=1", "HOME=/h"].map { Array($0.utf8) }
                + [[0x58, 0x3d, 0xff]])
        let own = [
            "CHAT_HEAD=dm", "CHAT_FROM=alice", "CHAT_CONV=@alice", "CHAT_ID=00000000-0000-0001-0000-000000000002",
            "CHAT_TIME=2026-11-23T01:29:00.123Z", "CHAT_PROFILE=work", "CHAT_CONFIG=/etc/chat.toml",
        ]
        // What is not UTF-8 is handed on as it is.
        let kept = ["PATH=/bin", "CHATTY=1", "HOME=/h"].map { Array($0.utf8) } + [[0x58, 0x3d, 0xff]]
        #expect(variables == kept + own.map { Array($0.utf8) })
    }

    @Test func `it finds the body and one newline, or the line of JSON`() async throws {
        let scratch = try Scratch()
        let file = scratch.url.appendingPathComponent("seen").path
        let message = try Samples.message(body: "two\nlines\n$(touch /tmp/never) `x`")
        #expect(try await handler(["sh", "-c", "cat >\"$0\"", file]).handle(message) == nil)
        #expect(try String(contentsOfFile: file, encoding: .utf8) == message.body + "\n")
        #expect(try await handler(["sh", "-c", "cat >\"$0\"", file], json: true).handle(message) == nil)
        #expect(try String(contentsOfFile: file, encoding: .utf8) == JSONLines.message(message).text + "\n")
    }

    @Test func `it is run again where it fails, and then told`() async throws {
        let scratch = try Scratch()
        let file = scratch.url.appendingPathComponent("runs").path
        let problem = try await handler(["sh", "-c", "echo x >>\"$0\"; exit 3", file], retries: 2)
            .handle(try Samples.message())
        #expect(problem?.code == "command_failed")
        #expect(problem?.text.contains("ended with status 3") == true)
        #expect(try String(contentsOfFile: file, encoding: .utf8) == "x\nx\nx\n")
    }

    @Test func `a program that is not there is told at once`() throws {
        #expect(throws: Problem.self) { try handler(["no-such-program-here"]).checkProgram(path: "/usr/bin:/bin") }
        #expect(throws: Problem.self) { try handler(["./no/such"]).checkProgram(path: "/usr/bin:/bin") }
        #expect(throws: Problem.self) { try handler([""]).checkProgram(path: "/usr/bin:/bin") }
        #expect(throws: Never.self) { try handler(["sh"]).checkProgram(path: "/usr/bin:/bin") }
        #expect(throws: Never.self) { try handler(["/bin/sh"]).checkProgram(path: "") }
    }
}

@Suite struct ChildProcessTests {
    private let environment = [Array("PATH=/usr/bin:/bin".utf8)]

    private func run(
        _ script: String, input: [UInt8] = [], timeout: Duration? = .patience
    ) async -> ChildProcess.Outcome {
        await ChildProcess().run(["sh", "-c", script], environment: environment, input: input, timeout: timeout)
    }

    @Test func `its status is what it ended with`() async {
        #expect(await run("exit 0") == .exited(0))
        #expect(await run("exit 7") == .exited(7))
        #expect(await run("kill -KILL $$") == .signalled(SIGKILL))
        let missing = await ChildProcess().run(
            ["no-such-program-here"], environment: environment, input: [], timeout: nil)
        #expect(missing == .notStarted(ENOENT))
    }

    @Test func `one that hangs is ended with its children`() async throws {
        let scratch = try Scratch()
        let file = scratch.url.appendingPathComponent("pid").path
        #expect(await timesOut("sleep 1000 & echo $! >'\(file)'; wait", until: file))
        let text = try String(contentsOfFile: file, encoding: .utf8)
        let child = try #require(pid_t(text.split(separator: "\n")[0]))
        #expect(await eventually { kill(child, 0) != 0 })
    }

    @Test func `one that does not listen to TERM is killed`() async throws {
        let scratch = try Scratch()
        let file = scratch.url.appendingPathComponent("deaf").path
        #expect(await timesOut("trap '' TERM; echo >'\(file)'; while :; do sleep 0.1; done", until: file))
    }

    /// Whether it is ended at its time; with more time again where it had too little to write the file.
    private func timesOut(_ script: String, until file: String) async -> Bool {
        await withMoreTime { time in
            guard await run(script, timeout: time) == .timedOut else { return false }
            return FileManager.default.contents(atPath: file)?.isEmpty == false ? true : nil
        } ?? false
    }

    @Test func `one that does not read its input holds nothing up`() async {
        let input = [UInt8](repeating: 0x78, count: 400_000)
        #expect(await run("exec <&-; exit 0", input: input) == .exited(0))
        #expect(await run("[ $(wc -c) -eq 400000 ]", input: input) == .exited(0))
    }

    @Test func `it does not inherit what we ignore`() async {
        // One that no other test of this process cares for.
        signal(SIGUSR2, SIG_IGN)
        #expect(await run("kill -USR2 $$; exit 0") == .signalled(SIGUSR2))
    }

    @Test func `a signal from elsewhere ends what runs`() async {
        let child = ChildProcess()
        async let outcome = child.run(["sleep", "1000"], environment: environment, input: [], timeout: nil)
        let sender = Task {
            while !Task.isCancelled {
                child.send(signal: SIGTERM)
                try? await Task.sleep(for: .milliseconds(20))
            }
        }
        #expect(await outcome == .signalled(SIGTERM))
        sender.cancel()
    }
}

@Suite struct StartOptionsTests {
    @Test func `one start at most, and ages are counted from now`() throws {
        #expect(try StartOptions.parse([]).start(now: 10_000) == nil)
        #expect(try StartOptions.parse(["--new"]).start(now: 10_000) == .new)
        #expect(try StartOptions.parse(["--since=2s"]).start(now: 10_000) == .since(8000))
        #expect(try StartOptions.parse(["--since=1970-01-01T00:00:01Z"]).start(now: 10_000) == .since(1000))
        #expect(
            try StartOptions.parse(["--after-cursor=0123456789abcdef-7"]).start(now: 1)
                == .cursor(Cursor(store: "0123456789abcdef", position: 7)))
        #expect(throws: Problem.self) { try StartOptions.parse(["--new", "--since=2s"]).start(now: 1) }
        #expect(throws: (any Error).self) { try StartOptions.parse(["--since=yesterday"]) }
        #expect(throws: (any Error).self) { try StartOptions.parse(["--after-cursor=7"]) }
    }
}
