import ArgumentParser
import CLISupport
import ChatClient
import ChatProtocol
import Glibc
import Secrets
import System

/// Where a password comes from when it is not typed.
struct PasswordOptions: ParsableArguments, Sendable {
    static let values = ["password-file"]
    static let flags = ["password-stdin"]

    @Flag(help: "Read the password from the first line of standard input.")
    var passwordStdin = false

    @Option(help: ArgumentHelp("Read the password from the first line of a file.", valueName: "file"))
    var passwordFile: String?

    func check() throws(Problem) {
        if passwordStdin && passwordFile != nil {
            throw Problem(.usage, "--password-stdin and --password-file cannot be combined")
        }
    }

    var isGiven: Bool { passwordStdin || passwordFile != nil }
}

struct RegisterCommand: ChatCommand {
    static let configuration = CommandConfiguration(
        commandName: "register", abstract: "Make an account and log this device in.")
    static let grammar = CommandGrammar(
        values: ["display-name", "invite-file", "device-name"] + PasswordOptions.values, flags: PasswordOptions.flags)

    @Argument(help: "The account's name.", transform: OptionText.user) var user: UserName?
    @Option(help: ArgumentHelp("The name for people.", valueName: "text")) var displayName: String?
    @Option(help: ArgumentHelp("A file with the invite that the server wants.", valueName: "file"))
    var inviteFile: String?
    @Option(help: ArgumentHelp("How this device is called (default: the host's name).", valueName: "name"))
    var deviceName: String?
    @OptionGroup var password: PasswordOptions
    @OptionGroup(visibility: .hidden) var globals: GlobalOptions

    func run(in invocation: Invocation) async throws(Problem) -> ExitStatus {
        try password.check()
        let client = try invocation.makeClient()
        let name = try await UserQuestion.user(user, in: invocation)
        let invite: [UInt8]? = if let inviteFile { try await SecretInput.invite(file: inviteFile) } else { nil }
        let secret =
            password.isGiven || !invocation.canAsk
            ? try await invocation.secrets.password(
                file: password.passwordFile, fromStandardInput: password.passwordStdin, question: "Password: ")
            : try await invocation.secrets.newPassword()
        let record = try await register(client, name, secret, invite, invocation)
        invocation.diagnostics.note("registered", "registered \(record.user) at \(record.server)")
        if invocation.canAsk {
            let advice = AdviceWording.commandLine.text(.makeRecovery)
            invocation.diagnostics.note("no_recovery", "this device alone can approve others; \(advice)")
        }
        if invocation.json { try invocation.output.write(JSONLines.whoAmI(record)) }
        return .done
    }

    /// Where the server wants an invite, a person is asked for it.
    private func register(
        _ client: Client, _ name: UserName, _ password: [UInt8], _ invite: [UInt8]?, _ invocation: Invocation
    ) async throws(Problem) -> WhoAmI {
        do throws(Problem) {
            return try await client.register(
                user: name, displayName: displayName, password: password, invite: invite, deviceName: deviceName)
        } catch {
            guard error.code == ErrorCode.inviteRequired.name, invite == nil, invocation.canAsk else { throw error }
            let typed = try await invocation.secrets.askSecret("Invite: ")
            return try await client.register(
                user: name, displayName: displayName, password: password, invite: SecretLines.trimmed(typed),
                deviceName: deviceName)
        }
    }
}

struct LoginCommand: ChatCommand {
    static let configuration = CommandConfiguration(
        commandName: "login", abstract: "Log this device in to an account that exists.",
        discussion: "The password is needed once; from then on this device uses a key of its own.")
    static let grammar = CommandGrammar(
        values: ["device-name", "identity", "wait"] + PasswordOptions.values, flags: ["reset"] + PasswordOptions.flags)

    @Argument(help: "The account's name.", transform: OptionText.user) var user: UserName?
    @Option(help: ArgumentHelp("How this device is called (default: the host's name).", valueName: "name"))
    var deviceName: String?
    @Option(
        help: ArgumentHelp("Wait so long for another device to approve this one.", valueName: "duration"),
        transform: OptionText.limit)
    var wait: Duration?
    @Flag(help: "Give up all other devices: revoke them and begin anew with this one.") var reset = false
    @Option(help: ArgumentHelp("An identity that 'device add' made; no password is needed.", valueName: "file"))
    var identity: String?
    @OptionGroup var password: PasswordOptions
    @OptionGroup(visibility: .hidden) var globals: GlobalOptions

    func run(in invocation: Invocation) async throws(Problem) -> ExitStatus {
        try password.check()
        let client = try invocation.makeClient()
        let record: WhoAmI
        var isNew = true
        if let identity {
            guard !password.isGiven, deviceName == nil, !reset else {
                throw Problem(.usage, "--identity needs no password, the identity names the device, and resets nothing")
            }
            (record, isNew) = try await client.login(identityFile: identity, user: user, wish: wish(in: invocation))
        } else {
            let owner = await client.owner()
            let name = try await UserQuestion.user(user ?? owner, in: invocation)
            let secret = try await invocation.secrets.password(
                file: password.passwordFile, fromStandardInput: password.passwordStdin,
                question: "Password of \(name): ")
            record = try await client.login(
                user: name, password: secret, deviceName: deviceName, wish: wish(in: invocation))
        }
        let done = isNew ? "logged in as" : "this profile has the identity already:"
        invocation.diagnostics.note("logged_in", "\(done) \(record.user) at \(record.server)")
        if invocation.json { try invocation.output.write(JSONLines.whoAmI(record)) }
        return .done
    }

    private func wish(in invocation: Invocation) -> LoginWish {
        LoginWish(
            patience: wait,
            noteWaiting: { waiting in
                let advice = AdviceWording.commandLine.text(
                    .approveDevice(id: waiting.device.hex, fingerprint: waiting.fingerprint, approvers: 1))
                invocation.diagnostics.note(
                    "device_waits", "this device waits to be approved, by \(waiting.fingerprint); \(advice)")
            },
            confirmReset: reset ? ResetQuestion(invocation: invocation).ask : nil)
    }
}

/// What is revoked by beginning anew is shown before it is; a script has said so by asking for it.
private struct ResetQuestion: Sendable {
    let invocation: Invocation

    func ask(_ others: [AccountDevice]) async throws(Problem) -> Bool {
        for other in others {
            let seen =
                other.record.lastSeen == 0 ? "never here" : "last here \(TimestampText.utc(other.record.lastSeen))"
            invocation.diagnostics.note(
                "revokes_device",
                "this revokes \(other.isLost ? "a device" : other.record.name) (\(other.record.id.hex)), \(seen)")
        }
        guard !others.isEmpty, invocation.canAsk else { return true }
        return try await invocation.terminal.confirm("Revoke them, and begin anew with this device?")
    }
}

/// Whose account it is, where no argument says so.
private enum UserQuestion {
    static func user(_ given: UserName?, in invocation: Invocation) async throws(Problem) -> UserName {
        if let given { return given }
        let local = systemUser()
        guard invocation.canAsk else {
            guard let local else { throw Problem(.usage, "no user named; name one behind the command") }
            return local
        }
        let question = local.map { "User [\($0)]: " } ?? "User: "
        let answer = String(decoding: try await invocation.terminal.ask(question), as: UTF8.self)
        if answer.isEmpty, let local { return local }
        guard let name = UserName(typed: answer) else { throw Problem(ErrorCode.invalidName) }
        return name
    }

    /// The user of this process, as ssh would take it.
    private static func systemUser() -> UserName? {
        UserDatabase.own.flatMap { UserName(typed: String(decoding: $0.name, as: UTF8.self)) }
    }
}

struct LogoutCommand: ChatCommand {
    static let configuration = CommandConfiguration(
        commandName: "logout", abstract: "Revoke this device on the server.")
    static let grammar = CommandGrammar(flags: ["forget", "force"])

    @Flag(help: "Also erase its messages and keys on this machine.") var forget = false
    @Flag(help: "Also where it is the account's last device.") var force = false
    @OptionGroup(visibility: .hidden) var globals: GlobalOptions

    func run(in invocation: Invocation) async throws(Problem) -> ExitStatus {
        let outcome = try await invocation.makeClient().logout(forget: forget, force: force)
        invocation.diagnostics.note(outcome)
        let done =
            outcome.isRevoked
            ? "logged out" : forget ? "no device was revoked" : "this profile was logged out already"
        invocation.diagnostics.note("logged_out", forget ? done + "; local data erased" : done)
        return .done
    }
}

struct WhoAmICommand: ChatCommand {
    static let configuration = CommandConfiguration(
        commandName: "whoami", abstract: "Print user, server, device and fingerprint.")

    @OptionGroup(visibility: .hidden) var globals: GlobalOptions

    var isBrief: Bool { true }

    func run(in invocation: Invocation) async throws(Problem) -> ExitStatus {
        let record = try await invocation.makeClient().whoAmI()
        try invocation.show(JSONLines.whoAmI(record), plain: lines(record))
        return .done
    }

    private func lines(_ record: WhoAmI) -> [String] {
        var table = TextTable()
        table.add(["user", record.user.text])
        table.add(["display name", record.displayName])
        table.add(["server", record.server.text])
        table.add(["server known by", record.serverTrust ?? "nothing"])
        table.add(["device", "\(record.deviceName) (\(record.device.hex))"])
        table.add(["user's key", record.accountKey ?? "none"])
        table.add(["device's key", (record.deviceKey ?? "none") + (record.isPending ? ", waits to be approved" : "")])
        table.add(["login key", record.deviceFingerprint ?? "none"])
        table.add(["profile", record.profile.text])
        return table.lines
    }
}

struct PasswordCommand: ChatCommand {
    static let configuration = CommandConfiguration(commandName: "passwd", abstract: "Change the password.")
    static let grammar = CommandGrammar(
        values: ["password-file", "new-password-file"], flags: ["password-stdin", "revoke-others"])

    @Flag(help: "Also revoke all other devices of the account.") var revokeOthers = false
    @Flag(help: "Read the old, then the new password from the first two lines of standard input.")
    var passwordStdin = false
    @Option(help: ArgumentHelp("Read the old password from the first line of a file.", valueName: "file"))
    var passwordFile: String?
    @Option(help: ArgumentHelp("Read the new password from the first line of a file.", valueName: "file"))
    var newPasswordFile: String?
    @OptionGroup(visibility: .hidden) var globals: GlobalOptions

    func run(in invocation: Invocation) async throws(Problem) -> ExitStatus {
        if passwordStdin && (passwordFile != nil || newPasswordFile != nil) {
            throw Problem(.usage, "--password-stdin reads both passwords; it cannot be combined with a file")
        }
        let client = try invocation.makeClient()
        let (old, new) = try await passwords(invocation)
        try await client.changePassword(old: old, new: new, revokeOthers: revokeOthers)
        invocation.diagnostics.note("password_changed", "password changed")
        return .done
    }

    private func passwords(_ invocation: Invocation) async throws(Problem) -> ([UInt8], [UInt8]) {
        if passwordStdin {
            let lines = try await SecretInput.lines(2)
            return (lines[0], lines[1])
        }
        let secrets = invocation.secrets
        let old = try await secrets.password(
            file: passwordFile, fromStandardInput: false, question: "Old password: ")
        guard let newPasswordFile else { return (old, try await secrets.newPassword(question: "New password: ")) }
        return (old, try await SecretInput.firstLine(file: newPasswordFile))
    }
}

struct ProfileCommand: CommandNode {
    static let configuration = CommandConfiguration(
        commandName: "profile", abstract: "The profiles of this user.",
        subcommands: subcommands.map { $0 })
    static let subcommands: [any CommandNode.Type] = [ProfileListCommand.self]
}

struct ProfileListCommand: ChatCommand {
    static let configuration = CommandConfiguration(commandName: "list", abstract: "List the profiles.")

    @OptionGroup(visibility: .hidden) var globals: GlobalOptions

    var isBrief: Bool { true }

    func run(in invocation: Invocation) async throws(Problem) -> ExitStatus {
        let current = try invocation.settings().profile
        let profiles = try await invocation.makeClient().profiles()
        try invocation.show(
            profiles, object: { JSONLines.profile($0, current: $0.profile == current) },
            header: ["PROFILE", "USER", "SERVER", ""]
        ) { summary in
            [
                (summary.profile == current ? "* " : "  ") + summary.profile.text, summary.user?.text ?? "-",
                summary.server?.text ?? "-", summary.problem?.text ?? "",
            ]
        }
        return .done
    }
}
