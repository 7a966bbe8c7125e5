import ChatProtocol
import Logging
import Synchronization

/// Keeps accounts and devices for the hub: grammar, throttle and invite come first, then the pool that computes
/// bcrypt, then the store; what fails is answered at the fixed deadline.
package actor AccountKeeper: AccountService {
    let store: any Store
    private let everyone: ConversationID
    nonisolated let passwords: PasswordPool
    let sources: ServerSources
    let log: Logger
    private(set) var policy: AccountPolicy
    var throttle: LoginThrottle
    var registrations = RateTable<AddressPrefix>(capacity: ServerLimits.throttleCapacity)
    private var deadline: FailureDeadline
    nonisolated let known = Mutex(KnownOrigins())

    /// - Parameters:
    ///   - everyone: the conversation that every new account joins.
    ///   - passwordCost: of the hashes that it makes; less for tests that are about something else.
    package init(
        store: any Store, everyone: ConversationID, policy: AccountPolicy, sources: ServerSources = .system,
        passwordCost: Int = PasswordHash.ownCost, log: Logger
    ) {
        self.store = store
        self.everyone = everyone
        self.policy = policy
        self.sources = sources
        self.log = log
        throttle = LoginThrottle(limits: policy.limits.loginThrottle)
        deadline = policy.limits.failureDeadline
        passwords = PasswordPool(
            threads: Int(clamping: policy.limits.passwordThreads), queue: Int(clamping: policy.limits.passwordQueue),
            cost: passwordCost)
    }

    /// Goes by another policy from now on; what was failed before still counts. The threads that compute passwords stay
    /// as many as they are.
    package func apply(_ policy: AccountPolicy) async {
        self.policy = policy
        throttle.limits = policy.limits.loginThrottle
        deadline = policy.limits.failureDeadline
        await passwords.setQueue(Int(clamping: policy.limits.passwordQueue))
    }

    package nonisolated func start() { passwords.start() }

    package func end() async { await passwords.end() }

    // MARK: Answers

    /// Holds a failure back until the deadline of what began at `start`. What says nothing about names and passwords
    /// (busy, slowed down, the store) is not held back.
    func hold(_ failure: Failure, since start: Ticks) async {
        guard failure.errorCode?.isTelling ?? true else { return }
        let delay = deadline.delay(start: start, now: sources.ticks())
        try? await Task.sleep(for: delay)
    }

    /// Asks the store. Its errors become what a peer is told.
    nonisolated func ask<Value: Sendable>(
        _ body: @Sendable () async throws(StoreFailure) -> Value
    ) async throws(Failure) -> Value {
        do throws(StoreFailure) {
            return try await body()
        } catch {
            if error.refusal == nil, error.kind != .closed { log.error("accounts", metadata: ["error": "\(error)"]) }
            throw error.failure
        }
    }

    /// Has the store change something, again as long as nobody knows whether it has.
    nonisolated func change<Value: Sendable>(
        _ body: @Sendable () async throws(StoreFailure) -> Value
    ) async throws(Failure) -> Value {
        try await ask { () throws(StoreFailure) in try await StoreFailure.settling(body) }
    }

    // MARK: As the store is now

    /// The cost of the dearest hash that any account has.
    nonisolated func dearestCost() async throws(Failure) -> Int {
        max(passwords.cost, try await ask { () throws(StoreFailure) in try await store.dearestImportedCost() })
    }

    nonisolated func generation() async throws(Failure) -> StoreGeneration {
        try await ask { () throws(StoreFailure) in try await store.identity().generation }
    }

    /// A new account reads everyone from now on. Where that fails, the next start does it.
    func joinEveryone(_ account: AccountID) async {
        _ = try? await ask { () throws(StoreFailure) in try await store.settle([.join(everyone, account)]) }
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
