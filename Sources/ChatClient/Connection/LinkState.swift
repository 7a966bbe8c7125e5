import CLISupport
import ChatProtocol
import Synchronization

/// What both halves of a `Link` share.
final class LinkState: Sendable {
    private struct State {
        var hello: ServerHello?
        var binding: ConnectionBinding?
        var login: Result<Welcome, Problem>?
        var end: Problem?
        var isRetired = false
        var whenUnusable: [@Sendable () -> Void] = []
        var tookNothing = false
        var loginWaiters: [CheckedContinuation<Result<Welcome, Problem>, Never>] = []
        var helloWaiters: [CheckedContinuation<Result<ServerHello, Problem>, Never>] = []
    }

    let inbox = LinkInbox()
    private let state = Mutex(State())

    /// Why the connection has ended; nil while it stands.
    var end: Problem? { state.withLock { $0.end } }
    /// It has ended, and nothing that was asked for on it was acted on.
    var tookNothing: Bool { state.withLock { $0.tookNothing } }
    var binding: ConnectionBinding? { state.withLock { $0.binding } }
    var isRetired: Bool { state.withLock { $0.isRetired } }
    /// It has ended, or is about to since the login was refused.
    var isOver: Bool {
        state.withLock { state in
            if case .failure = state.login { return true }
            return state.end != nil
        }
    }
    /// The welcome, if it has come.
    var welcome: Welcome? { state.withLock { try? $0.login?.get() } }

    func noteBinding(_ binding: ConnectionBinding) { state.withLock { $0.binding = binding } }

    func noteHello(_ hello: ServerHello) {
        let waiters = state.withLock { state in
            state.hello = hello
            defer { state.helloWaiters = [] }
            return state.helloWaiters
        }
        for waiter in waiters { waiter.resume(returning: .success(hello)) }
    }

    func noteLogin(_ reply: Result<RawFrame, Problem>) {
        settleLogin(
            reply.flatMap { frame in
                Result { () throws(Problem) in
                    guard let welcome = try? frame.decode(Welcome.self) else {
                        throw Problem(.protocolFault, "the server's welcome cannot be read")
                    }
                    return welcome
                }
            })
    }

    private func settleLogin(_ result: Result<Welcome, Problem>) {
        let waiters = state.withLock { state -> [CheckedContinuation<Result<Welcome, Problem>, Never>] in
            guard state.login == nil else { return [] }
            state.login = result
            defer { state.loginWaiters = [] }
            return state.loginWaiters
        }
        for waiter in waiters { waiter.resume(returning: result) }
    }

    func noteEnd(_ problem: Problem, tookNothing: Bool) {
        let waiters = state.withLock { state in
            if state.end == nil { state.tookNothing = tookNothing }
            state.end = state.end ?? problem
            defer { state.helloWaiters = [] }
            return state.helloWaiters
        }
        settleLogin(.failure(problem))
        for waiter in waiters { waiter.resume(returning: .failure(problem)) }
        inbox.close()
        noteUnusable()
    }

    func noteRetired() {
        state.withLock { $0.isRetired = true }
        noteUnusable()
    }

    private func noteUnusable() {
        let actions = state.withLock { state in
            defer { state.whenUnusable = [] }
            return state.whenUnusable
        }
        for action in actions { action() }
    }

    /// Has `action` called once, when it has ended or is retired.
    func whenUnusable(_ action: @escaping @Sendable () -> Void) {
        let isUnusable = state.withLock { state in
            if state.end != nil || state.isRetired { return true }
            state.whenUnusable.append(action)
            return false
        }
        if isUnusable { action() }
    }

    func waitForWelcome() async throws(Problem) -> Welcome {
        try await withCheckedContinuation { continuation in
            let known = state.withLock { state in
                if state.login == nil { state.loginWaiters.append(continuation) }
                return state.login
            }
            if let known { continuation.resume(returning: known) }
        }.get()
    }

    func waitForHello() async throws(Problem) -> ServerHello {
        try await withCheckedContinuation { continuation in
            let known = state.withLock { state -> Result<ServerHello, Problem>? in
                if let hello = state.hello { return .success(hello) }
                if let end = state.end { return .failure(end) }
                state.helloWaiters.append(continuation)
                return nil
            }
            if let known { continuation.resume(returning: known) }
        }.get()
    }
}
