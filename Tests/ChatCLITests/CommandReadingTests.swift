import ArgumentParser
import TestSupport
import Testing

@testable import ChatCLI

/// Commands that are read without ArgumentParser are read as it would read them.
@Suite struct CommandReadingTests {
    private static let runnable: [any ChatCommand.Type] = {
        func below(_ node: any CommandNode.Type) -> [any ChatCommand.Type] {
            (node.runnable.map { [$0] } ?? []) + node.subcommands.flatMap(below)
        }
        return below(RootCommand.self)
    }()

    /// What an option's value or an operand may be: for every kind of it something that is right, and something close.
    private static let values = [
        "bob", "#lounge", "Bob Smith", "", "-", "--", "-5", "0", "3", "1001", "30s", "0s", "1970-01-01T00:00:01Z",
        "0123456789abcdef-7", "01936F6E-0f3a-7c1e-8d2b-5a4f3c2b1a09", "delivered", "Read", "a=b", "a\nb", "--json",
        String(repeating: "k", count: 300),
    ]

    /// Nil where it cannot be read; otherwise every value of the command, without those that go with every one.
    private func outcome(_ read: () throws -> (any ChatCommand)?) -> String? {
        guard let command = try? read() else { return nil }
        return String(reflecting: command).split(separator: "_globals: ").first.map { String($0) }
    }

    private func compare(_ command: any ChatCommand.Type, _ given: GivenOptions) {
        let theirs = outcome { try command.parse(given.canonical) as any ChatCommand }
        let ours = outcome {
            _ = try GlobalFlags(given)
            return try command.read(given)
        }
        #expect(ours == theirs, "\(command.name) \(given.canonical)")
    }

    private func isReadByUs(_ command: any ChatCommand.Type) -> Bool {
        do { return try command.read(GivenOptions()) != nil } catch { return true }
    }

    private var ours: [any ChatCommand.Type] { Self.runnable.filter(isReadByUs) }

    @Test func `what scripts run in loops is read without ArgumentParser`() {
        let names = Set(ours.map { $0.name })
        #expect(names.isSuperset(of: ["send", "listen", "ask", "reply", "run", "rpc", "history", "who", "unread"]))
    }

    @Test func `each option with each value is read as ArgumentParser reads it`() {
        for command in ours {
            compare(command, GivenOptions())
            // Globals are read in one place.
            let globals = command == RootCommand.self ? CommandGrammar.globals.options : []
            let handedOn = command.grammar.takesMessage ? [CommandGrammar.standardInput] : []
            for option in command.grammar.options + globals + handedOn
            where !["help", "version"].contains(option.long) {
                for value in option.takesValue ? Self.values : [""] {
                    var given = GivenOptions()
                    given.add(option, value: value)
                    compare(command, given)
                }
            }
            for value in Self.values {
                var given = GivenOptions()
                given.operands = [value]
                compare(command, given)
            }
        }
    }

    private func globals(_ options: GlobalOptions) -> GlobalFlags {
        GlobalFlags(
            server: options.server, profile: options.profile, config: options.config, trust: options.trust,
            json: options.json, color: options.color, quiet: options.quiet, verbose: options.verbose,
            noInput: options.noInput, connectTimeout: options.connectTimeout, proxy: options.proxy, keys: options.keys)
    }

    @Test func `the options of every command are read as ArgumentParser reads them`() {
        var lines = [GivenOptions()]
        for option in CommandGrammar.globals.options where !["help", "version"].contains(option.long) {
            for value in option.takesValue ? Self.values : [""] {
                var given = GivenOptions()
                given.add(option, value: value)
                lines.append(given)
                given.add(option, value: option.takesValue ? "30s" : "")
                lines.append(given)
            }
        }
        for given in lines {
            let theirs = try? globals(RPCCommand.parse(given.canonical).globals)
            #expect((try? GlobalFlags(given)) == theirs, "\(given.canonical)")
        }
    }

    @Test func `a command is found by its name`() {
        for command in RootCommand.subcommands {
            let found = RootCommand.subcommand(command.name).map { ObjectIdentifier($0) }
            #expect(found == ObjectIdentifier(command), "\(command.name)")
        }
        #expect(RootCommand.subcommand("sen") == nil && RootCommand.isGroup && RootCommand.name == "chat")
    }

    @Test func `whole lines are read as ArgumentParser reads them`() {
        var random = SeededGenerator(seed: 7)
        for command in ours {
            let options = (command.grammar.options + CommandGrammar.globals.options)
                .filter { !["help", "version"].contains($0.long) }
            for _ in 0..<40 {
                var given = GivenOptions()
                for _ in 0..<Int.random(in: 0...5, using: &random) {
                    guard let option = options.randomElement(using: &random) else { continue }
                    given.add(option, value: option.takesValue ? Self.right(option, &random) : "")
                }
                if Bool.random(using: &random) {
                    given.operands = (0..<Int.random(in: 0...3, using: &random))
                        .compactMap { _ in Self.values.randomElement(using: &random) }
                }
                compare(command, given)
            }
        }
    }

    @Test(arguments: [
        (["send", "--to", "bob", "hi"], true), (["send", "--to", "bob", "--lines"], false),
        (["send", "--jsonl"], false), (["history"], true), (["unread", "--count"], true),
        (["unread", "--watch"], false), (["who"], true), (["who", "--watch"], false),
        (["listen", "--no-follow"], true), (["listen"], false), (["listen", "--no-follow", "--", "true"], false),
        (["rpc"], false), ([], false),
    ])
    func `the main thread carries out what asks one thing and ends, and never the prompt`(
        words: [String], isBrief: Bool
    ) throws {
        let line = try ArgumentLine(words)
        #expect(try line.command.runnable?.read(line.given)?.isBrief == isBrief)
    }

    @Test(arguments: [
        "whoami", "keys list", "outbox list", "resume list", "profile list", "schema", "__complete users",
    ])
    func `what only reads what is here needs no more than the main thread`(words: String) throws {
        let line = try ArgumentLine(words.split(separator: " ").map(String.init))
        let command = try #require(try line.command.parse(line.given.canonical) as? any ChatCommand)
        #expect(command.isBrief)
    }

    /// Nearly always a value that the option takes, lest everything be refused.
    private static func right(_ option: CommandGrammar.Option, _ random: inout SeededGenerator) -> String {
        guard Int.random(in: 0..<8, using: &random) > 0 else { return values.randomElement(using: &random) ?? "" }
        return switch option.long {
        case "limit", "count", "jobs", "retry", "tail": "3"
        case "timeout", "expires", "idle", "command-timeout", "connect-timeout", "linger", "since", "until": "30s"
        case "after-cursor": "0123456789abcdef-7"
        case "reply-to": "01936f6e-0f3a-7c1e-8d2b-5a4f3c2b1a09"
        case "wait": "delivered"
        default: "bob"
        }
    }
}
