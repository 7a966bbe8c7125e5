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
            "since", "after-cursor", "resume", "from", "count", "timeout", "idle", "command-timeout", "retry",
        ],
        flags: ["new", "to-me", "everyone", "own", "meta", "mark-read", "no-follow"], takesCommand: true)

    @OptionGroup var start: StartOptions
    @Option(
        help: ArgumentHelp("Start where this resume point stands, and move it along.", valueName: "name"),
        transform: OptionText.name)
    var resume: UserName?
    @Option(
        help: ArgumentHelp("Only messages of this user; may be repeated.", valueName: "user"),
        transform: OptionText.user)
    var from: [UserName] = []
    @Flag(help: "Only direct messages.") var toMe = false
    @Flag(help: "Only messages to everybody; with --to-me: both.") var everyone = false
    @Flag(help: "Also messages of one's own.") var own = false
    @Flag(help: "Also tell of logins, who is online, and receipts.") var meta = false
    @Flag(help: "Mark what is printed as shown.") var markRead = false
    @Option(help: ArgumentHelp("End after so many messages.", valueName: "n"), transform: OptionText.count)
    var count: Int?
    @Option(help: ArgumentHelp("End after this time.", valueName: "duration"), transform: OptionText.limit)
    var timeout: Duration?
    @Option(
        help: ArgumentHelp("End when nothing came for this time.", valueName: "duration"),
        transform: OptionText.limit)
    var idle: Duration?
    @Flag(help: "Print what there is and end.") var noFollow = false
    @Option(
        help: ArgumentHelp("How long the command may take for a message (default: 5m).", valueName: "duration"),
        transform: OptionText.limit)
    var commandTimeout: Duration = .seconds(300)
    @Option(
        help: ArgumentHelp("How often a command that failed is run again (default: 3).", valueName: "n"),
        transform: OptionText.retries)
    var retry = 3
    @Argument(help: "A command to run for each message, and its arguments, behind '--'.") var command: [String] = []
    @OptionGroup(visibility: .hidden) var globals: GlobalOptions

    func run(in invocation: Invocation) async throws(Problem) -> ExitStatus {
        let settings = try invocation.settings()
        var options = ListenOptions(
            start: try start.start(now: SystemTime.now()), resume: resume,
            filter: MessageFilter(from: Set(from), toMe: toMe, everyone: everyone, own: own), follow: !noFollow,
            presence: meta, receipts: meta)
        options.requiresFirstConnection = true
        let handler = try handler(settings: settings, environment: invocation.environment)
        invocation.endings.intercept()
        if let handler { invocation.endings.onEnd { handler.child.send(signal: SIGTERM) } }
        invocation.output.watchReader { invocation.endings.end(.signal(SIGPIPE)) }
        let client = try invocation.makeClient(settings: settings)
        let marks = markRead || (invocation.output.isTerminal && handler == nil)
        let follower = Follower(
            client: client, invocation: invocation, handler: handler, tellsMeta: meta, marks: marks,
            limits: FollowLimits(count: count, timeout: timeout, idle: idle, begin: .now))
        return try await follower.run(options)
    }

    private func handler(settings: ClientSettings, environment: Environment) throws(Problem) -> HandlerCommand? {
        guard !command.isEmpty else { return nil }
        let configuration = settings.configurationFile
        let handler = HandlerCommand(
            words: command, timeout: commandTimeout, retries: retry, json: globals.json,
            profile: settings.profile.text,
            configuration: access(configuration, F_OK) == 0 ? Self.absolute(configuration) : nil)
        try handler.checkProgram(path: environment["PATH"] ?? "/usr/local/bin:/usr/bin:/bin")
        return handler
    }

    /// The command may run elsewhere.
    private static func absolute(_ path: String) -> String {
        guard !path.hasPrefix("/"), let directory = getcwd(nil, 0) else { return path }
        defer { free(directory) }
        return String(cString: directory) + "/" + path
    }
}

/// Where a listener or a resume point begins.
struct StartOptions: ParsableArguments, Sendable {
    @Flag(help: "Start with what comes from now on.") var new = false
    @Option(
        help: ArgumentHelp("Start with what the server took since then.", valueName: "time"),
        transform: OptionText.time)
    var since: TimeArgument?
    @Option(
        help: ArgumentHelp("Start behind the line that has this cursor.", valueName: "cursor"),
        transform: OptionText.cursor)
    var afterCursor: Cursor?

    /// - Parameter now: Unix milliseconds.
    func start(now: UInt64) throws(Problem) -> ListenStart? {
        var starts: [ListenStart] = []
        if new { starts.append(.new) }
        if let since { starts.append(.since(since.milliseconds(now: now))) }
        if let afterCursor { starts.append(.cursor(afterCursor)) }
        guard starts.count <= 1 else {
            throw Problem(.usage, "only one of --new, --since and --after-cursor can be the start")
        }
        return starts.first
    }
}
