import Synchronization

/// A value that comes later, once, and stays.
package final class Later<Value: Sendable>: Sendable {
    private enum State {
        case awaited([CheckedContinuation<Value, Never>])
        case here(Value)
    }

    private let state = Mutex(State.awaited([]))

    package init() {}

    /// It has come. The first one counts: false where it was there.
    @discardableResult
    package func set(_ value: Value) -> Bool {
        let waiting = state.withLock { state -> [CheckedContinuation<Value, Never>]? in
            guard case .awaited(let waiting) = state else { return nil }
            state = .here(value)
            return waiting
        }
        for continuation in waiting ?? [] { continuation.resume(returning: value) }
        return waiting != nil
    }

    /// Nil while it has not come.
    package var soFar: Value? {
        state.withLock { if case .here(let value) = $0 { value } else { nil } }
    }

    /// Waits for it.
    package var value: Value {
        get async {
            await withCheckedContinuation { continuation in
                let known = state.withLock { state -> Value? in
                    switch state {
                    case .here(let value): return value
                    case .awaited(var waiting):
                        waiting.append(continuation)
                        state = .awaited(waiting)
                        return nil
                    }
                }
                if let known { continuation.resume(returning: known) }
            }
        }
    }
}

extension Later where Value == Void {
    package func set() { set(()) }
}

/// Waits for what `begin` is to call back with, exactly once: for one who waits alone, where a `Later` would keep a list of those who do.
package func answer<Value: Sendable>(of begin: (@escaping @Sendable (Value) -> Void) -> Void) async -> Value {
    await withCheckedContinuation { continuation in begin { continuation.resume(returning: $0) } }
}
