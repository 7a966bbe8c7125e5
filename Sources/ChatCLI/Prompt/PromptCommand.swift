import CLISupport
import ChatClient
import Glibc

/// `chat` without a command: the prompt on a terminal, its lines from a pipe else.
struct PromptCommand {
    let stopAtFailure: Bool
    let linger: Duration

    func run(in invocation: Invocation) async throws(Problem) -> ExitStatus {
        throw Problem(.internalFault, "the prompt is not built yet")
    }
}
