import Synchronization

/// Questions whose answers are waited for. When the process goes, the asked are told that nobody waits any more.
final class RunningAsks: Sendable {
    private struct State {
        var tasks: [Int: Task<Void, Never>] = [:]
        var next = 0
        var isClosed = false
    }

    private let state = Mutex(State())

    func start(_ body: @escaping @Sendable () async -> Void) {
        state.withLock { state in
            let number = state.next
            state.next += 1
            let task = Task {
                await body()
                self.ended(number)
            }
            state.tasks[number] = task
            if state.isClosed { task.cancel() }
        }
    }

    private func ended(_ number: Int) {
        state.withLock { $0.tasks[number] = nil }
    }

    /// Returns when all have told whom they asked.
    func cancelAll() async {
        let tasks = state.withLock { state in
            state.isClosed = true
            return state.tasks.values.map(\.self)
        }
        for task in tasks { task.cancel() }
        for task in tasks { await task.value }
    }
}
