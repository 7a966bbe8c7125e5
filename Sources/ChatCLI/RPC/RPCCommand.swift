import ArgumentParser
import CLISupport
import ChatClient
import Glibc

struct RPCCommand: ChatCommand {
    static let configuration = CommandConfiguration(
        commandName: "rpc", abstract: "Answer JSON-RPC 2.0 on standard input and output, for bots and agents.",
        discussion: """
            One message a line. The method rpc.describe tells what can be called. At the end of the input it finishes \
            what is under way, and ends.
            """)

    @OptionGroup(visibility: .hidden) var globals: GlobalOptions

    func run(in invocation: Invocation) async throws(Problem) -> ExitStatus {
        invocation.endings.intercept()
        invocation.output.watchReader { invocation.endings.end(.signal(SIGPIPE)) }
        // Standard input is not for answers of a person.
        let client = try invocation.makeClient(settings: try invocation.settings(), interaction: Interaction.none)
        let output = RPCOutput(invocation.output) { Self.end(invocation, $0) }
        let listeners = RPCListeners(client: client, output: output, diagnostics: invocation.diagnostics)
        let session = RPCSession(table: Self.table(client, output, listeners), output: output)
        do throws(SystemError) {
            try await session.run(LineReader(limit: RPCLimits.line))
        } catch {
            throw Problem(.inputOutput, "cannot read standard input: \(error.text)")
        }
        await listeners.stopAll()
        await output.waitUntilWritten()
        return .done
    }

    static func table(_ client: Client, _ output: RPCOutput, _ listeners: RPCListeners) -> RPCMethodTable {
        let large = LargeAnswers(output: output)
        return RPCMethodTable(
            [SendMethod(senders: SenderPool(client: client)).method]
                + ListenMethods(listeners: listeners).methods
                + [HistoryMethod(client: client, large: large).method]
                + PeopleMethods(client: client, large: large).methods)
    }

    /// The output cannot be written: nobody would hear of anything any more.
    private static func end(_ invocation: Invocation, _ problem: Problem) {
        guard !invocation.output.isReaderGone else { return invocation.endings.end(.signal(SIGPIPE)) }
        invocation.diagnostics.report(problem)
        invocation.endings.end(.status(problem.exit.rawValue))
    }
}
