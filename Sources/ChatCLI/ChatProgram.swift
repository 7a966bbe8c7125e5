import ArgumentParser
import CLISupport
import ChatClient
import Glibc
import System

/// The program `chat`, from its arguments to how it is to end.
package enum ChatProgram {
    package static let version = Release.version

    /// What the arguments come to: help, the version and usage errors are answered at once, without the machinery
    /// that a command needs and that costs a script a millisecond.
    package enum Beginning {
        case ended(Ending)
        /// - Parameter isBrief: whether the main thread is enough for it.
        case command(@Sendable () async -> Ending, isBrief: Bool)
    }

    /// - Parameter arguments: the bytes of each, without the program's name.
    package static func begin(_ arguments: [[UInt8]]) -> Beginning {
        // Before we open the first of ours.
        _ = CallersDescriptors.extra
        Descriptor.secureStandardOnes()
        // Swift would put replacement characters into what is not UTF-8, and they would be sent.
        let words = arguments.map { String(validating: $0, as: UTF8.self) }
        if let index = words.firstIndex(of: nil) {
            let problem = Problem(
                .notUTF8, "argument \(index + 1) is not UTF-8", hint: "convert it, with iconv for example")
            return .ended(fail(problem, Diagnostics(json: words.contains("--json"), quiet: false)))
        }
        return begin(words.compactMap(\.self))
    }

    private static func begin(_ arguments: [String]) -> Beginning {
        let output = Output()
        let line: ArgumentLine
        do throws(ArgumentLine.Failure) {
            line = try ArgumentLine(arguments)
        } catch {
            return .ended(fail(error.problem, Diagnostics(json: error.wantsJSON, quiet: false)))
        }
        do throws(Problem) {
            switch line.wish {
            case .version: try output.write(line: "chat \(version)")
            case .help: try output.write(line: help(line))
            case .dump: try output.write(line: RootCommand._dumpHelp())
            case .run:
                let (command, globals) = try parse(line)
                let shortage = command.isBrief ? ProcessMeans.briefShortage : ProcessMeans.shortage
                if let problem = shortage.map(Problem.init(shortage:)) {
                    let diagnostics = Diagnostics(json: globals.json, quiet: globals.quiet)
                    let ending = try command.runWithoutMeans(problem, diagnostics)
                    return .ended(ending ?? fail(problem, diagnostics))
                }
                return .command(
                    { [line] in await run(command, globals, of: line, output: output) }, isBrief: command.isBrief)
            }
            return .ended(.status(ExitStatus.done.rawValue))
        } catch {
            let diagnostics = Diagnostics(json: line.wantsJSON, quiet: false)
            return .ended(output.isReaderGone ? .signal(SIGPIPE) : fail(error, diagnostics))
        }
    }

    private static func help(_ line: ArgumentLine) -> String {
        let help = RootCommand.helpMessage(for: line.command)
        guard line.path.count > 1 else { return help }
        return help + "\n  Global options, such as --json, go with every command: see 'chat --help'."
    }

    private static func run(
        _ command: any ChatCommand, _ globals: GlobalFlags, of line: ArgumentLine, output: Output
    ) async -> Ending {
        let diagnostics = Diagnostics(json: globals.json, quiet: globals.quiet)
        let endings = Endings()
        // The first process of a container is not ended by a signal that it does nothing about.
        if getpid() == 1 { endings.intercept() }
        let invocation = Invocation(
            globals: globals, environment: .process, output: output, diagnostics: diagnostics,
            endings: endings)
        invocation.leaveClientsToTheKernel()
        // Not a child of this task: a signal ends the process whatever the command is waiting for.
        Task(executorPreference: MainThread.preferred) {
            do throws(Problem) {
                let status = try await command.run(in: invocation)
                await invocation.settle()
                endings.end(.status(status.rawValue))
            } catch {
                await invocation.settle()
                let problem = await invocation.completing(error)
                endings.end(output.isReaderGone ? .signal(SIGPIPE) : fail(problem, diagnostics, usageHint: line.hint))
            }
        }
        return await endings.wait()
    }

    private static func fail(_ problem: Problem, _ diagnostics: Diagnostics, usageHint: String? = nil) -> Ending {
        var problem = problem
        if problem.exit == .usage, problem.hint == nil, problem.advice == nil { problem.hint = usageHint }
        diagnostics.report(problem)
        return .status(problem.exit.rawValue)
    }

    private static func parse(_ line: ArgumentLine) throws(Problem) -> (any ChatCommand, GlobalFlags) {
        guard let type = line.command.runnable else {
            throw Problem(.internalFault, "'\(line.path.joined(separator: " "))' cannot be run")
        }
        return try parse(type, line)
    }

    private static func parse<Command: ChatCommand>(
        _ type: Command.Type, _ line: ArgumentLine
    ) throws(Problem) -> (any ChatCommand, GlobalFlags) {
        // What is wrong with a line is said by ArgumentParser alone.
        if let command = try? type.read(line.given), let globals = try? GlobalFlags(line.given) {
            return (command, globals)
        }
        let canonical = line.given.canonical
        do {
            return (try type.parse(canonical), try GlobalFlags(line.given))
        } catch {
            let text = ParserMessage.sentence(type.message(for: error), arguments: canonical)
            throw Problem(.usage, text, hint: line.hint)
        }
    }
}

extension Problem {
    fileprivate init(shortage: ProcessMeans.Shortage) {
        switch shortage {
        case .threads(let error):
            self.init(
                .noResources, "this process may have no more threads: \(error.text)",
                hint: "try again, or raise its limits: ulimit -u, ulimit -v, those of its container", sent: .no)
        case .descriptors(let limit, let needed):
            self.init(
                .noResources, "this process may open \(limit) files, and needs \(needed)", hint: "raise ulimit -n",
                sent: .no)
        }
    }
}
