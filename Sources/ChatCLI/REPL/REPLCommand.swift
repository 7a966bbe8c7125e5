import CLISupport
import ChatClient
import Glibc

/// `chat` without a command: the prompt on a terminal, its lines from a pipe else. The options are declared by
/// `RootCommand`, which hands over here.
struct REPLCommand {
    /// `-e`
    let stopAtFailure: Bool
    /// `--linger`
    let linger: Duration

    func run(in invocation: Invocation) async throws(Problem) -> ExitStatus {
        throw Problem(.internalFault, "the prompt is not built yet")
    }
}
