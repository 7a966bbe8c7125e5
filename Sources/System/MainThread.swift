import Synchronization

/// The main thread as an executor of tasks, for a command that asks one thing and ends: what it does one after the other
/// needs no pool, whose threads, timers and handovers cost a short command as much as its own work.
package final class MainThread: TaskExecutor {
    private static let executor = MainThread()
    private static let isServing = Atomic(false)

    private let loop = PollLoop()

    private init() {}

    /// Where a task that takes part in such a command begins; nil, which is the pool, in every other process.
    package static var preferred: (any TaskExecutor)? { isServing.load(ordering: .acquiring) ? executor : nil }

    /// What the main thread of such a command waits in; nil in every other process.
    package static var servingLoop: PollLoop? { isServing.load(ordering: .acquiring) ? executor.loop : nil }

    /// Carries out `work`, and all tasks that are begun as it prefers, on the main thread. To be called there.
    package static func serve(_ work: @escaping @Sendable () async -> Void) -> Never {
        isServing.store(true, ordering: .releasing)
        Task.detached(executorPreference: executor) { await work() }
        while true { executor.loop.run() }
    }

    package func enqueue(_ job: consuming ExecutorJob) {
        let job = UnownedJob(job)
        loop.perform { job.runSynchronously(on: self.asUnownedTaskExecutor()) }
    }
}
