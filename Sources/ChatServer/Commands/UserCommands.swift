import ArgumentParser
import CLISupport
import ChatProtocol

/// Reads a user's name as it is typed.
enum NameText {
    static func user(_ text: String) throws -> UserName {
        guard let name = UserName(typed: text) else {
            throw ValidationError("a name is \(UserName.rule)")
        }
        return name
    }
}

struct UserAddCommand: ChatdCommand {
    static let configuration = CommandConfiguration(commandName: "add", abstract: "Make an account.")

    @Argument(help: "The name.", transform: NameText.user) var name: UserName

    @Option(
        parsing: .unconditional,
        help: ArgumentHelp("What people see beside the name (default: the name).", valueName: "text"))
    var displayName: String?

    @Flag(help: "Make the account an administrator.") var admin = false
    @Option(
        parsing: .unconditional,
        help: ArgumentHelp(
            "Write an identity by which its first device logs in without a password: a file that must not exist, or '-' for standard output.",
            valueName: "file"))
    var enrol: String?
    @OptionGroup var password: PasswordOptions
    @OptionGroup var shared: SharedOptions

    func run(in context: CommandContext) async throws(Problem) -> ExitStatus {
        var user = NewUser(
            name: name, displayName: try DisplayNameText.checked(displayName ?? name.text),
            hash: enrol != nil && !password.isGiven
                ? try await password.hashOfNone() : try await password.hash(in: context),
            origin: .own, isAdministrator: admin)
        guard let enrol else {
            for row in try await rows(of: .addUser(user), makesStore: true) { try context.show(row, plain: []) }
            return .done
        }
        let configuration = try shared.configuration(in: try shared.directory())
        let identity = try await FirstIdentity(enrol)
        user.firstDevice = identity.device
        let made: [JSONObject]
        do throws(Problem) { made = try await rows(of: .addUser(user), makesStore: true) } catch {
            identity.close()
            throw error
        }
        let pin = try await pin(configuration)
        let address = try identity.write(user, made.last ?? JSONObject(), pin: pin, listen: configuration.listen)
        context.note("the identity of \(user.name) names the server \(address)")
        if enrol != "-", let row = made.first { try context.show(row, plain: []) }
        return .done
    }

    /// The server's key where it has made its certificate itself; any other may get another key.
    private func pin(_ configuration: ServerConfiguration) async throws(Problem) -> String? {
        guard case .own = configuration.certificate else { return nil }
        return try await rows(of: .fingerprint).first?["fingerprint"]?.string
    }
}

struct UserListCommand: ChatdCommand {
    static let configuration = CommandConfiguration(commandName: "list", abstract: "List the accounts.")

    @OptionGroup var shared: SharedOptions

    func run(in context: CommandContext) async throws(Problem) -> ExitStatus {
        let rows = try await rows(of: .listUsers)
        if context.json {
            try context.print(rows.map(\.text))
            return .done
        }
        var table = TextTable(header: ["NAME", "DISPLAY NAME", "STATE", "DEVICES", "LAST SEEN"])
        for row in rows where row["deleted"]?.bool != true {
            table.add([
                row.cell("user"), row.cell("display_name"), state(row), row.cell("devices"), row.cell("last_seen"),
            ])
        }
        try context.print(table.lines)
        return .done
    }

    private func state(_ row: JSONObject) -> String {
        let words = ["administrator", "disabled"].filter { row[$0]?.bool == true }
        return words.isEmpty ? "-" : words.joined(separator: ",")
    }
}

struct UserPasswordCommand: ChatdCommand {
    static let configuration = CommandConfiguration(commandName: "passwd", abstract: "Set a password.")

    @Argument(help: "The name.", transform: NameText.user) var name: UserName
    @OptionGroup var password: PasswordOptions
    @OptionGroup var shared: SharedOptions

    func run(in context: CommandContext) async throws(Problem) -> ExitStatus {
        _ = try await rows(of: .setPassword(name, try await password.hash(in: context)))
        return .done
    }
}

struct UserDisableCommand: ChatdCommand {
    static let configuration = CommandConfiguration(
        commandName: "disable", abstract: "Close an account's connections and refuse its logins.")

    @Argument(help: "The name.", transform: NameText.user) var name: UserName
    @OptionGroup var shared: SharedOptions

    func run(in context: CommandContext) async throws(Problem) -> ExitStatus {
        try context.showRoomsLeft(try await rows(of: .setFlag(name, .disabled, isOn: true)))
        return .done
    }
}

struct UserEnableCommand: ChatdCommand {
    static let configuration = CommandConfiguration(commandName: "enable", abstract: "Undo disable.")

    @Argument(help: "The name.", transform: NameText.user) var name: UserName
    @OptionGroup var shared: SharedOptions

    func run(in context: CommandContext) async throws(Problem) -> ExitStatus {
        _ = try await rows(of: .setFlag(name, .disabled, isOn: false))
        return .done
    }
}

struct UserSetCommand: ChatdCommand {
    static let configuration = CommandConfiguration(commandName: "set", abstract: "Change what people see of a user.")

    @Argument(help: "The name.", transform: NameText.user) var name: UserName
    @Option(
        parsing: .unconditional,
        help: ArgumentHelp("What people see beside the name.", valueName: "text"))
    var displayName: String
    @OptionGroup var shared: SharedOptions

    func run(in context: CommandContext) async throws(Problem) -> ExitStatus {
        _ = try await rows(of: .setDisplayName(name, try DisplayNameText.checked(displayName)))
        return .done
    }
}

/// A display name as it is typed.
enum DisplayNameText {
    static func checked(_ text: String) throws(Problem) -> String {
        guard text.utf8.count <= Limits.displayName, !text.utf8.contains(0) else {
            throw Problem(.usage, "a display name has at most \(Limits.displayName) bytes")
        }
        return text
    }
}

struct UserDeleteCommand: ChatdCommand {
    static let configuration = CommandConfiguration(
        commandName: "delete", abstract: "Delete an account; its name is never given to somebody else.")

    @Argument(help: "The name.", transform: NameText.user) var name: UserName
    @Flag(help: "Erase what the user wrote, too; also of one who was deleted before.") var erase = false
    @OptionGroup var shared: SharedOptions

    func run(in context: CommandContext) async throws(Problem) -> ExitStatus {
        try context.showRoomsLeft(try await rows(of: .deleteUser(name, erasing: erase)))
        return .done
    }
}

struct UserAdminCommand: ChatdCommand {
    static let configuration = CommandConfiguration(
        commandName: "admin", abstract: "Make an account an administrator, who may write to everyone.")

    @Argument(help: "The name.", transform: NameText.user) var name: UserName
    @Flag(help: "Take it back.") var revoke = false
    @OptionGroup var shared: SharedOptions

    func run(in context: CommandContext) async throws(Problem) -> ExitStatus {
        _ = try await rows(of: .setFlag(name, .administrator, isOn: !revoke))
        return .done
    }
}
