import Synchronization

/// Open or closed: who comes to it goes through as soon as it is open.
///
/// A condition that stands elsewhere opens and closes it, or a lone reader closes it behind itself and then looks what
/// there is, so that nothing is missed. Cancelling a task opens no gate: where that is wanted its handler does.
package final class Gate: Sendable {
    private struct State {
        var isOpen: Bool
        var waiting: [CheckedContinuation<Void, Never>] = []
    }

    private let state: Mutex<State>

    package init(isOpen: Bool = false) { state = Mutex(State(isOpen: isOpen)) }

    /// Lets everybody through who waits, and whoever comes.
    package func open() { set(isOpen: true) }

    package func close() { set(isOpen: false) }

    package func set(isOpen: Bool) {
        let freed = state.withLock { state -> [CheckedContinuation<Void, Never>] in
            state.isOpen = isOpen
            guard isOpen, !state.waiting.isEmpty else { return [] }
            defer { state.waiting = [] }
            return state.waiting
        }
        for continuation in freed { continuation.resume() }
    }

    /// Returns when it is open, or has been for a moment.
    package func pass() async {
        guard !state.withLock({ $0.isOpen }) else { return }
        await withCheckedContinuation { continuation in
            let isOpen = state.withLock { state in
                if !state.isOpen { state.waiting.append(continuation) }
                return state.isOpen
            }
            if isOpen { continuation.resume() }
        }
    }

    /// For one who waits alone: goes through and closes it, and looks then.
    package func passAndClose() async {
        await pass()
        close()
    }
}
