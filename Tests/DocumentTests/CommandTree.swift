import Foundation
import TestSupport

/// A program's commands as it tells them itself, by what swift-argument-parser dumps.
struct CommandTree: Decodable, Sendable {
    struct Option: Decodable, Sendable {
        struct Name: Decodable, Sendable {
            let kind: String
            let name: String
        }

        let kind: String
        let shouldDisplay: Bool
        let names: [Name]?
        let valueName: String?
        let abstract: String?

        /// As they are typed: `--to`, `-m`.
        var typed: [String] { (names ?? []).map { ($0.kind == "long" ? "--" : "-") + $0.name } }
    }

    let commandName: String
    let subcommands: [CommandTree]?
    let arguments: [Option]?

    private struct Dump: Decodable { let command: CommandTree }

    /// Asks the program itself.
    static func of(_ program: URL) async throws -> CommandTree {
        let scratch = try Scratch()
        let outcome = try await Program.run(
            program, ["--experimental-dump-help"], environment: ["HOME": scratch.url.path], in: scratch.url)
        return try JSONDecoder().decode(Dump.self, from: Data(outcome.output.utf8)).command
    }

    /// What people are told of; `help` is the parser's own.
    var shownSubcommands: [CommandTree] {
        (subcommands ?? []).filter { $0.commandName != "help" && !$0.commandName.hasPrefix("_") }
    }

    /// The options that people are told of.
    var options: Set<String> {
        Set((arguments ?? []).filter { $0.shouldDisplay && $0.kind != "positional" }.flatMap(\.typed))
    }

    /// The options that go with every command: those that each command takes, whether its help shows them or not.
    var globals: Set<String> {
        let leaves = leaves.map { Set(($0.arguments ?? []).flatMap(\.typed)) }
        return leaves.dropFirst().reduce(leaves.first ?? []) { $0.intersection($1) }
    }

    private var leaves: [CommandTree] {
        let below = (subcommands ?? []).filter { $0.commandName != "help" }
        return below.isEmpty ? [self] : below.flatMap(\.leaves)
    }

    /// The options of every command beside those that go with each; under "" those without a command.
    var optionsByCommand: [String: Set<String>] {
        let globals = globals
        var result = ["": options.subtracting(globals)]
        func visit(_ command: CommandTree, _ path: String) {
            for below in command.shownSubcommands {
                let name = path.isEmpty ? below.commandName : "\(path) \(below.commandName)"
                result[name] = below.options.subtracting(globals)
                visit(below, name)
            }
        }
        visit(self, "")
        return result
    }
}
