import Dispatch
import Synchronization

/// The main thread as an executor of tasks, for a command that asks one thing and ends: what it does one after the other
/// needs no pool, whose threads, timers and handovers cost a short command as much as its own work.
package final class MainThread: TaskExecutor {
    private static let executor = MainThread()
    private static let isServing = Atomic(false)

    private let jobs = Mutex<[UnownedJob]>([])
    private let comes = DispatchSemaphore(value: 0)

    private init() {}

    /// Where a task that takes part in such a command begins; nil, which is the pool, in every other process.
    package static var preferred: (any TaskExecutor)? { isServing.load(ordering: .acquiring) ? executor : nil }

    /// Carries out `work`, and all tasks that are begun as it prefers, on the main thread. To be called there.
    package static func serve(_ work: @escaping @Sendable () async -> Void) -> Never {
        isServing.store(true, ordering: .releasing)
        Task.detached(executorPreference: executor) { await work() }
        while true { executor.next().runSynchronously(on: executor.asUnownedTaskExecutor()) }
    }

    package func enqueue(_ job: consuming ExecutorJob) {
        let job = UnownedJob(job)
        jobs.withLock { $0.append(job) }
        comes.signal()
    }

    private func next() -> UnownedJob {
        while true {
            comes.wait()
            if let job = jobs.withLock({ $0.isEmpty ? nil : $0.removeFirst() }) { return job }
        }
    }
}
