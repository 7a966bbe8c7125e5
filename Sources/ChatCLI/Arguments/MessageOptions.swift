import ArgumentParser
import CLISupport
import ChatClient
import Glibc

/// The text of a message: by `-m`, as words, or by standard input.
struct MessageOptions: ParsableArguments, Sendable {
    @Option(name: [.customShort("m"), .long], help: ArgumentHelp("The message.", valueName: "text"))
    var message: String?
    @Argument(help: "The message, or '-' for standard input.") var words: [String] = []
    /// `-`, which `ArgumentLine` tells from the same text behind `--`.
    @Flag(help: .hidden) var standardInput = false

    /// - Throws: 64 where it is given twice.
    func check() throws(Problem) {
        if message != nil && (!words.isEmpty || standardInput) {
            throw Problem(.usage, "the message is given twice, by -m and by words")
        }
    }

    /// - Throws: 64 where there is none, and nobody at standard input but a person; 65 what no message may be; 74.
    func text() async throws(Problem) -> String {
        if let message { return try MessageText.check(message) }
        if !words.isEmpty { return try MessageText.check(words.joined(separator: " ")) }
        guard standardInput || isatty(STDIN_FILENO) == 0 else {
            throw Problem(.usage, "no message; give it by -m, as words, or by standard input")
        }
        return try await MessageInput.standardInput()
    }
}
