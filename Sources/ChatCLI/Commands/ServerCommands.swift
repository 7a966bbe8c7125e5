import ArgumentParser
import CLISupport
import ChatClient
import ChatProtocol

struct ServerCommand: CommandNode {
    static let configuration = CommandConfiguration(
        commandName: "server", abstract: "The servers that are known.",
        subcommands: subcommands.map { $0 })
    static let subcommands: [any CommandNode.Type] = [
        ServerListCommand.self, ServerTrustCommand.self, ServerForgetCommand.self, ServerMoveCommand.self,
    ]
}

struct ServerListCommand: ChatCommand {
    static let configuration = CommandConfiguration(commandName: "list", abstract: "Print the servers that are known.")

    @OptionGroup(visibility: .hidden) var globals: GlobalOptions

    func run(in invocation: Invocation) async throws(Problem) -> ExitStatus {
        let servers = try await invocation.makeClient().knownServers()
        try invocation.show(servers, object: JSONLines.server, header: ["SERVER", "KNOWN BY"]) { server in
            [server.address.text, server.standing.text]
        }
        return .done
    }
}

struct ServerTrustCommand: ChatCommand {
    static let configuration = CommandConfiguration(
        commandName: "trust", abstract: "Make a server known.",
        discussion: "Its fingerprint, as 'chatd fingerprint' prints it, may be given; else --trust decides.")

    @Argument(help: "The server.", transform: OptionText.server) var address: ServerAddress
    @Argument(help: "The fingerprint of its key, SHA256:….") var fingerprint: String?
    @OptionGroup(visibility: .hidden) var globals: GlobalOptions

    func run(in invocation: Invocation) async throws(Problem) -> ExitStatus {
        var settings = try invocation.settings()
        if let fingerprint {
            guard let policy = TrustSetting(fingerprint), case .pin = policy else {
                throw Problem(.usage, "expected a fingerprint, SHA256: and 43 characters, not '\(fingerprint)'")
            }
            settings.trust = policy
        }
        let server = try await invocation.makeClient(settings: settings).trustServer(address)
        invocation.diagnostics.note("server_known", "\(server.address) is known by \(server.standing.text)")
        if invocation.json { try invocation.output.write(JSONLines.server(server)) }
        return .done
    }
}

struct ServerForgetCommand: ChatCommand {
    static let configuration = CommandConfiguration(commandName: "forget", abstract: "Forget a server.")

    @Argument(help: "The server.", transform: OptionText.server) var address: ServerAddress
    @OptionGroup(visibility: .hidden) var globals: GlobalOptions

    func run(in invocation: Invocation) async throws(Problem) -> ExitStatus {
        try await invocation.makeClient().forgetServer(address)
        return .done
    }
}

struct ServerMoveCommand: ChatCommand {
    static let configuration = CommandConfiguration(
        commandName: "move", abstract: "Bind the profiles of a server to its new address.",
        discussion: "The server at the new address must have the key and the id that the old one had.")

    @Argument(help: "Where the server was.", transform: OptionText.server) var old: ServerAddress
    @Argument(help: "Where it is now.", transform: OptionText.server) var new: ServerAddress
    @OptionGroup(visibility: .hidden) var globals: GlobalOptions

    func run(in invocation: Invocation) async throws(Problem) -> ExitStatus {
        let settings = try invocation.settings()
        let move = try await invocation.makeClient(settings: settings).moveServer(from: old, to: new)
        if invocation.json {
            try invocation.output.write(JSONLines.server(move.server))
            for summary in move.moved {
                try invocation.output.write(
                    JSONLines.profile(summary, current: summary.profile == settings.profile))
            }
        }
        let names = move.moved.map(\.profile.text).joined(separator: ", ")
        invocation.diagnostics.note(
            "server_moved",
            "\(new) is known by \(move.server.standing.text)" + (names.isEmpty ? "" : "; profiles there now: \(names)"))
        guard move.left.isEmpty else {
            let names = move.left.map(\.profile.text).joined(separator: ", ")
            throw Problem(
                .someTargetsFailed, "not moved, since they belong to another server that was at \(old): \(names)",
                hint: "a server that was set up anew has other accounts: log in with another profile")
        }
        return .done
    }
}
