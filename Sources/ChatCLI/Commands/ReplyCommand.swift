import ArgumentParser
import CLISupport
import ChatClient
import ChatProtocol
import Glibc

struct ReplyCommand: ChatCommand {
    static let configuration = CommandConfiguration(
        commandName: "reply", abstract: "Answer messages with what a command prints.",
        usage: "chat reply (--allow <user> ... | --allow-anyone) [<option> ...] -- <command> [<argument> ...]",
        discussion: """
            The command is run for each direct message, with the message on its standard input and without a shell; \
            what it prints on standard output is the reply. Where it prints nothing there is none.
            """)
    static let grammar = CommandGrammar(
        values: [
            "allow", "resume", "since", "after-cursor", "from", "room", "count", "timeout", "idle", "command-timeout",
            "retry",
            "jobs",
        ],
        flags: ["allow-anyone", "new", "to-me", "everyone", "patient"], takesCommand: true)

    @Option(
        help: ArgumentHelp("Answer this user; may be repeated.", valueName: "user"), transform: OptionText.user)
    var allow: [UserName] = []
    @Flag(help: "Answer whoever writes.") var allowAnyone = false
    @Option(
        help: ArgumentHelp(
            "Start where this resume point stands, and move it along (default: reply).", valueName: "name"),
        transform: OptionText.name)
    var resume: UserName?
    @OptionGroup var start: StartOptions
    @OptionGroup var filter: FilterOptions
    @Flag(help: "Go on where the first connection fails, too.") var patient = false
    @OptionGroup var limits: LimitOptions
    @OptionGroup var handling: HandlerOptions
    @Option(
        help: ArgumentHelp(
            "How many commands may run at once, one at a time for each sender (default: 1).", valueName: "n"),
        transform: OptionText.jobs)
    var jobs = 1
    @OptionGroup(visibility: .hidden) var globals: GlobalOptions

    func run(in invocation: Invocation) async throws(Problem) -> ExitStatus {
        let settings = try invocation.settings()
        let rules = try ReplyRules(
            allow: allow, anyone: allowAnyone, from: filter.from, toMe: filter.toMe, rooms: filter.rooms,
            everyone: filter.everyone)
        guard let handler = try handling.handler(settings: settings, invocation: invocation) else {
            throw Problem(.usage, "no command to answer with; it stands behind '--'")
        }
        guard let name = resume ?? UserName("reply") else { throw Problem(.internalFault, "no resume point") }
        let options = ListenOptions(
            start: try start.start(now: WallClock.now), resume: name, filter: rules.filter,
            requiresFirstConnection: !patient)
        let handlers = (0..<jobs).map { _ in handler.another }
        invocation.endings.intercept()
        invocation.endings.onEnd { for handler in handlers { handler.child.send(signal: SIGTERM) } }
        // Without --json nothing is ever printed.
        if invocation.json { invocation.output.watchReader { invocation.endings.end(.signal(SIGPIPE)) } }
        let replier = Replier(
            client: try invocation.makeClient(settings: settings), invocation: invocation, rules: rules,
            handlers: handlers, limits: limits.fromNow)
        return try await replier.run(options)
    }
}
