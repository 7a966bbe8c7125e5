import ArgumentParser
import CLISupport

/// `chat` itself: the tree of commands, and without one of them the prompt.
struct RootCommand: ChatCommand {
    static let name = "chat"
    static let configuration = CommandConfiguration(
        commandName: name,
        abstract: "Chat from a prompt, a script and a pipe.",
        usage: """
            chat [<option> ...] [-e] [--linger <duration>]
            chat [<option> ...] <command> [<argument> ...]
            """,
        discussion: """
            Without a command it opens a prompt on a terminal, and reads the lines of a prompt from standard input \
            where that is none. Global options go with every command, before or behind its name.
            """,
        version: ChatProgram.version,
        subcommands: subcommands.map { $0 })

    static let subcommands: [any CommandNode.Type] = [
        RegisterCommand.self, LoginCommand.self, LogoutCommand.self, WhoAmICommand.self, PasswordCommand.self,
        ProfileCommand.self, SendCommand.self, ListenCommand.self, AskCommand.self, ReplyCommand.self,
        RunCommand.self, RPCCommand.self, HistoryCommand.self, WhoCommand.self, UnreadCommand.self,
        OutboxCommand.self, ResumeCommand.self, DeviceCommand.self, KeysCommand.self, RoomCommand.self,
        BlockCommand.self, UnblockCommand.self, ServerCommand.self, SchemaCommand.self, DoctorCommand.self,
        CompleteCommand.self,
    ]

    static let isGroup = true

    /// Those that scripts run in loops first: of the whole list each type would be made.
    static func subcommand(_ name: String) -> (any CommandNode.Type)? {
        switch name {
        case "send": SendCommand.self
        case "listen": ListenCommand.self
        case "history": HistoryCommand.self
        case "unread": UnreadCommand.self
        case "who": WhoCommand.self
        default: subcommands.first { $0.name == name }
        }
    }

    static let grammar = CommandGrammar(values: ["linger"], flags: ["/e"])

    @Flag(name: .customShort("e"), help: "Where standard input is no terminal: stop at the first line that fails.")
    var stopAtFailure = false

    @Option(
        help: ArgumentHelp(
            "Where standard input is no terminal: go on printing for so long after its end (default: 0).",
            valueName: "duration"),
        transform: OptionText.duration)
    var linger: Duration = .zero

    @OptionGroup(title: "Global options") var globals: GlobalOptions

    func run(in invocation: Invocation) async throws(Problem) -> ExitStatus {
        try await REPLCommand(stopAtFailure: stopAtFailure, linger: linger).run(in: invocation)
    }
}
