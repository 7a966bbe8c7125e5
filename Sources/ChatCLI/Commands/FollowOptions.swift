import ArgumentParser
import CLISupport
import ChatClient
import ChatProtocol
import GroupRules
import Glibc

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

    func start(now: Timestamp) throws(Problem) -> ListenStart? {
        let starts = ListenStart.given(new: new, since: since, cursor: afterCursor, now: now)
        guard starts.count <= 1 else {
            throw Problem(.usage, "only one of --new, --since and --after-cursor can be the start")
        }
        return starts.first
    }
}

/// Which messages are wanted.
struct FilterOptions: ParsableArguments, Sendable {
    @Option(
        help: ArgumentHelp("Only messages of this user; may be repeated.", valueName: "user"),
        transform: OptionText.user)
    var from: [UserName] = []
    @Flag(help: "Only direct messages.") var toMe = false
    @Option(
        help: ArgumentHelp("Only messages to this room; may be repeated.", valueName: "room"),
        transform: OptionText.room)
    var room: [RoomName] = []
    @Flag(help: "Only messages to everybody; with --to-me or --room: these too.") var everyone = false

    var rooms: Set<UserName> { Set(room.map(\.spoken)) }
}

/// When a follower ends by itself.
struct LimitOptions: ParsableArguments, Sendable {
    @Option(help: ArgumentHelp("End after so many messages.", valueName: "n"), transform: OptionText.count)
    var count: Int?
    @Option(help: ArgumentHelp("End after this time.", valueName: "duration"), transform: OptionText.limit)
    var timeout: Duration?
    @Option(
        help: ArgumentHelp("End when nothing came for this time.", valueName: "duration"),
        transform: OptionText.limit)
    var idle: Duration?

    var fromNow: FollowLimits { FollowLimits(count: count, timeout: timeout, idle: idle, begin: .now) }
}

/// A command that is run for each message.
struct HandlerOptions: ParsableArguments, Sendable {
    @Option(
        help: ArgumentHelp("How long the command may take for a message (default: 5m).", valueName: "duration"),
        transform: OptionText.limit)
    var commandTimeout: Duration = .seconds(300)
    @Option(
        help: ArgumentHelp("How often a command that failed is run again (default: 3).", valueName: "n"),
        transform: OptionText.retries)
    var retry = 3
    @Argument(help: "A command to run for each message, and its arguments, behind '--'.") var command: [String] = []

    /// Nil where there is no command.
    ///
    /// - Throws: 64 where it cannot be found.
    func handler(settings: ClientSettings, invocation: Invocation) throws(Problem) -> HandlerCommand? {
        guard !command.isEmpty else { return nil }
        let configuration = settings.configurationFile
        let handler = HandlerCommand(
            words: command, timeout: commandTimeout, retries: retry, json: invocation.json,
            profile: settings.profile.text,
            configuration: access(configuration, F_OK) == 0 ? Self.absolute(configuration) : nil)
        try handler.checkProgram(path: invocation.environment["PATH"] ?? "/usr/local/bin:/usr/bin:/bin")
        return handler
    }

    /// The command may run elsewhere.
    private static func absolute(_ path: String) -> String {
        guard !path.hasPrefix("/"), let directory = getcwd(nil, 0) else { return path }
        defer { free(directory) }
        return String(cString: directory) + "/" + path
    }
}
