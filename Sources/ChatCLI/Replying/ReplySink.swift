import CLISupport
import ChatClient
import System

/// Hands a bot what comes, while it can hold more.
struct ReplySink: FollowSink {
    let replier: Replier
    let room: Gate

    func waitForRoom() async { await room.pass() }

    func take(_ event: ListenEvent) async throws(Problem) -> Reception {
        try await replier.take(event)
        // The bot says what is done.
        return Reception(isDone: false)
    }
}
