import CLISupport
import ChatClient

/// Tells what a listener of a session hears as notifications.
struct RPCSink: FollowSink {
    let output: RPCOutput
    let diagnostics: Diagnostics
    let tellsMeta: Bool
    /// Whether what was told counts as shown.
    let marks: Bool
    let tell: @Sendable (ListenEvent) async -> Void

    func waitForRoom() async { await output.waitForRoom() }

    func take(_ event: ListenEvent) async -> Reception {
        diagnostics.noteConnection(event)
        switch event {
        case .message, .gap: await tell(event)
        case .offline, .deviceWaits: break
        case .login, .live, .presence, .receipt, .member: if tellsMeta { await tell(event) }
        }
        // The caller says what is done (`listen.ack`).
        return Reception(isShown: marks, isDone: false)
    }

    func waitUntilWritten() async { await output.waitUntilWritten() }
}
