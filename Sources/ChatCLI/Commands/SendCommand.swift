import ArgumentParser
import CLISupport
import ChatClient
import ChatProtocol

struct SendCommand: ChatCommand {
    static let configuration = CommandConfiguration(
        commandName: "send", abstract: "Send a message.",
        usage: "chat send (--to <user> | --room <room> | --everyone) ... [<option> ...] [-m <text> | <word> ... | -]",
        discussion: """
            Returns when the server has it on disk. The message is the value of -m, or the words joined by a space; \
            with '-', or with neither where standard input is no terminal, all of standard input less one final \
            newline.
            """)
    static let grammar = CommandGrammar(
        values: ["to", "room", "message/m", "id", "reply-to", "wait", "timeout", "expires"],
        flags: ["everyone", "lines", "jsonl", "queue"], takesMessage: true)

    @OptionGroup var targets: TargetOptions
    @OptionGroup var body: MessageOptions
    @Flag(help: "Each line of standard input is a message.") var lines = false
    @Flag(help: "Each line of standard input is a JSON object with target and body.") var jsonl = false
    @Option(
        help: ArgumentHelp("Idempotency key: what is sent again with it is delivered once.", valueName: "key"),
        transform: OptionText.key)
    var id: String?
    @Option(help: ArgumentHelp("The message is a reply to this one.", valueName: "id"), transform: OptionText.message)
    var replyTo: MessageID?
    @Option(
        help: ArgumentHelp("Wait until it is accepted (default), delivered or read.", valueName: "state"),
        transform: OptionText.wait)
    var wait: WaitLevel = .accepted
    @Option(
        help: ArgumentHelp(
            "How long connecting, sending and waiting may take (default: 30s; with --lines for each line, 0: for ever).",
            valueName: "duration"),
        transform: OptionText.duration)
    var timeout: Duration = .seconds(30)
    @Flag(help: "Keep it in the outbox where the server cannot be reached.") var queue = false
    @Option(
        help: ArgumentHelp("Give up a queued message that could not be sent for so long.", valueName: "duration"),
        transform: OptionText.duration)
    var expires: Duration?
    @OptionGroup(visibility: .hidden) var globals: GlobalOptions

    var isBrief: Bool { !lines && !jsonl }

    func run(in invocation: Invocation) async throws(Problem) -> ExitStatus {
        try check()
        let options = SendOptions(
            wait: wait, timeout: timeout == .zero ? nil : timeout, queue: queue, expires: expires)
        if lines || jsonl {
            let source = SendLines(
                targets: jsonl ? nil : targets.conversations, replyTo: replyTo, options: options, invocation: invocation
            )
            return try await source.run()
        }
        let text = try await body.text()
        let messages = targets.conversations.map {
            OutgoingMessage(conversation: $0, body: text, key: id, replyTo: replyTo)
        }
        let client = try invocation.makeClient(within: timeout)
        var tally = SendTally()
        var untold: Problem?
        for acknowledgement in await client.send(messages, options: options) {
            tally.add(acknowledgement)
            do throws(Problem) { try SendReport(invocation: invocation).tell(acknowledgement) } catch {
                // Each is told on stderr; the last by whoever ends us.
                if let untold, !invocation.output.isReaderGone { invocation.diagnostics.report(untold) }
                untold = error
            }
        }
        if let untold { throw untold }
        return tally.exit
    }

    private func check() throws(Problem) {
        if jsonl {
            guard targets.conversations.isEmpty, replyTo == nil else {
                throw Problem(.usage, "with --jsonl each line names its own target")
            }
        } else {
            try targets.check()
        }
        if lines && jsonl { throw Problem(.usage, "--lines and --jsonl cannot be combined") }
        if lines || jsonl {
            guard body.message == nil, body.words.isEmpty else {
                throw Problem(.usage, "with --lines or --jsonl the messages come from standard input")
            }
            guard id == nil else { throw Problem(.usage, "--id is for one message; in --jsonl a line has its own") }
        }
        try body.check()
        guard targets.conversations.allSatisfy(wait.isPossible) else {
            throw Problem(.usage, "--wait \(wait.rawValue) is for --to only")
        }
        if timeout == .zero && !lines && !jsonl {
            throw Problem(.usage, "--timeout 0, which is for ever, is for --lines and --jsonl")
        }
        if expires != nil && !queue { throw Problem(.usage, "--expires is for --queue") }
    }
}

/// How the results of many messages become one exit status.
struct SendTally: Equatable {
    private(set) var succeeded = 0
    private(set) var queued = 0
    private(set) var failures: [ExitStatus] = []
    /// Lines that could not be a message.
    var badLines = 0

    mutating func add(_ acknowledgement: Acknowledgement) {
        guard let problem = acknowledgement.problem else {
            succeeded += 1
            return
        }
        if problem.exit == .queued { queued += 1 } else { failures.append(problem.exit) }
    }

    var exit: ExitStatus {
        if badLines > 0 { return .badData }
        guard let first = failures.first else { return queued > 0 ? .queued : .done }
        return succeeded + queued == 0 ? first : .partial
    }
}

/// Tells what became of a message.
struct SendReport {
    let invocation: Invocation

    /// - Parameters:
    ///   - line: the line of the input that it was.
    ///   - isGivenUp: only because another was. People then hear of what may have gone out; the rest did not.
    func tell(_ acknowledgement: Acknowledgement, line: Int? = nil, isGivenUp: Bool = false) throws(Problem) {
        try printed(acknowledgement)
        guard var problem = acknowledgement.problem else { return }
        if isGivenUp, problem.sent == .no, !invocation.json { return }
        if let line {
            problem = problem.ofLine()
            problem.text = "line \(line): \(problem.text)"
        }
        invocation.diagnostics.report(problem)
    }

    /// The line for programs.
    ///
    /// - Throws: 74 with the message's id: the message is sent all the same.
    func printed(_ acknowledgement: Acknowledgement) throws(Problem) {
        guard invocation.json else { return }
        do throws(Problem) { try invocation.output.write(JSONLines.acknowledgement(acknowledgement)) } catch {
            throw acknowledgement.untold(error)
        }
    }
}

extension Acknowledgement {
    /// Why nobody learns it, with what must be known before the message is sent again.
    fileprivate func untold(_ failure: Problem) -> Problem {
        var failure = failure
        failure.text += "; the message was \(status.rawValue)"
        failure.id = id?.uuid
        failure.conversation = conversation.text
        failure.sent = problem?.sent
        failure.advice = status == .failed ? problem?.advice : nil
        failure.hint = status == .failed ? problem?.hint : "do not send it again, or only with this --id"
        return failure
    }
}

extension Problem {
    /// Of one of many lines, which share no `--id`.
    func ofLine() -> Problem {
        guard sent == .unknown else { return self }
        var problem = self
        problem.hint = "it may have been sent; send that line by itself, with this --id, and it is delivered once"
        return problem
    }
}
