import ChatProtocol
import Logging
import NIOCore

/// Keeps accounts and devices for the hub: grammar, throttle and invite come first, then the pool that computes
/// bcrypt, then the database; what fails is answered at the fixed deadline. Confined to the hub's event loop.
package final class AccountKeeper: AccountService {
    let loop: any EventLoop
    let store: StoreThread<AccountDatabase>
    let passwords: PasswordPool
    let sources: ServerSources
    let log: Logger
    private(set) var policy: AccountPolicy
    var throttle: LoginThrottle
    var registrations = RateTable<AddressPrefix>(capacity: ServerLimits.throttleCapacity)
    private var deadline: FailureDeadline

    /// - Parameters:
    ///   - loop: the hub's event loop, on which everything but `close` is called.
    ///   - store: the accounts' database, on its thread.
    package init(
        loop: any EventLoop, store: StoreThread<AccountDatabase>, policy: AccountPolicy,
        sources: ServerSources = .system, log: Logger
    ) {
        self.loop = loop
        self.store = store
        self.policy = policy
        self.sources = sources
        self.log = log
        throttle = LoginThrottle(limits: policy.limits.loginThrottle)
        deadline = policy.limits.failureDeadline
        passwords = PasswordPool(
            threads: Int(clamping: policy.limits.passwordThreads), queue: Int(clamping: policy.limits.passwordQueue),
            loop: loop)
    }

    /// Goes by another policy from now on; what was failed before still counts. The threads that compute passwords stay
    /// as many as they are.
    package func apply(_ policy: AccountPolicy) {
        self.policy = policy
        throttle.limits = policy.limits.loginThrottle
        deadline = policy.limits.failureDeadline
        passwords.queue = Int(clamping: policy.limits.passwordQueue)
    }

    // MARK: Answers

    /// Completes a login or registration that came in at `start`: a success at once, a failure at the deadline. What
    /// says nothing about names and passwords (busy, slowed down, the store) is not held back.
    func answer<Value>(_ result: Result<Value, Failure>, since start: UInt64, _ completion: @escaping Completion<Value>)
    {
        guard case .failure(let failure) = result, failure.errorCode?.isTelling ?? true else {
            return completion(result)
        }
        let delay = deadline.delay(start: start, now: sources.ticks())
        loop.assumeIsolated().scheduleTask(in: .microseconds(Int64(clamping: delay))) { completion(result) }
    }

    /// Works on the accounts' database, and then on the loop. Errors of the database become what a peer is told.
    func work<Value: Sendable>(
        _ body: @escaping @Sendable (AccountDatabase) throws -> Value, then: @escaping (Result<Value, Failure>) -> Void
    ) {
        store.perform(on: loop, body) { [log] result in
            then(result.mapError { AccountKeeper.failure(of: $0, log: log) })
        }
    }

    private static func failure(of error: any Error, log: Logger) -> Failure {
        switch error {
        case let failure as Failure: return failure
        case is StoreThreadClosed: return Failure(.shuttingDown)
        default:
            let failure = StoreFailure(error)
            log.error("accounts", metadata: ["error": "\(failure.description)"])
            return failure.failure
        }
    }
}

extension ErrorCode {
    /// Whether the error's time could tell something about a name or a password.
    fileprivate var isTelling: Bool {
        switch self {
        case .busy, .rateLimited, .storeFailed, .storeFull, .shuttingDown, .internalError: false
        default: true
        }
    }
}

extension Failure {
    /// Slowed down; trying again helps after so many microseconds.
    static func slowedDown(_ wait: UInt64) -> Failure {
        Failure(.rateLimited, retryAfter: UInt32(clamping: wait / 1_000 + 1))
    }
}
