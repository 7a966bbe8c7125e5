import Glibc
import NIOCore
import NIOPosix

/// Threads that compute bcrypt, and a bounded queue before them. Confined to the event loop that it is made for.
package final class PasswordPool {
    /// Whoever ends the pool shuts these down; what still waits is completed with nil.
    package let threads: NIOThreadPool
    private let loop: any EventLoop
    private let threadCount: Int
    /// How many more than are being computed may wait.
    package var queue: Int
    private var outstanding = 0

    /// - Parameters:
    ///   - threads: how many computations run at once.
    ///   - queue: how many more may wait.
    package init(threads: Int, queue: Int, loop: any EventLoop) {
        threadCount = max(1, threads)
        self.threads = NIOThreadPool(numberOfThreads: threadCount)
        self.loop = loop
        self.queue = queue
        self.threads.start()
    }

    package var isFull: Bool { outstanding >= threadCount + max(0, queue) }

    /// Computes `work` on a thread and calls `completion` on the loop; nil where the pool was closed.
    ///
    /// - Returns: false, and nothing is done, where the queue is full.
    package func compute<Value: Sendable>(
        _ work: @escaping @Sendable () -> Value, completion: @escaping (Value?) -> Void
    ) -> Bool {
        guard !isFull else { return false }
        outstanding += 1
        let bound = NIOLoopBound((pool: self, completion: completion), eventLoop: loop)
        threads.submit { [loop] state in
            var value: Value?
            if state == .active {
                PasswordPool.yieldToOthers()
                value = work()
            }
            let result = value
            loop.execute {
                bound.value.pool.outstanding -= 1
                bound.value.completion(result)
            }
        }
        return true
    }

    /// The calling thread runs when the others have nothing to do: on Linux the priority belongs to the thread.
    private static func yieldToOthers() { setpriority(__priority_which_t(PRIO_PROCESS.rawValue), 0, 10) }
}
