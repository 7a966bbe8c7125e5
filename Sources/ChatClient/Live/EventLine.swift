import System

/// What a connection tells and somebody sees to beside what comes in: in its order, and no more of it than a line has room for, whatever
/// the server tells. Whoever leaves something out in a full line says how it is found again.
final class EventLine<Event: Sendable>: Sendable {
    /// So many may wait.
    static var room: Int { 256 }

    private let waiting: AsyncStream<Event>.Continuation
    private let work: Task<Void, Never>

    /// - Parameter work: sees to all that comes, one after the other.
    init(_ work: @escaping @Sendable (AsyncStream<Event>) async -> Void) {
        let (stream, waiting) = AsyncStream.makeStream(of: Event.self, bufferingPolicy: .bufferingOldest(Self.room))
        self.waiting = waiting
        self.work = Task(executorPreference: MainThread.preferred) { await work(stream) }
    }

    func hear(_ event: Event) { waiting.yield(event) }

    func end() {
        waiting.finish()
        work.cancel()
    }
}

extension AsyncStream where Element: Sendable {
    /// Does something with each, with a few at once.
    func forEach(atOnce most: Int, _ body: @escaping @Sendable (Element) async -> Void) async {
        await withTaskGroup(of: Void.self) { group in
            var running = 0
            for await element in self {
                if running == most { await group.next() } else { running += 1 }
                group.addTask { await body(element) }
            }
        }
    }
}
