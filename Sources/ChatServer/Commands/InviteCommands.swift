import ArgumentParser
import CLISupport
import Glibc

struct InviteCreateCommand: ChatdCommand {
    static let configuration = CommandConfiguration(commandName: "create", abstract: "Make an invite and print it.")

    /// A week: time enough to be read, not to be forgotten.
    private static let standardLifetime = Duration.seconds(7 * 24 * 3_600)

    @Option(
        parsing: .unconditional,
        help: ArgumentHelp("How many accounts can be made with it.", valueName: "n"))
    var uses = 1

    @Option(
        parsing: .unconditional,
        help: ArgumentHelp("How long it can be used (default: 7d).", valueName: "duration"),
        transform: InviteCreateCommand.lifetime)
    var expires: Duration?

    @OptionGroup var shared: SharedOptions

    private static func lifetime(_ text: String) throws -> Duration {
        guard let value = DurationText.duration(text), value > .zero else {
            throw ValidationError("expected \(DurationText.form)")
        }
        return value
    }

    func run(in context: CommandContext) async throws(Problem) -> ExitStatus {
        guard (1...1_000_000).contains(uses) else { throw Problem(.usage, "--uses must be from 1 to 1000000") }
        let request = AdminRequest.createInvite(
            uses: uses, lifetime: expires ?? Self.standardLifetime, by: "uid \(getuid())")
        for row in try await rows(of: request, makesStore: true) { try context.show(row, plain: [row.cell("token")]) }
        return .done
    }
}

struct InviteListCommand: ChatdCommand {
    static let configuration = CommandConfiguration(
        commandName: "list", abstract: "List the invites that can still be used.")

    @OptionGroup var shared: SharedOptions

    func run(in context: CommandContext) async throws(Problem) -> ExitStatus {
        let rows = try await rows(of: .listInvites)
        if context.json {
            try context.print(rows.map(\.text))
        } else if !rows.isEmpty {
            var table = TextTable(header: ["ID", "USES LEFT", "EXPIRES", "CREATED", "BY"])
            for row in rows { table.add(["id", "uses_left", "expires", "created", "created_by"].map(row.cell)) }
            try context.print(table.lines)
        }
        return .done
    }
}

struct InviteRevokeCommand: ChatdCommand {
    static let configuration = CommandConfiguration(commandName: "revoke", abstract: "Revoke an invite.")

    @Argument(help: "The beginning of its id.") var id: String
    @OptionGroup var shared: SharedOptions

    func run(in context: CommandContext) async throws(Problem) -> ExitStatus {
        _ = try await rows(of: .revokeInvite(id.lowercased()))
        return .done
    }
}
