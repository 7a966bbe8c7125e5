import ArgumentParser
import CLISupport

/// A name in the tree of commands: what can be run, or a group of others.
///
/// What must be known to find a command stands here and not in ArgumentParser's types, because nothing can be asked of
/// those without a dynamic cast, and each costs a walk over all conformances in the program.
protocol CommandNode: ParsableCommand {
    static var grammar: CommandGrammar { get }
    static var subcommands: [any CommandNode.Type] { get }
    static var isGroup: Bool { get }
    static func subcommand(_ name: String) -> (any CommandNode.Type)?
    static var name: String { get }
    /// Nil for a group.
    static var runnable: (any ChatCommand.Type)? { get }
}

extension CommandNode {
    static var grammar: CommandGrammar { CommandGrammar() }
    static var subcommands: [any CommandNode.Type] { [] }
    static var isGroup: Bool { !subcommands.isEmpty }
    static func subcommand(_ name: String) -> (any CommandNode.Type)? { subcommands.first { $0.name == name } }
    static var runnable: (any ChatCommand.Type)? { nil }
    static var name: String { configuration.commandName ?? _commandName }
}

/// A command of `chat`: declared for ArgumentParser, run with what the process has.
protocol ChatCommand: CommandNode, Sendable {
    /// The command as a line gives it, for those that scripts run in loops; nil for others, which ArgumentParser reads.
    ///
    /// - Throws: where anything is wrong with it; ArgumentParser says what.
    static func read(_ given: GivenOptions) throws -> Self?

    /// Whether it asks one thing and ends: then the main thread carries it out.
    var isBrief: Bool { get }

    /// How it ends where this process may not have what `run` needs: the problem is told, unless it can do more.
    ///
    /// - Returns: nil where only the problem is to be told.
    func runWithoutMeans(_ problem: Problem, _ diagnostics: Diagnostics) throws(Problem) -> Ending?

    /// Does it. What is thrown is told on stderr and decides the exit status.
    func run(in invocation: Invocation) async throws(Problem) -> ExitStatus
}

extension ChatCommand {
    static var runnable: (any ChatCommand.Type)? { Self.self }
    static func read(_ given: GivenOptions) throws -> Self? { nil }
    var isBrief: Bool { false }
    func runWithoutMeans(_ problem: Problem, _ diagnostics: Diagnostics) throws(Problem) -> Ending? { nil }
}
