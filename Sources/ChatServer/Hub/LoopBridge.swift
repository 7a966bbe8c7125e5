import NIOCore

/// Where the hub, which is confined to an event loop, asks what answers asynchronously. Confined to the same loop.
package struct LoopBridge {
    private let loop: any EventLoop
    private let executor: LoopExecutor
    private let computing: (any TaskExecutor)?

    /// - Parameter computing: who computes; nil: the threads of the process.
    package init(_ loop: any EventLoop, computing: (any TaskExecutor)? = nil) {
        self.loop = loop
        executor = LoopExecutor(loop)
        self.computing = computing
    }

    /// Does `work`, and then calls `then` on the loop. What of `work` stands between its waits runs on the loop too, so
    /// that nothing goes by way of a third thread: for the store, whose work is done on threads of its own.
    package func perform<Value: Sendable, Fault: Error>(
        _ work: @escaping @Sendable () async throws(Fault) -> Value, then: @escaping (Result<Value, Fault>) -> Void
    ) {
        let then = NIOLoopBound(then, eventLoop: loop)
        Task(executorPreference: executor) {
            let result = await Self.result(of: work)
            then.value(result)
        }
    }

    /// As `perform`, for `work` that computes: it keeps away from the loop.
    package func compute<Value: Sendable, Fault: Error>(
        _ work: @escaping @Sendable () async throws(Fault) -> Value, then: @escaping (Result<Value, Fault>) -> Void
    ) {
        let then = NIOLoopBound(then, eventLoop: loop)
        Task(executorPreference: computing) { [loop] in
            let result = await Self.result(of: work)
            loop.execute { then.value(result) }
        }
    }

    private static func result<Value, Fault: Error>(
        of work: @Sendable () async throws(Fault) -> Value
    ) async -> Result<Value, Fault> {
        do throws(Fault) { return .success(try await work()) } catch { return .failure(error) }
    }
}

/// Runs the pieces of tasks on an event loop.
final class LoopExecutor: TaskExecutor {
    private let loop: any EventLoop

    init(_ loop: any EventLoop) { self.loop = loop }

    func enqueue(_ job: consuming ExecutorJob) {
        let job = UnownedJob(job)
        loop.execute { job.runSynchronously(on: self.asUnownedTaskExecutor()) }
    }
}
