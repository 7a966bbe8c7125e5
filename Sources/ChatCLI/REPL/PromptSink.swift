import CLISupport
import ChatClient

/// Shows what comes above the prompt.
struct PromptSink: FollowSink {
    let session: InteractiveSession
    private var hasFailedToMark = false

    init(session: InteractiveSession) { self.session = session }

    func waitForRoom() async { await session.display.screen.waitForRoom() }
    func take(_ event: ListenEvent) async throws(Problem) -> Reception { await session.take(event) }
    func waitUntilWritten() async { await session.display.screen.waitUntilWritten() }

    /// Told once: a full disk would say so at every message.
    mutating func failedToMark(_ problem: Problem) async {
        guard !hasFailedToMark else { return }
        hasFailedToMark = true
        await session.display.report(problem)
    }
}
