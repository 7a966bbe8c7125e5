/// Which options a command has, as far as one must know to read a command line word by word: a value may begin with
/// `-`, so only who knows that `-m` takes one can tell that the `--json` behind it is text.
///
/// ArgumentParser knows them too, but reads globals before it knows the command; a test compares both.
struct CommandGrammar: Sendable {
    struct Option: Sendable {
        /// Without dashes; nil for one that is short only.
        var long: String?
        var short: Character?
        var takesValue: Bool

        /// Its long name, or its letter where it has none.
        var name: String { long ?? short.map { String($0) } ?? "" }

        /// How it is handed on.
        var canonical: String { (long == nil ? "-" : "--") + name }
    }

    var options: [Option]
    /// Operands stand behind `--` only, and are a command with its arguments.
    var takesCommand: Bool
    /// Operands are a message's words, and a dash alone is standard input. Behind `--` it is text like any other.
    var takesMessage: Bool

    /// How that dash is handed on; nobody can type it.
    static let standardInput = Option(long: "standard-input", short: nil, takesValue: false)

    /// - Parameters:
    ///   - values: options that take exactly one value, as `long`, `long/s` or `/s`.
    ///   - flags: options that take none, written alike.
    init(values: [String] = [], flags: [String] = [], takesCommand: Bool = false, takesMessage: Bool = false) {
        options =
            values.map { Self.option($0, takesValue: true) } + flags.map { Self.option($0, takesValue: false) }
        self.takesCommand = takesCommand
        self.takesMessage = takesMessage
    }

    private static func option(_ text: String, takesValue: Bool) -> Option {
        let parts = text.split(separator: "/", omittingEmptySubsequences: false)
        return Option(
            long: parts[0].isEmpty ? nil : String(parts[0]), short: parts.count > 1 ? parts[1].first : nil,
            takesValue: takesValue)
    }

    func option(long: some StringProtocol) -> Option? { options.first { $0.long.map { $0 == long } ?? false } }
    func option(short: Character) -> Option? { options.first { $0.short == short } }

    /// What every command takes, before or behind its name.
    static let globals = CommandGrammar(
        values: ["server", "profile", "config", "trust", "color", "connect-timeout", "proxy", "keys"],
        flags: ["json", "quiet/q", "verbose/v", "no-input", "version", "help/h"])
}
