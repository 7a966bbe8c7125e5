import ArgumentParser
import CLISupport

/// A command of `chatd`: read by ArgumentParser, run with what the process has.
protocol ChatdCommand: ParsableCommand, Sendable {
    var shared: SharedOptions { get }

    /// Does it. What is thrown is told on stderr and decides the exit status.
    func run(in context: CommandContext) async throws(Problem) -> ExitStatus
}

struct RootCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "chatd", abstract: "The server of chat, and its administrator's tool.",
        discussion: "Commands other than run work beside a running server, through its control socket, and without.",
        version: "chatd \(Release.version)",
        subcommands: [
            RunCommand.self, UserGroup.self, InviteGroup.self, RoomGroup.self, FingerprintCommand.self,
            BackupCommand.self, RestoreCommand.self, RetentionGroup.self, CheckCommand.self, StatusCommand.self,
        ])

    @OptionGroup var shared: SharedOptions
}

struct UserGroup: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "user", abstract: "The accounts.",
        subcommands: [
            UserAddCommand.self, UserListCommand.self, UserPasswordCommand.self, UserDisableCommand.self,
            UserEnableCommand.self, UserSetCommand.self, UserDeleteCommand.self, UserAdminCommand.self,
            UserImportCommand.self, UserExportCommand.self,
        ])

    @OptionGroup var shared: SharedOptions
}

struct InviteGroup: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "invite", abstract: "Invites, by which accounts can be made.",
        subcommands: [InviteCreateCommand.self, InviteListCommand.self, InviteRevokeCommand.self])

    @OptionGroup var shared: SharedOptions
}

struct RoomGroup: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "room", abstract: "The rooms.", subcommands: [RoomListCommand.self, RoomRemoveCommand.self])

    @OptionGroup var shared: SharedOptions
}

struct RetentionGroup: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "retention", abstract: "Deleting what is too old.",
        subcommands: [RetentionResumeCommand.self])

    @OptionGroup var shared: SharedOptions
}
