import CLISupport
import ChatClient

/// Where what is followed goes: standard output, a command, the prompt, a notification of `rpc`.
protocol FollowSink: Sendable {
    /// When following ends if nothing comes.
    var deadline: ContinuousClock.Instant? { get }
    /// Whether it wants nothing more.
    var isSatisfied: Bool { get }

    /// Returns when an event may come: what is not asked for stays in the store.
    func waitForRoom() async
    /// Tells an event, or leaves it out.
    mutating func take(_ event: ListenEvent) async throws(Problem) -> Reception
    /// Returns when everything that was told has left this process.
    func waitUntilWritten() async
    /// What was told could not be marked as shown.
    ///
    /// - Throws: where that ends the following.
    mutating func failedToMark(_ problem: Problem) async throws(Problem)
}

extension FollowSink {
    var deadline: ContinuousClock.Instant? { nil }
    var isSatisfied: Bool { false }
    func waitForRoom() async {}
    func waitUntilWritten() async {}
    mutating func failedToMark(_ problem: Problem) async throws(Problem) { throw problem }
}

/// What a sink has made of an event.
struct Reception: Sendable {
    /// It counts as shown to a person.
    var isShown = false
    /// It need not come again after a restart.
    var isDone = true
}

/// Why following has ended.
enum FollowEnd: Sendable {
    /// The sink has what it wanted.
    case satisfied
    /// The sink's time is up.
    case timedOut
    /// Nothing follows: the listener was stopped, or has told everything and was not to follow.
    case ended
}
