import CLISupport
import ChatClient

/// Follows what the store gets: hands it to a sink at the sink's pace, moves the resume point over what is done, and
/// marks what was shown.
struct Follower<Sink: FollowSink>: Sendable {
    private let client: Client
    private(set) var sink: Sink
    private var shown = ShownBatch()

    init(client: Client, sink: Sink) {
        self.client = client
        self.sink = sink
    }

    /// Listens, and follows to the end.
    mutating func run(_ options: ListenOptions) async throws(Problem) -> FollowEnd {
        try await run(try await client.listen(options))
    }

    /// Follows to the end, and stops the listener.
    mutating func run(_ listener: MessageListener) async throws(Problem) -> FollowEnd {
        do throws(Problem) {
            let end = try await follow(listener)
            try await markShown()
            await listener.stop()
            return end
        } catch {
            // What was told was shown, whatever ends it.
            try? await markShown()
            await listener.stop()
            throw error
        }
    }

    private mutating func follow(_ listener: MessageListener) async throws(Problem) -> FollowEnd {
        while !sink.isSatisfied {
            await sink.waitForRoom()
            switch try await nextOutcome(listener) {
            case .event(let event):
                let reception = try await sink.take(event)
                if reception.isShown { shown.add(event) }
                if reception.isDone { try await listener.done(event) }
            case .timedOut: return .timedOut
            case .ended: return .ended
            }
        }
        return .satisfied
    }

    /// Marks are written when there is nothing else to do, or a batch of them is due.
    private mutating func nextOutcome(_ listener: MessageListener) async throws(Problem) -> ListenOutcome {
        guard !shown.isEmpty else { return try await listener.next(deadline: sink.deadline) }
        if !shown.isFull {
            let outcome = try await listener.next(deadline: .now)
            guard case .timedOut = outcome else { return outcome }
        }
        try await markShown()
        return try await listener.next(deadline: sink.deadline)
    }

    private mutating func markShown() async throws(Problem) {
        guard !shown.isEmpty else { return }
        let batch = shown
        shown = ShownBatch()
        await sink.waitUntilWritten()
        do throws(Problem) { try await batch.mark(client) } catch { try await sink.failedToMark(error) }
    }
}

/// What was shown and is not marked yet.
private struct ShownBatch: Sendable {
    /// Messages that are marked together at the most.
    private static let limit = 64

    private var messages: [ReceivedMessage] = []
    /// The last one: marking it marks those before it.
    private var gap: GapNotice?

    var isEmpty: Bool { messages.isEmpty && gap == nil }
    var isFull: Bool { messages.count >= Self.limit }

    mutating func add(_ event: ListenEvent) {
        switch event {
        case .message(let message): messages.append(message)
        case .gap(let gap): self.gap = gap
        case .login, .live, .presence, .receipt, .member, .deviceWaits, .offline: break
        }
    }

    func mark(_ client: Client) async throws(Problem) {
        if !messages.isEmpty { try await client.markShown(messages) }
        if let gap { try await client.markShown(gap) }
    }
}
