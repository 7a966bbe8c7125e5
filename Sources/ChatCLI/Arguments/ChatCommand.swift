import ArgumentParser
import CLISupport

/// A command of `chat`: read by ArgumentParser, run with what the process has.
protocol ChatCommand: ParsableCommand, Sendable {
    static var grammar: CommandGrammar { get }
    var globals: GlobalOptions { get }

    /// Does it. What is thrown is told on stderr and decides the exit status.
    func run(in invocation: Invocation) async throws(Problem) -> ExitStatus
}

extension ChatCommand {
    static var grammar: CommandGrammar { CommandGrammar() }
}
