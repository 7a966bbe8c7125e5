import CLISupport
import ChatClient
import System

/// Hands a bot what comes, while it can hold more.
struct ReplySink: FollowSink {
    let replier: Replier
    let room: Gate
    var filterDoubts: FilterDoubts

    func waitForRoom() async { await room.pass() }

    mutating func take(_ event: ListenEvent) async throws(Problem) -> Reception {
        try await replier.take(event)
        await filterDoubts.take(event)
        // The bot says what is done.
        return Reception(isDone: false)
    }
}
