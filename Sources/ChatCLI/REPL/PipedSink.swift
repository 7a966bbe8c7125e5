import CLISupport
import ChatClient

/// Prints what comes while lines are read from a pipe.
struct PipedSink: FollowSink {
    let invocation: Invocation
    let reports: REPLReports
    /// The connection is logged in (again).
    let connected: @Sendable () -> Void
    let received: @Sendable (ReceivedMessage) -> Void
    /// What was missed has been told.
    let isLive: @Sendable () -> Void

    func take(_ event: ListenEvent) async throws(Problem) -> Reception {
        switch event {
        case .message(let message):
            // Who reads the line may answer it at once.
            received(message)
            try await invocation.output.writeAside(line: reports.message(message))
            return Reception(isShown: true)
        case .gap(let gap):
            try await invocation.output.writeAside(line: reports.gap(gap))
            return Reception(isShown: true)
        case .login, .live, .presence, .receipt, .member, .deviceWaits, .offline:
            invocation.diagnostics.noteConnection(event)
            if case .login = event { connected() }
            if case .live = event { isLive() }
            return Reception()
        }
    }
}
