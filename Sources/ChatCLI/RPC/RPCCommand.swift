import ArgumentParser
import CLISupport
import ChatClient
import Glibc
import System

struct RPCCommand: ChatCommand {
    static let configuration = CommandConfiguration(
        commandName: "rpc", abstract: "Answer JSON-RPC 2.0 on standard input and output, for bots and agents.",
        discussion: """
            One message a line. The method rpc.describe tells what can be called. At the end of the input it finishes \
            what is under way, and ends.
            """)

    @OptionGroup(visibility: .hidden) var globals: GlobalOptions

    func run(in invocation: Invocation) async throws(Problem) -> ExitStatus {
        let asks = RunningAsks()
        Self.windUp(asks, invocation)
        // Standard input is not for answers of a person.
        let client = try invocation.makeClient(
            settings: try invocation.settings(), interaction: Interaction.none, hasManyListeners: true)
        let output = RPCOutput(invocation.output) { Self.broken($0, asks, invocation) }
        let listeners = RPCListeners(client: client, output: output, diagnostics: invocation.diagnostics)
        let notices = AskNotices(invocation: invocation)
        let table = Self.table(client, output, listeners, asks) { notices.tell($0) }
        do throws(SystemError) {
            try await RPCSession(table: table, output: output).run(LineReader(limit: RPCLimits.line))
        } catch {
            throw Problem(.inputOutput, "cannot read standard input: \(error.text)")
        }
        await listeners.stopAll()
        await output.waitUntilWritten()
        return .done
    }

    static func table(
        _ client: Client, _ output: RPCOutput, _ listeners: RPCListeners, _ asks: RunningAsks,
        _ report: @escaping @Sendable (AskNotice) -> Void
    ) -> RPCMethodTable {
        // What needs the server must not keep what needs none from its turn.
        let (local, remote) = (LargeAnswers(output: output), LargeAnswers(output: output))
        return RPCMethodTable(
            [SendMethod(senders: SenderPool(client: client)).method]
                + ListenMethods(listeners: listeners).methods
                + [AskMethod(client: client, asks: asks, report: report).method]
                + [HistoryMethod(client: client, large: local).method]
                + PeopleMethods(client: client, large: remote).methods)
    }

    // MARK: the end before the end of the input

    /// Those who were asked are told before we go; a second signal does not wait for that.
    private static func windUp(_ asks: RunningAsks, _ invocation: Invocation) {
        let first = invocation.endings.windUp { _ in }
        Task { await end(.signal(await first.value), asks, invocation) }
        invocation.output.watchReader { Task { await end(.signal(SIGPIPE), asks, invocation) } }
    }

    private static func end(_ ending: Ending, _ asks: RunningAsks, _ invocation: Invocation) async {
        await asks.cancelAll()
        invocation.endings.end(ending)
    }

    /// The output cannot be written: nobody would hear of anything any more.
    private static func broken(_ problem: Problem, _ asks: RunningAsks, _ invocation: Invocation) {
        let isReaderGone = invocation.output.isReaderGone
        if !isReaderGone { invocation.diagnostics.report(problem) }
        Task { await end(isReaderGone ? .signal(SIGPIPE) : .status(problem.exit.rawValue), asks, invocation) }
    }
}
