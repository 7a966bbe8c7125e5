import ArgumentParser
import CLISupport
import ChatClient
import ChatProtocol
import GroupRules
import System

struct KeysCommand: CommandNode {
    static let configuration = CommandConfiguration(
        commandName: "keys", abstract: "Users' keys: who they are, whatever the server says.",
        subcommands: subcommands.map { $0 })
    static let subcommands: [any CommandNode.Type] = [
        KeysListCommand.self, KeysShowCommand.self, KeysVerifyCommand.self, KeysExportCommand.self,
        KeysAcceptCommand.self,
    ]
}

struct KeysListCommand: ChatCommand {
    static let configuration = CommandConfiguration(
        commandName: "list", abstract: "Print the keys that are known here.")

    @OptionGroup(visibility: .hidden) var globals: GlobalOptions

    var isBrief: Bool { true }

    func run(in invocation: Invocation) async throws(Problem) -> ExitStatus {
        let keys = try await invocation.makeClient().keys()
        try invocation.show(keys, object: JSONLines.key, header: ["USER", "TRUST", "SINCE", "KEY"]) { key in
            [
                key.user.text, KeyText.trust(key), key.since.map(invocation.plain.moment) ?? "-",
                "\(key.fingerprint)",
            ]
        }
        return .done
    }
}

struct KeysShowCommand: ChatCommand {
    static let configuration = CommandConfiguration(
        commandName: "show", abstract: "Print a user's fingerprint, or one's own.",
        discussion: "It asks the server for what is new; without one it prints what is known here.")
    static let grammar = CommandGrammar(flags: ["short"])

    @Argument(help: "The user.", transform: OptionText.user) var user: UserName
    @Flag(help: "Print sixty digits that are the same for both, to be read to each other.") var short = false
    @OptionGroup(visibility: .hidden) var globals: GlobalOptions

    func run(in invocation: Invocation) async throws(Problem) -> ExitStatus {
        let key = try await invocation.makeClient().key(of: user)
        guard short, !invocation.json else {
            try invocation.show(JSONLines.key(key), plain: KeyText.lines(key))
            return .done
        }
        guard let spoken = key.spoken else {
            guard !key.isOwn else {
                throw Problem(.usage, "these digits are for two people", hint: "name the other one")
            }
            throw Problem(
                .noKey, "this account's own key is not known here yet", hint: "connect once, then try again")
        }
        try invocation.output.write(lines: KeyText.spoken(spoken))
        return .done
    }
}

struct KeysVerifyCommand: ChatCommand {
    static let configuration = CommandConfiguration(
        commandName: "verify", abstract: "Take fingerprints that were compared: all of them, or none.",
        usage: "chat keys verify (<user> --fingerprint <fingerprint> | --file <file>)",
        discussion: "It never connects, and takes users who were not met yet.")
    static let grammar = CommandGrammar(values: ["fingerprint", "file"])

    @Argument(help: "The user.", transform: OptionText.user) var user: UserName?
    @Option(
        help: ArgumentHelp("The user's fingerprint, acct1:….", valueName: "fingerprint"),
        transform: OptionText.fingerprint)
    var fingerprint: AccountFingerprint?
    @Option(help: ArgumentHelp("A file of lines 'USER acct1:…', as 'keys export' writes it.", valueName: "file"))
    var file: String?
    @OptionGroup(visibility: .hidden) var globals: GlobalOptions

    func run(in invocation: Invocation) async throws(Problem) -> ExitStatus {
        let given = try await given()
        let differences = try await invocation.makeClient().verifyKeys(given)
        guard let first = differences.first else { return .done }
        guard file != nil else { throw first }
        for difference in differences { invocation.diagnostics.report(difference) }
        throw Problem(
            .fingerprintDiffers, "\(differences.count) of \(given.count) keys are others; none was verified",
            hint: "correct the lines or ask the users")
    }

    private func given() async throws(Problem) -> [(user: UserName, fingerprint: AccountFingerprint)] {
        switch (user, fingerprint, file) {
        case (let user?, let fingerprint?, nil): return [(user, fingerprint)]
        case (nil, nil, let file?):
            return try await KeyLines(file: file).lines.map { ($0.name, AccountFingerprint($0.root)) }
        default: throw Problem(.usage, "expected a user with --fingerprint, or --file")
        }
    }
}

struct KeysExportCommand: ChatCommand {
    static let configuration = CommandConfiguration(
        commandName: "export", abstract: "Print the keys that were verified and one's own, for 'keys verify --file'.")

    @OptionGroup(visibility: .hidden) var globals: GlobalOptions

    func run(in invocation: Invocation) async throws(Problem) -> ExitStatus {
        for key in try await invocation.makeClient().verifiedKeys() {
            try invocation.show(JSONLines.key(key), plain: ["\(key.user) \(key.fingerprint)"])
        }
        return .done
    }
}

struct KeysAcceptCommand: ChatCommand {
    static let configuration = CommandConfiguration(
        commandName: "accept", abstract: "Go on with the key that a user has now, after having asked that user.",
        discussion: "What was held for the user goes out with the next connection. The key is not verified by this.")
    static let grammar = CommandGrammar(values: ["fingerprint"])

    @Argument(help: "The user.", transform: OptionText.user) var user: UserName
    @Option(
        help: ArgumentHelp("The user's fingerprint, acct1:….", valueName: "fingerprint"),
        transform: OptionText.fingerprint)
    var fingerprint: AccountFingerprint
    @OptionGroup(visibility: .hidden) var globals: GlobalOptions

    func run(in invocation: Invocation) async throws(Problem) -> ExitStatus {
        let held = try await invocation.makeClient().acceptKey(of: user, fingerprint)
        invocation.noteReleased(held)
        return .done
    }
}

extension Invocation {
    /// Says what becomes of messages that were held.
    func noteReleased(_ held: Int) {
        guard held > 0 else { return }
        diagnostics.note(
            "held", "\(held) held \(held == 1 ? "message goes" : "messages go") out with the next connection")
    }
}

/// How keys are told to people.
enum KeyText {
    static func trust(_ key: KeySummary) -> String {
        if key.isOwn { return "own" }
        if key.alarm != nil { return "alarm" }
        return key.isMet ? key.trust.rawValue : "\(key.trust.rawValue), not met"
    }

    static func lines(_ key: KeySummary) -> [String] {
        var lines = ["\(key.user) \(key.fingerprint) (\(trust(key)))"]
        if let present = key.present { lines.append("  now \(present)") }
        if let alarm = key.alarm { lines.append("  \(InertText.line(alarm))") }
        return lines
            + key.devices.map { "  device \($0.fingerprint)\($0.certifies ? " (adds and revokes others)" : "")" }
    }

    /// Three lines of four groups.
    static func spoken(_ number: SpokenNumber) -> [String] {
        stride(from: 0, to: number.groups.count, by: 4).map {
            number.groups[$0..<min($0 + 4, number.groups.count)].joined(separator: " ")
        }
    }
}
