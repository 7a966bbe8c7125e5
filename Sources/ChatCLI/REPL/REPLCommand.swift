import CLISupport
import ChatClient
import ChatProtocol
import Glibc
import System

/// `chat` without a command: the prompt on a terminal, its lines from a pipe else. The options are declared by
/// `RootCommand`, which hands over here.
struct REPLCommand {
    /// Bytes that a line may have: a message of the largest size, and the command and the name in front of it.
    static let lineLimit = Limits.text + 128

    /// `-e`
    let stopAtFailure: Bool
    /// `--linger`
    let linger: Duration

    func run(in invocation: Invocation) async throws(Problem) -> ExitStatus {
        let settings = try invocation.settings()
        invocation.output.watchReader { invocation.endings.end(.signal(SIGPIPE)) }
        if invocation.canAsk { return try await prompt(invocation, settings) }
        invocation.endings.intercept()
        let client = try invocation.makeClient(settings: settings)
        let run = PipedRun(
            stopsAtFailure: stopAtFailure, linger: linger, isScript: Descriptor.isReadable(STDIN_FILENO))
        return try await PipedSession(invocation: invocation, client: client, run: run).run()
    }

    private func prompt(_ invocation: Invocation, _ settings: ClientSettings) async throws(Problem) -> ExitStatus {
        // Started in the background it waits there: in the foreground the terminal is as the shell has left it.
        Foreground.await(on: STDIN_FILENO)
        let question = await ServerQuestion(invocation: invocation)
        let interaction = Interaction { await question.confirm($0) }
        let client = try invocation.makeClient(settings: settings, interaction: interaction)
        let identity = try await client.whoAmI()
        let session = try await InteractiveSession(
            invocation: invocation, settings: settings, client: client, identity: identity)
        await question.ask(on: session.display.screen)
        return try await session.run()
    }
}

/// Asks whether a server is to be trusted while the prompt has the terminal.
@MainActor
private final class ServerQuestion {
    private let invocation: Invocation
    private weak var screen: REPLScreen?

    init(invocation: Invocation) { self.invocation = invocation }

    func ask(on screen: REPLScreen) { self.screen = screen }

    func confirm(_ server: UnknownServer) async -> Bool {
        guard let screen else { return await invocation.confirm(server) }
        return await screen.lend { await self.invocation.confirm(server) }
    }
}
