import ChatProtocol
import NIOPosix
import System

/// Threads that compute bcrypt, and the bounded queue before them.
package actor PasswordPool {
    /// When a full queue has room again: about ten computations.
    private static let busyRetry = Duration.seconds(2)

    /// The cost of each hash that is made.
    package nonisolated let cost: Int
    private let threads: NIOThreadPool
    private let threadCount: Int
    private var running = 0
    /// What waits for a turn is told why it gets none, or nil when it has come.
    private var waiting: PasswordQueue<Later<Failure?>>

    /// - Parameters:
    ///   - threads: how many computations run at once.
    ///   - queue: how many more may wait.
    ///   - cost: of each hash that is made.
    package init(threads: Int, queue: Int, cost: Int = PasswordHash.ownCost) {
        self.cost = cost
        threadCount = max(1, threads)
        self.threads = NIOThreadPool(numberOfThreads: threadCount)
        waiting = PasswordQueue(capacity: queue)
    }

    package nonisolated func start() { threads.start() }

    package func setQueue(_ queue: Int) { waiting.capacity = queue }

    /// Ends the threads; who still waits is refused by `shuttingDown`.
    package func end() async { try? await threads.shutdownGracefully() }

    /// Computes `work` on a thread, when the turn of `place` has come.
    ///
    /// - Throws: `busy` where it may not wait, `shuttingDown` where the pool has ended.
    package func compute<Value: Sendable>(
        for place: PasswordPlace, _ work: @escaping @Sendable () -> Value
    ) async throws(Failure) -> Value {
        try await takeTurn(place)
        defer { endTurn() }
        let value = Later<Value?>()
        threads.submit { state in
            guard state == .active else { return _ = value.set(nil) }
            Self.yieldToOthers()
            value.set(work())
        }
        guard let value = await value.value else { throw Failure(.shuttingDown) }
        return value
    }

    /// Hashes a password that may be set.
    package func hash(_ password: [UInt8], for place: PasswordPlace) async throws(Failure) -> PasswordHash {
        guard let hash = try await compute(for: place, { [cost] in try? Bcrypt.hash(password, cost: cost) }) else {
            throw Failure(.internalError)
        }
        return hash
    }

    private func takeTurn(_ place: PasswordPlace) async throws(Failure) {
        guard running >= threadCount else {
            running += 1
            return
        }
        let busy = Failure(.busy, retryAfter: Self.busyRetry)
        let refusal = Later<Failure?>()
        switch waiting.add(refusal, place) {
        case .waits: break
        case .displaces(let other): other.set(busy)
        case .refused: throw busy
        }
        if let refusal = await refusal.value { throw refusal }
    }

    /// Hands the turn to whoever is next.
    private func endTurn() {
        if let next = waiting.next() { next.set(nil) } else { running -= 1 }
    }

    /// The calling thread lets the others go first: on Linux the priority belongs to the thread. It stands behind what else runs on
    /// this machine, too: with 10 beside ten busy processes it would have a fiftieth of a processor, and no login its time.
    private static func yieldToOthers() { setpriority(__priority_which_t(PRIO_PROCESS.rawValue), 0, politeness) }
    private static let politeness: Int32 = 3
}
