import ArgumentParser
import CLISupport
import ChatClient
import ChatProtocol
import Glibc
import System

struct RunCommand: ChatCommand {
    static let configuration = CommandConfiguration(
        commandName: "run", abstract: "Run a command, and report its end.",
        usage: "chat run (--to <user> | --room <room> | --everyone) ... [<option> ...] -- <command> [<argument> ...]",
        discussion: """
            The command has this program's input, output and exit status. When it has ended, a message tells its \
            status, how long it took, and with --tail its last lines.
            """)
    static let grammar = CommandGrammar(
        values: ["to", "room", "tail", "label", "expires", "timeout", "id"],
        flags: ["everyone", "on-failure", "queue"],
        takesCommand: true)

    @OptionGroup var targets: TargetOptions
    @Flag(help: "Report only an end with another status than 0.") var onFailure = false
    @Option(
        help: ArgumentHelp("Report the last lines of its output, so many.", valueName: "n"),
        transform: OptionText.tailLines)
    var tail: Int?
    @Option(
        help: ArgumentHelp("What the report calls it (default: the program's base name).", valueName: "text"),
        transform: OptionText.label)
    var label: String?
    @Flag(help: "Keep the report in the outbox where the server cannot be reached.") var queue = false
    @Option(
        help: ArgumentHelp("Give up a queued report that could not be sent for so long.", valueName: "duration"),
        transform: OptionText.duration)
    var expires: Duration?
    @Option(
        help: ArgumentHelp("How long connecting and sending may take (default: 30s).", valueName: "duration"),
        transform: OptionText.limit)
    var timeout: Duration = .seconds(30)
    @Option(
        help: ArgumentHelp("Idempotency key: what is sent again with it is delivered once.", valueName: "key"),
        transform: OptionText.key)
    var id: String?
    @Argument(help: "The command to run and its arguments, behind '--'.") var command: [String] = []
    @OptionGroup(visibility: .hidden) var globals: GlobalOptions

    func run(in invocation: Invocation) async throws(Problem) -> ExitStatus {
        try check()
        do throws(Problem) { _ = try invocation.settings() } catch {
            if error.exit == .usage { throw error }
        }
        let relay = makeRelay(invocation)
        let runner = CommandRunner(words: command, relay: relay) { Self.leave($0, invocation) }
        let begin = ContinuousClock.now
        let end = await runner.run()
        let duration = ContinuousClock.now - begin
        if case .notStarted(let number) = end { invocation.diagnostics.report(notStarted(number)) }
        let lines = await relay?.finish() ?? []
        if !end.isSuccess || !onFailure {
            let label = label ?? RunReport.label(of: command.first ?? "")
            await send(RunReport(label: label, end: end, duration: duration, tail: lines), invocation)
        }
        // What ends first counts: the status is the command's, whatever became of the report.
        invocation.endings.end(end.ending)
        return .done
    }

    /// A signal has come after the command's end.
    private static func leave(_ end: CommandEnd, _ invocation: Invocation) {
        // What takes nothing (Ctrl-S, a viewer that hangs) must not keep us.
        var ready = pollfd(fd: STDERR_FILENO, events: Int16(POLLOUT), revents: 0)
        if poll(&ready, 1, 0) > 0, ready.revents & Int16(POLLOUT) != 0 {
            invocation.diagnostics.report(
                Problem(
                    .noAcknowledgement, "a signal came before all was done; the report may not have been sent",
                    sent: .unknown))
        }
        invocation.endings.end(end.ending)
    }

    /// - Throws: 64 for a wrong command line. Nothing else keeps the command from running.
    private func check() throws(Problem) {
        try targets.check()
        guard let program = command.first else { throw Problem(.usage, "no command to run; it stands behind '--'") }
        guard !program.isEmpty else { throw Problem(.usage, "the command is empty") }
        if expires != nil && !queue { throw Problem(.usage, "--expires is for --queue") }
    }

    /// The command takes this process's place, and only the report is missing.
    func runWithoutMeans(_ problem: Problem, _ diagnostics: Diagnostics) throws(Problem) -> Ending? {
        try check()
        diagnostics.report(Self.warning(problem))
        let number = Spawn.replaceThisProcess(by: command).number
        diagnostics.report(notStarted(number))
        return CommandEnd.notStarted(number).ending
    }

    /// Nil where the command has our output itself.
    private func makeRelay(_ invocation: Invocation) -> OutputRelay? {
        guard let tail else { return nil }
        let output = Output.descriptorOfCommands
        let plan = OutputPlan(output: (output, .init(of: output)), errors: (STDERR_FILENO, .init(of: STDERR_FILENO)))
        do throws(SystemError) {
            return try OutputRelay(plan, lines: tail, limit: Limits.text) { error in
                invocation.diagnostics.report(
                    Problem(.inputOutput, "cannot write the command's output: \(error.text)"))
            }
        } catch {
            invocation.diagnostics.report(
                Problem(.inputOutput, "the command's output cannot be watched: \(error.text)"))
            return nil
        }
    }

    private func notStarted(_ number: Int32) -> Problem {
        Problem(
            CommandEnd.isMissing(number) ? .commandNotFound : .commandNotExecutable,
            "cannot run '\(command.first ?? "")': \(SystemError.text(number))")
    }

    /// Sends the report. What goes wrong is told, and changes nothing.
    private func send(_ report: RunReport, _ invocation: Invocation) async {
        let body = report.text(limit: Limits.text)
        let messages = targets.conversations.map { OutgoingMessage(conversation: $0, body: body, key: id) }
        let options = SendOptions(timeout: timeout, queue: queue, expires: expires)
        do throws(Problem) {
            // Nobody is asked anything: who started the command waits for its end.
            let settings = try invocation.settings().within(timeout)
            let client = try invocation.makeClient(settings: settings, interaction: Interaction.none)
            for acknowledgement in await client.send(messages, options: options) {
                if let problem = acknowledgement.problem { invocation.diagnostics.report(Self.warning(problem)) }
            }
        } catch { invocation.diagnostics.report(Self.warning(error)) }
    }

    /// What is said of a report that did not go out.
    static func warning(_ problem: Problem) -> Problem {
        guard problem.exit != .queued else { return problem }
        var problem = problem
        problem.text = "the report \(problem.sent == .unknown ? "may not have been" : "was not") sent: \(problem.text)"
        return problem
    }
}
