import NIOCore
import NIOPosix
import System

/// Something that is confined to a thread of its own: a database connection and what stands on it.
///
/// Work is carried out one piece after the other, in the order in which it was given.
///
/// Sendable without a lock around `resource`: it is made, used and released by pieces of work on `pool` alone, and
/// `pool` has exactly one thread.
package final class StoreThread<Resource>: @unchecked Sendable {
    private let pool = NIOThreadPool(numberOfThreads: 1)
    private var resource: Resource?

    private init() {}

    /// Starts a thread and makes the resource on it.
    package static func start(making make: @escaping @Sendable () throws -> Resource) async throws -> StoreThread {
        let thread = StoreThread()
        thread.pool.start()
        do {
            try await thread.submit { thread.resource = try make() }
        } catch {
            try? await thread.pool.shutdownGracefully()
            throw error
        }
        return thread
    }

    /// Does `work` on the thread and calls `then` there.
    package func perform<Value>(
        _ work: @escaping @Sendable (Resource) throws -> Value,
        then: @escaping @Sendable (Result<Value, any Error>) -> Void
    ) {
        pool.submit { state in
            guard state == .active, let resource = self.resource else { return then(.failure(StoreThreadClosed())) }
            then(Result { try work(resource) })
        }
    }

    /// Does `work` on the thread and calls `completion` on `loop`. Called on `loop`.
    package func perform<Value: Sendable>(
        on loop: any EventLoop, _ work: @escaping @Sendable (Resource) throws -> Value,
        completion: @escaping (Result<Value, any Error>) -> Void
    ) {
        let completion = NIOLoopBound(completion, eventLoop: loop)
        perform(work) { result in
            loop.execute { completion.value(result) }
        }
    }

    /// Does `work` on the thread.
    package func value<Value: Sendable>(_ work: @escaping @Sendable (Resource) throws -> Value) async throws -> Value {
        try await answer { perform(work, then: $0) }.get()
    }

    /// Finishes the work that was given, releases the resource and ends the thread.
    package func close() async {
        try? await submit { self.resource = nil }
        try? await pool.shutdownGracefully()
    }

    private func submit(_ work: @escaping @Sendable () throws -> Void) async throws {
        let result: Result<Void, any Error> = await answer { done in pool.submit { _ in done(Result { try work() }) } }
        try result.get()
    }
}

/// The thread has ended.
package struct StoreThreadClosed: Error {}
