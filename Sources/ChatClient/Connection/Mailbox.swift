import NIOCore
import Synchronization
import System

/// Events for one taker, with a gate that opens for him.
package final class Mailbox<Event: Sendable>: Sendable {
    private let events = Mutex<[Event]>([])
    package let gate = Gate()

    package init() {}

    package func post(_ event: Event) {
        events.withLock { $0.append(event) }
        gate.open()
    }

    package var isEmpty: Bool { events.withLock(\.isEmpty) }

    /// All that is there, in order.
    package func drain() -> [Event] {
        events.withLock { events in
            defer { events = [] }
            return events
        }
    }
}
