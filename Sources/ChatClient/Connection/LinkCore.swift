import CLISupport
import ChatProtocol
import NIOCore
import Transport

/// What a link needs of its connection: a socket with TLS, or an end in memory.
protocol LinkConnection: AnyObject {
    var eventLoop: any EventLoop { get }
    var channelBinding: [UInt8] { get }
    func start(delegate: any FrameConnectionDelegate)
    func write(_ bytes: ByteBuffer)
    func close(flushing: Bool)
}

extension FrameConnection: LinkConnection {}

/// What a link uses in the place of a connection: the connection itself, or what tests have between. On the event loop.
typealias LinkLine = @Sendable (FrameConnection) -> any LinkConnection

/// The half of a `Link` that lives on the event loop: frames out, replies to who asked, events into the inbox.
final class LinkCore: FrameConnectionDelegate {
    typealias Completion = @Sendable (Result<RawFrame, Problem>) -> Void

    struct Request: Sendable {
        var kind: FrameKind
        var body: [UInt8]
        /// Nil: there is no reply.
        var completion: Completion?
        var timeout: Duration?
    }

    private struct Pending {
        var completion: Completion
        var timer: Scheduled<Void>?
    }

    /// How often a connection that is to close looks whether everything is answered.
    private static let idleCheck = Duration.milliseconds(20)

    private let connection: any LinkConnection
    private let eventLoop: any EventLoop
    private let address: ServerAddress
    private let login: LinkLogin
    private let shared: LinkState
    private var nextCorrelation: UInt32 = 1
    private var loginCorrelation: UInt32?
    private var pending: [UInt32: Pending] = [:]
    /// What was asked for before the server's hello had come.
    private var held: [Request]? = []
    private var problem: Problem?
    private var pinger = Pinger(now: Monotonic.now)
    private var pingTimer: Scheduled<Void>?
    private var idleTimer: Scheduled<Void>?
    private let patience: Duration
    private var loginTimer: Scheduled<Void>?

    /// - Parameter patience: how long hello and login may take.
    init(
        _ connection: any LinkConnection, address: ServerAddress, login: LinkLogin, patience: Duration,
        shared: LinkState
    ) {
        self.connection = connection
        self.patience = patience
        self.address = address
        self.login = login
        self.shared = shared
        eventLoop = connection.eventLoop
    }

    func start() {
        connection.start(delegate: self)
        loginTimer = schedule(patience) { core in
            core.shared.noteLapsed()
            core.fail(
                core.held != nil
                    ? Problem(.unreachable, "\(core.address) does not say hello in time", hint: "is it a chatd?")
                    : Problem(.unreachable, "\(core.address) does not answer the login in time", hint: "try again"))
        }
        check()
    }

    // MARK: Sending

    func send(_ request: Request) {
        if let problem {
            request.completion?(.failure(problem))
        } else if held != nil {
            held?.append(request)
        } else {
            write(request)
        }
    }

    private func write(_ request: Request) {
        var correlation: UInt32 = 0
        if let completion = request.completion {
            correlation = nextCorrelation
            nextCorrelation = nextCorrelation == .max ? 1 : nextCorrelation + 1
            let timer = request.timeout.map { limit in
                schedule(limit) { core in
                    core.pending.removeValue(forKey: correlation)?.completion(
                        .failure(Problem(.noAcknowledgement, "\(core.address) did not answer in time")))
                }
            }
            pending[correlation] = Pending(completion: completion, timer: timer)
        }
        var buffer = ByteBuffer()
        buffer.writeFrame(kind: request.kind, correlation: correlation, body: request.body)
        connection.write(buffer)
    }

    /// Says hello, logs in and sends what waits, all in one write.
    private func greet(_ frame: RawFrame) {
        guard let hello = try? frame.decode(ServerHello.self) else { return fail(malformed("hello")) }
        guard hello.version == ProtocolVersion.number else {
            return fail(
                Problem(.unsupportedVersion, "\(address) speaks version \(hello.version) of the protocol, not 0"))
        }
        if let expected = login.expectedServer, hello.server != expected {
            return fail(
                Problem(
                    .wrongServer, "another server than the one of this profile answers at \(address)",
                    hint: "if it was set up anew, log in with another profile", sent: .no))
        }
        shared.noteHello(hello)
        let own = ClientHello(nonce: SecureRandom.bytes(ClientHello.nonceBytes), software: Release.client).wireBytes
        let binding = ConnectionBinding(
            clientHelloDigest: SHA256.hash(own), serverHelloDigest: SHA256.hash(frame.body),
            exporter: connection.channelBinding)
        shared.noteBinding(binding)
        write(Request(kind: .clientHello, body: own))
        do {
            if let (kind, body) = try login.frame(on: binding) {
                let shared = shared
                loginCorrelation = nextCorrelation
                write(Request(kind: kind, body: body, completion: { shared.noteLogin($0) }))
            } else {
                loginTimer?.cancel()
            }
        } catch {
            return fail(Problem(.internalFault, "cannot sign the login: \(error)"))
        }
        let waiting = held ?? []
        held = nil
        for request in waiting { write(request) }
    }

    // MARK: Receiving

    func connectionDidOpen(_ connection: FrameConnection) {}
    func connectionReadComplete(_ connection: FrameConnection) {}
    func connectionDidBecomeWritable(_ connection: FrameConnection) {}

    func connection(_ connection: FrameConnection, didReceive frame: RawFrame) { receive(frame) }

    func receive(_ frame: RawFrame) {
        guard problem == nil else { return }
        pinger.received(now: Monotonic.now)
        if held != nil {
            if frame.kind == FrameKind.serverHello.rawValue { return greet(frame) }
            guard frame.kind == FrameKind.failure.rawValue else { return fail(malformed("first frame")) }
        }
        if frame.correlation != 0 {
            guard let pending = pending.removeValue(forKey: frame.correlation) else { return }
            pending.timer?.cancel()
            var reply = reply(frame)
            // What went out behind a login that is refused fails with what refused it, not with `not_logged_in`; and
            // the connection has ended before anybody hears of the refusal.
            if frame.correlation == loginCorrelation {
                loginTimer?.cancel()
                if let refusal = login.refusalOfPending, isPending(reply) { reply = .failure(refusal) }
                if case .failure(let problem) = reply { fail(problem, refusesLogin: true) }
            }
            pending.completion(reply)
        } else if frame.kind == FrameKind.failure.rawValue {
            guard let failure = try? frame.decode(Failure.self) else { return fail(malformed("failure")) }
            fail(Problem(failure))
        } else {
            if frame.kind == FrameKind.commitWanted.rawValue, let wanted = try? frame.decode(CommitWanted.self) {
                shared.commitsWanted.add([wanted.conversation])
            }
            guard !shared.inbox.put(frame) else { return }
            fail(Problem(.protocolFault, "\(address) sends more than it may before it is acknowledged"))
        }
    }

    private func reply(_ frame: RawFrame) -> Result<RawFrame, Problem> {
        guard frame.kind == FrameKind.failure.rawValue else { return .success(frame) }
        guard let failure = try? frame.decode(Failure.self) else { return .failure(malformed("failure")) }
        return .failure(Problem(failure))
    }

    /// Whether the server lets in a device that may do nothing but wait.
    private func isPending(_ reply: Result<RawFrame, Problem>) -> Bool {
        guard case .success(let frame) = reply, let welcome = try? frame.decode(Welcome.self) else { return false }
        return welcome.state == .pending
    }

    private func malformed(_ what: String) -> Problem {
        Problem(.protocolFault, "\(address) sent a \(what) that cannot be read", hint: "is it a chatd of this version?")
    }

    // MARK: Liveness and the end

    private func check() {
        switch pinger.check(now: Monotonic.now) {
        case .giveUp:
            return fail(Problem(.unreachable, "\(address) is silent"))
        case .ping(let pause):
            if held == nil { write(Request(kind: .ping, body: Ping().wireBytes, completion: { _ in })) }
            pingTimer = schedule(pause) { $0.check() }
        case .wait(let pause):
            pingTimer = schedule(pause) { $0.check() }
        }
    }

    private func schedule(_ delay: Duration, _ body: @escaping (LinkCore) -> Void) -> Scheduled<Void> {
        eventLoop.assumeIsolated().scheduleTask(in: TimeAmount(delay)) { [weak self] in
            if let self { body(self) }
        }
    }

    private func fail(_ problem: Problem, refusesLogin: Bool = false) {
        end(problem, refusesLogin: refusesLogin)
        connection.close(flushing: false)
    }

    /// Closes after what was sent has gone out.
    func close() {
        end(Problem(.unreachable, "the connection was closed"))
        connection.close(flushing: true)
    }

    /// Closes when everything that was asked is answered, but not before the pause is over.
    func closeWhenIdle(after pause: Duration) {
        guard problem == nil else { return }
        if pause == .zero && pending.isEmpty && held?.isEmpty ?? true { return close() }
        idleTimer = schedule(max(pause, Self.idleCheck)) { $0.closeWhenIdle(after: .zero) }
    }

    private func end(_ problem: Problem, refusesLogin: Bool = false) {
        guard self.problem == nil else { return }
        let tookNothing = refusesLogin || held != nil
        self.problem = problem
        pingTimer?.cancel()
        idleTimer?.cancel()
        loginTimer?.cancel()
        let waiting = (held ?? []).compactMap(\.completion)
        let open = pending.sorted { $0.key < $1.key }.map(\.value)
        held = nil
        pending = [:]
        shared.noteEnd(problem, tookNothing: tookNothing)
        for request in open {
            request.timer?.cancel()
            request.completion(.failure(problem))
        }
        for completion in waiting { completion(.failure(problem)) }
    }

    func connectionDidClose(_ connection: FrameConnection, reason: CloseReason) {
        switch reason {
        case .frame(let error):
            end(Problem(.protocolFault, "\(address) sent what is no frame: \(error)"))
        default:
            end(
                Problem(
                    .unreachable, "the connection to \(address) was lost: \(reason)", hint: "try again"))
        }
    }
}
