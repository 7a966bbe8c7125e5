import CLISupport
import ChatProtocol
import NIOCore
import System
import Transport

/// A connection to a server that is trusted: from the hellos to the end.
///
/// Requests may be handed over at once. They go out behind the login, in the same write as far as they are there by
/// then; if the login is refused they fail with what refused it.
final class Link: Sendable {
    let address: ServerAddress
    let peer: PeerIdentity
    /// When the server's certificate ends.
    let certificateEnd: Timestamp
    private let eventLoop: any EventLoop
    private let core: NIOLoopBound<LinkCore>
    private let shared: LinkState

    private init(
        address: ServerAddress, peer: PeerIdentity, certificateEnd: Timestamp, eventLoop: any EventLoop,
        core: NIOLoopBound<LinkCore>,
        shared: LinkState
    ) {
        self.address = address
        self.peer = peer
        self.certificateEnd = certificateEnd
        self.eventLoop = eventLoop
        self.core = core
        self.shared = shared
    }

    /// Takes over a connection whose server is trusted, and logs in as soon as it has said hello.
    ///
    /// - Parameter line: what is used in the place of the connection, which leads to it.
    static func start(
        _ trusted: TrustedConnection.Opened, address: ServerAddress, login: LinkLogin,
        line: @escaping LinkLine = { $0 }
    ) async throws -> Link {
        let opened = trusted.connection
        let eventLoop = opened.eventLoop
        return try await eventLoop.submit {
            let shared = LinkState()
            let core = LinkCore(
                line(opened.connection), address: address, login: login, patience: login.patience(left: trusted.left),
                shared: shared)
            core.start()
            return Link(
                address: address, peer: opened.peer, certificateEnd: opened.certificateEnd, eventLoop: eventLoop,
                core: NIOLoopBound(core, eventLoop: eventLoop), shared: shared)
        }.get()
    }

    /// Why the connection has ended; nil while it stands.
    var end: Problem? { shared.end }
    /// It has ended, or is about to since the login was refused.
    var isOver: Bool { shared.isOver }
    /// Where the server has asked for a commit on it.
    var commitsWanted: WrittenGroups { shared.commitsWanted }
    /// It has ended, and nothing that was asked for on it was acted on: it was never sent, or stood behind a login that
    /// was refused.
    var tookNothing: Bool { shared.tookNothing }
    /// It has ended since the server did not let us in within the time to connect.
    var hasLapsed: Bool { shared.hasLapsed }
    var binding: ConnectionBinding? { shared.binding }
    /// The reply to the login, if it has come.
    var welcomeSoFar: Welcome? { shared.welcome }
    var inbox: LinkInbox { shared.inbox }

    /// The reply to the login.
    func welcome() async throws(Problem) -> Welcome { try await shared.waitForWelcome() }
    func hello() async throws(Problem) -> ServerHello { try await shared.waitForHello() }

    /// Asks. `completion` is called once, on the event loop: with the reply, or with why there is none.
    func send<Body: FrameBody>(
        _ body: Body, timeout: Duration? = nil, completion: @escaping LinkCore.Completion
    ) {
        let request = LinkCore.Request(
            kind: Body.kind, body: body.wireBytes, completion: completion, timeout: timeout)
        eventLoop.execute { [core] in core.value.send(request) }
    }

    /// Sends what has no reply.
    func post<Body: FrameBody>(_ body: Body) {
        let request = LinkCore.Request(kind: Body.kind, body: body.wireBytes)
        eventLoop.execute { [core] in core.value.send(request) }
    }

    /// Asks, and reads the reply as `Reply`.
    func request<Body: FrameBody, Reply: FrameBody>(
        _ body: Body, timeout: Duration? = .seconds(30)
    ) async throws(Problem) -> Reply {
        let reply = Later<Result<RawFrame, Problem>>()
        send(body, timeout: timeout) { reply.set($0) }
        return try Self.decode(try await reply.value.get(), from: address)
    }

    static func decode<Reply: FrameBody>(_ frame: RawFrame, from address: ServerAddress) throws(Problem) -> Reply {
        guard let reply = try? frame.decode(Reply.self) else {
            throw Problem(.protocolFault, "\(address) sent an answer that cannot be read")
        }
        return reply
    }

    /// Another connection takes over: who has this one should use that. It closes when everything asked on it is
    /// answered.
    ///
    /// - Parameter pause: for how long somebody may still ask who got hold of it just now.
    func retire(after pause: Duration) {
        shared.noteRetired()
        eventLoop.execute { [core] in core.value.closeWhenIdle(after: pause) }
    }

    var isRetired: Bool { shared.isRetired }
    /// Has `action` called once, when it has ended or is retired.
    func whenUnusable(_ action: @escaping @Sendable () -> Void) { shared.whenUnusable(action) }

    func close() { eventLoop.execute { [core] in core.value.close() } }
}
