import CLISupport

/// A command line, read word by word: which command it is, and its words in a form that can be read in one way only.
///
/// Flags, options and operands may come in any order, globals before or behind the command, `--` ends the options,
/// an option takes exactly one value whatever that looks like, and nothing is abbreviated.
struct ArgumentLine: Sendable {
    enum Wish {
        case run
        case help
        case version
        /// The command's description as JSON, from which tests compare manuals and completions.
        case dump
    }

    private(set) var wish = Wish.run
    /// The command's names, beginning with `chat`.
    private(set) var path: [String]
    private(set) var command: any CommandNode.Type = RootCommand.self
    private(set) var wantsJSON = false
    private(set) var given = GivenOptions()
    /// `help` is asked of a command that there is none of.
    private var isWithoutTopic = false
    private var hasHelpWord = false

    /// A command line that cannot be read; how it wants to be told is known all the same.
    struct Failure: Error {
        var problem: Problem
        var wantsJSON: Bool
    }

    /// - Parameter words: the arguments without the program's name.
    init(_ words: [String]) throws(Failure) {
        path = [command.name]
        var reader = WordReader(words: words)
        do throws(Problem) {
            try read(&reader)
        } catch {
            if wish == .run || isWithoutTopic {
                let behind = reader.rest.prefix { $0 != "--" }.contains("--json")
                throw Failure(problem: error, wantsJSON: wantsJSON || behind)
            }
        }
    }

    private var grammar: CommandGrammar { command.grammar }
    private var isGroup: Bool { command.isGroup }

    private mutating func read(_ reader: inout WordReader) throws(Problem) {
        // A dash before the two dashes, and nothing else.
        var isDash = false
        while let word = reader.next() {
            if word == "--" {
                isDash = isDash && reader.rest.isEmpty
                given.operands += reader.rest
                reader.skipRest()
            } else if word.hasPrefix("--") {
                try readLong(word.dropFirst(2), &reader)
            } else if word.hasPrefix("-"), word != "-" {
                try readShort(word.dropFirst(), &reader)
            } else {
                try readOperand(word)
                isDash = given.operands == ["-"]
            }
        }
        if isDash, grammar.takesMessage {
            given.operands = []
            given.add(CommandGrammar.standardInput)
        }
        if wish == .run, isGroup, path.count > 1 { throw missingCommand() }
        if wish == .run, path.count == 1, let word = given.operands.first { throw unknownCommand(word) }
    }

    private mutating func readOperand(_ word: String) throws(Problem) {
        guard isGroup else {
            guard !grammar.takesCommand else {
                throw usage("unexpected argument '\(word)': a command to run stands behind '--'")
            }
            given.operands.append(word)
            return
        }
        if path.count == 1, word == "help" {
            wish = .help
            hasHelpWord = true
            return
        }
        guard let next = command.subcommand(word) else {
            isWithoutTopic = hasHelpWord
            throw unknownCommand(word)
        }
        command = next
        path.append(word)
    }

    private mutating func readLong(_ text: Substring, _ reader: inout WordReader) throws(Problem) {
        let name = text.prefix { $0 != "=" }
        let attached = name.endIndex == text.endIndex ? nil : String(text[text.index(after: name.endIndex)...])
        if name == "experimental-dump-help" {
            wish = .dump
            return
        }
        guard let option = grammar.option(long: name) ?? CommandGrammar.globals.option(long: name) else {
            throw usage("unknown option '--\(name)'")
        }
        if option.takesValue {
            try add(option, value: attached ?? reader.next())
        } else {
            guard attached == nil else { throw usage("option '--\(name)' takes no value") }
            add(flag: option)
        }
    }

    /// One or more letters; the first that takes a value takes the rest of the word, or the next word.
    private mutating func readShort(_ letters: Substring, _ reader: inout WordReader) throws(Problem) {
        var rest = letters
        while let letter = rest.popFirst() {
            guard let option = grammar.option(short: letter) ?? CommandGrammar.globals.option(short: letter) else {
                throw usage("unknown option '-\(letter)'")
            }
            guard option.takesValue else {
                add(flag: option)
                continue
            }
            try add(option, value: rest.isEmpty ? reader.next() : String(rest))
            return
        }
    }

    private mutating func add(_ option: CommandGrammar.Option, value: String?) throws(Problem) {
        guard let value else { throw usage("option '\(option.canonical)' needs a value") }
        given.add(option, value: value)
    }

    private mutating func add(flag option: CommandGrammar.Option) {
        switch option.long {
        case "help": wish = .help
        case "version": wish = .version
        case "json": wantsJSON = true
        default: break
        }
        given.add(option)
    }

    private func usage(_ text: String) -> Problem { Problem(.usage, text, hint: hint) }

    /// Where help is.
    var hint: String { "see '\(path.joined(separator: " ")) --help'" }

    private func unknownCommand(_ word: String) -> Problem {
        usage("unknown command '\((path.dropFirst() + [word]).joined(separator: " "))'")
    }

    private func missingCommand() -> Problem {
        let names = command.subcommands.map { $0.name }
        return usage("'\(path.joined(separator: " "))' needs one of \(names.joined(separator: ", "))")
    }
}

private struct WordReader {
    private let words: [String]
    private var position = 0

    init(words: [String]) { self.words = words }

    var rest: ArraySlice<String> { words[position...] }

    mutating func next() -> String? {
        guard position < words.count else { return nil }
        position += 1
        return words[position - 1]
    }

    mutating func skipRest() { position = words.count }
}
