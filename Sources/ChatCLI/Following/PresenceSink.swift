import CLISupport
import ChatClient

/// Prints who comes and goes.
struct PresenceSink: FollowSink {
    let invocation: Invocation

    func take(_ event: ListenEvent) async throws(Problem) -> Reception {
        guard case .presence(let change) = event else {
            invocation.diagnostics.noteConnection(event)
            return Reception()
        }
        let plain = invocation.plain.presence(change).joined(separator: "\n")
        try await invocation.output.writeAside(line: invocation.json ? JSONLines.presence(change).text : plain)
        return Reception()
    }
}
