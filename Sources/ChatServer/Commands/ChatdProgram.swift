import ArgumentParser
import CLISupport
import Glibc
import Transport

/// The program `chatd`, from its arguments to the status that it ends with.
package enum ChatdProgram {
    /// - Parameter arguments: without the program's name.
    package static func run(_ arguments: [String]) async -> Int32 {
        ProcessHardening.forbidCoreFiles()
        OpenSSLLibrary.followConfiguration()
        let wantsJSON = arguments.prefix { $0 != "--" }.contains("--json")
        let beginning = CommandContext(json: wantsJSON, quiet: false, noInput: true)
        let path = CommandPath(arguments)
        if let problem = path.problem { return fail(problem, beginning) }
        let command: any ParsableCommand
        do { command = try RootCommand.parseAsRoot(arguments) } catch {
            return end(parsing: error, arguments, path, beginning)
        }
        guard let command = command as? any ChatdCommand else { return other(command, path, beginning) }
        let context = CommandContext(
            json: command.shared.json, quiet: command.shared.quiet, noInput: command.shared.noInput)
        do throws(Problem) {
            return try await command.run(in: context).rawValue
        } catch {
            var problem = error
            if problem.exit == .usage, problem.hint == nil, problem.advice == nil { problem.hint = path.hint }
            return fail(problem, context)
        }
    }

    private static func fail(_ problem: Problem, _ context: CommandContext) -> Int32 {
        context.report(problem)
        return problem.exit.rawValue
    }

    /// Help and version are answers; anything else is a command line that cannot be read.
    private static func end(
        parsing error: any Error, _ arguments: [String], _ path: CommandPath, _ context: CommandContext
    ) -> Int32 {
        guard RootCommand.exitCode(for: error) != .success else {
            return context.write(RootCommand.fullMessage(for: error)) ? 0 : ExitStatus.inputOutput.rawValue
        }
        let text = ParserMessage.sentence(RootCommand.message(for: error), arguments: arguments)
        return fail(Problem(.usage, text, hint: path.hint), context)
    }

    /// ArgumentParser's own command for help, or a group without one of its commands.
    private static func other(
        _ command: any ParsableCommand, _ path: CommandPath, _ context: CommandContext
    ) -> Int32 {
        let configuration = type(of: command).configuration
        guard !configuration.subcommands.isEmpty else {
            do {
                var help = command
                try help.run()
                return ExitStatus.done.rawValue
            } catch { return end(parsing: error, [], path, context) }
        }
        let names = configuration.subcommands.compactMap { $0.configuration.commandName }
        let text = "'\(path.words.joined(separator: " "))' needs one of \(names.joined(separator: ", "))"
        return fail(Problem(.usage, text, hint: path.hint), context)
    }
}
