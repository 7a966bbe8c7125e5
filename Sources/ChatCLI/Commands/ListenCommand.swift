import ArgumentParser
import CLISupport
import ChatClient
import ChatProtocol
import Glibc

struct ListenCommand: ChatCommand {
    static let configuration = CommandConfiguration(
        commandName: "listen", abstract: "Print messages, and follow.",
        usage: "chat listen [<option> ...] [-- <command> [<argument> ...]]",
        discussion: """
            It starts with what this device has not shown yet. With a command behind '--' it runs that for each \
            message, with the message on its standard input.
            """)
    static let grammar = CommandGrammar(
        values: [
            "since", "after-cursor", "resume", "from", "room", "count", "timeout", "idle", "command-timeout", "retry",
        ],
        flags: ["new", "to-me", "everyone", "own", "meta", "mark-read", "no-follow", "patient"], takesCommand: true)

    @OptionGroup var start: StartOptions
    @Option(
        help: ArgumentHelp("Start where this resume point stands, and move it along.", valueName: "name"),
        transform: OptionText.name)
    var resume: UserName?
    @OptionGroup var filter: FilterOptions
    @Flag(help: "Also messages of one's own.") var own = false
    @Flag(help: "Also tell of logins, who is online, receipts, and who comes into rooms and goes.") var meta = false
    @Flag(help: "Mark what is printed as shown.") var markRead = false
    @Flag(help: "Go on where the first connection fails, too.") var patient = false
    @OptionGroup var limits: LimitOptions
    @Flag(help: "Print what there is and end.") var noFollow = false
    @OptionGroup var handling: HandlerOptions
    @OptionGroup(visibility: .hidden) var globals: GlobalOptions

    /// What it prints is written aside, and nothing waits for a reader.
    var isBrief: Bool { noFollow && handling.command.isEmpty }

    func run(in invocation: Invocation) async throws(Problem) -> ExitStatus {
        let settings = try invocation.settings()
        var options = ListenOptions(
            start: try start.start(now: WallClock.now), resume: resume,
            filter: MessageFilter(
                from: Set(filter.from), toMe: filter.toMe, rooms: filter.rooms, everyone: filter.everyone, own: own),
            follow: !noFollow, presence: meta, receipts: meta)
        guard !(patient && noFollow) else { throw Problem(.usage, "--patient and --no-follow cannot be combined") }
        options.requiresFirstConnection = !patient
        let handler = try handling.handler(settings: settings, invocation: invocation)
        if !isBrief { invocation.endings.intercept() }
        if let handler { invocation.endings.onEnd { handler.child.send(signal: SIGTERM) } }
        invocation.output.watchReader { invocation.endings.end(.signal(SIGPIPE)) }
        let client = try invocation.makeClient(settings: settings)
        let marks = markRead || (invocation.output.isTerminal && handler == nil)
        var follower = Follower(
            client: client,
            sink: ListenSink(
                invocation: invocation, client: client, filter: options.filter, handler: handler, tellsMeta: meta,
                marks: marks, limits: limits.fromNow))
        switch try await follower.run(options) {
        case .timedOut: return try follower.sink.limits.statusAtDeadline()
        case .satisfied, .ended: return .done
        }
    }
}
