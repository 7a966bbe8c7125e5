import ArgumentParser
import CLISupport

/// The command that a command line of `chatd` names, as far as its words are understood: help is asked for by them, too.
struct CommandPath {
    private(set) var words = ["chatd"]
    /// What stands where a command is to come, and is none.
    private(set) var unknown: String?

    /// - Parameter arguments: without the program's name.
    init(_ arguments: [String]) {
        var rest = arguments.prefix { $0 != "--" }
        var command: any ParsableCommand.Type = RootCommand.self
        var wantsHelp = false
        while let word = rest.popFirst() {
            if word.hasPrefix("-") {
                if Self.valued.contains(word) { _ = rest.popFirst() }
                // Whether the next word is its value says the command to which it belongs.
                guard Self.valued.contains(word) || Self.flags.contains(word) || word.contains("=") else { return }
                continue
            }
            if word == "help", words.count == 1, !wantsHelp {
                wantsHelp = true
                continue
            }
            let commands = command.configuration.subcommands
            guard !commands.isEmpty else { return }
            guard let next = commands.first(where: { $0.configuration.commandName == word }) else {
                unknown = word
                return
            }
            words.append(word)
            command = next
        }
    }

    private static let valued: Set = ["--data", "--config"]
    private static let flags: Set = [
        "--json", "--no-input", "--quiet", "-q", "--verbose", "-v", "--version", "--help", "-h",
    ]

    /// Where help is.
    var hint: String { "see '\(words.joined(separator: " ")) --help'" }

    /// What is wrong with it by its words alone.
    var problem: Problem? {
        unknown.map { word in
            Problem(.usage, "unknown command '\((words.dropFirst() + [word]).joined(separator: " "))'", hint: hint)
        }
    }
}
