import NIOCore
import Synchronization

/// Wakes one waiter when there may be something to do; what happened stands elsewhere. A signal that nobody waits for
/// is kept for the next wait.
package final class Signal: Sendable {
    private struct State {
        var isSet = false
        var waiter: CheckedContinuation<Void, Never>?
    }
    private let state = Mutex(State())

    package init() {}

    package func set() {
        state.withLock { state -> CheckedContinuation<Void, Never>? in
            if let waiter = state.waiter.take() { return waiter }
            state.isSet = true
            return nil
        }?.resume()
    }

    /// Returns after `set`, or when `moment` has come (`Monotonic`). One waiter at a time.
    package func wait(until moment: Duration? = nil) async {
        let timer = moment.map { moment in
            ClientLoop.eventLoop.scheduleTask(in: max(.zero, TimeAmount(moment - Monotonic.now))) { self.set() }
        }
        await withCheckedContinuation { continuation in
            let isReady = state.withLock { state in
                guard !state.isSet else {
                    state.isSet = false
                    return true
                }
                state.waiter = continuation
                return false
            }
            if isReady { continuation.resume() }
        }
        timer?.cancel()
    }
}

/// Events for one taker, with a signal.
package final class Mailbox<Event: Sendable>: Sendable {
    private let events = Mutex<[Event]>([])
    package let signal = Signal()

    package init() {}

    package func post(_ event: Event) {
        events.withLock { $0.append(event) }
        signal.set()
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
