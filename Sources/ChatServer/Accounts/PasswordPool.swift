import ChatProtocol
import Glibc
import NIOPosix

/// Threads that compute bcrypt, and a bounded queue before them.
package actor PasswordPool {
    /// When a full queue has room again, milliseconds: about ten computations.
    private static let busyRetry: UInt32 = 2_000

    private let threads: NIOThreadPool
    private let threadCount: Int
    /// How many more than are being computed may wait.
    private var queue: Int
    private var outstanding = 0

    /// - Parameters:
    ///   - threads: how many computations run at once.
    ///   - queue: how many more may wait.
    package init(threads: Int, queue: Int) {
        threadCount = max(1, threads)
        self.threads = NIOThreadPool(numberOfThreads: threadCount)
        self.queue = queue
        self.threads.start()
    }

    package func setQueue(_ queue: Int) { self.queue = queue }

    /// Ends the threads; who still waits is refused by `shuttingDown`.
    package func end() async { try? await threads.shutdownGracefully() }

    /// Computes `work` on a thread.
    ///
    /// - Throws: `busy` where the queue is full, `shuttingDown` where the pool has ended.
    package func compute<Value: Sendable>(
        _ work: @escaping @Sendable () -> Value
    ) async throws(Failure) -> Value {
        guard outstanding < threadCount + max(0, queue) else { throw Failure(.busy, retryAfter: Self.busyRetry) }
        outstanding += 1
        defer { outstanding -= 1 }
        let value = await withCheckedContinuation { (continuation: CheckedContinuation<Value?, Never>) in
            threads.submit { state in
                guard state == .active else { return continuation.resume(returning: nil) }
                Self.yieldToOthers()
                continuation.resume(returning: work())
            }
        }
        guard let value else { throw Failure(.shuttingDown) }
        return value
    }

    /// Hashes a password that may be set.
    package func hash(_ password: [UInt8]) async throws(Failure) -> PasswordHash {
        guard let hash = try await compute({ try? Bcrypt.hash(password) }) else { throw Failure(.internalError) }
        return hash
    }

    /// The calling thread runs when the others have nothing to do: on Linux the priority belongs to the thread.
    private static func yieldToOthers() { setpriority(__priority_which_t(PRIO_PROCESS.rawValue), 0, 10) }
}
