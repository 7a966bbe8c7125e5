import CLISupport
import ChatProtocol
import Synchronization
import System

/// What both halves of a `Link` share.
final class LinkState: Sendable {
    private struct State {
        var binding: ConnectionBinding?
        var end: Problem?
        var isRetired = false
        var whenUnusable: [@Sendable () -> Void] = []
        var tookNothing = false
        var hasLapsed = false
    }

    let inbox = LinkInbox()
    /// Where the server asks for a commit: known before the answer to what was asked behind it.
    let commitsWanted = WrittenGroups()
    private let hello = Later<Result<ServerHello, Problem>>()
    private let login = Later<Result<Welcome, Problem>>()
    private let state = Mutex(State())

    /// Why the connection has ended; nil while it stands.
    var end: Problem? { state.withLock { $0.end } }
    /// It has ended, and nothing that was asked for on it was acted on.
    var tookNothing: Bool { state.withLock { $0.tookNothing } }
    /// It has ended since hello and login took longer than they may.
    var hasLapsed: Bool { state.withLock { $0.hasLapsed } }
    var binding: ConnectionBinding? { state.withLock { $0.binding } }
    var isRetired: Bool { state.withLock { $0.isRetired } }
    /// It has ended, or is about to since the login was refused.
    var isOver: Bool {
        if case .failure = login.soFar { return true }
        return end != nil
    }
    /// The welcome, if it has come.
    var welcome: Welcome? { try? login.soFar?.get() }

    func noteBinding(_ binding: ConnectionBinding) { state.withLock { $0.binding = binding } }

    func noteHello(_ hello: ServerHello) { self.hello.set(.success(hello)) }

    func noteLogin(_ reply: Result<RawFrame, Problem>) {
        login.set(
            reply.flatMap { frame in
                Result { () throws(Problem) in
                    guard let welcome = try? frame.decode(Welcome.self) else {
                        throw Problem(.protocolFault, "the server's welcome cannot be read")
                    }
                    return welcome
                }
            })
    }

    func noteLapsed() { state.withLock { $0.hasLapsed = true } }

    func noteEnd(_ problem: Problem, tookNothing: Bool) {
        state.withLock { state in
            if state.end == nil { state.tookNothing = tookNothing }
            state.end = state.end ?? problem
        }
        login.set(.failure(problem))
        hello.set(.failure(problem))
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

    func waitForWelcome() async throws(Problem) -> Welcome { try await login.value.get() }
    func waitForHello() async throws(Problem) -> ServerHello { try await hello.value.get() }
}
