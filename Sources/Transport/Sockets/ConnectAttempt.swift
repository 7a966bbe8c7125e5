import ChatProtocol
import NIOCore

/// One attempt to connect, from the look-up to the decision whether to trust. Confined to its event loop.
final class ConnectAttempt: FrameConnectionDelegate {
    let address: NetworkAddress
    let proxy: Proxy?
    private let trust: TrustPolicy
    private let authorities: TrustedAuthorities
    let loop: TransportLoop
    private let promise: EventLoopPromise<OpenedConnection>
    private(set) var isDone = false
    /// A proxy stands between, and does not lead to the server yet.
    var isAtProxy: Bool
    private var deadline: Scheduled<Void>?
    private var connection: FrameConnection?
    /// Where the loop is none of NIO's.
    private var connecting: PlainConnect?
    /// Where a proxy is talked to.
    var negotiating: (any Channel)?

    init(
        address: NetworkAddress, proxy: Proxy?, trust: TrustPolicy, authorities: TrustedAuthorities, loop: TransportLoop
    ) {
        self.address = address
        self.proxy = proxy
        isAtProxy = proxy != nil
        self.trust = trust
        self.authorities = authorities
        self.loop = loop
        promise = loop.eventLoop.makePromise()
    }

    func run(timeout: TimeAmount) -> EventLoopFuture<OpenedConnection> {
        deadline = loop.schedule(in: timeout) { self.timedOut() }
        if let eventLoop = loop.eventLoop as? PollEventLoop {
            connectPlainly(on: eventLoop)
        } else {
            connectByNIO(timeout: timeout)
        }
        return promise.futureResult
    }

    /// Without a proxy: who talks to one takes a loop of NIO's.
    private func connectPlainly(on eventLoop: PollEventLoop) {
        connecting = PlainConnect(to: address, on: eventLoop) { result in
            self.connecting = nil
            switch result {
            case .success(let socket): self.begin(on: self.address, failed: { socket.close() }) { socket.carry($0) }
            case .failure(let error): self.fail(error)
            }
        }
    }

    private func timedOut() {
        guard isAtProxy, let proxy else { return fail(.timedOut) }
        fail(.unreachable("the proxy \(proxy) gives no answer in time"))
    }

    /// Begins the handshake on what has been connected to `remote`.
    ///
    /// - Parameter attach: has it carry the connection.
    /// - Parameter failed: closes it where nothing comes of it.
    func begin(
        on remote: NetworkAddress, failed: () -> Void, attach: (FrameConnection) throws -> Void
    ) {
        guard !isDone else { return failed() }
        do {
            let context = try TLSContext(clientTrusting: verifiedName == nil ? nil : authorities)
            let name = verifiedName ?? address.host
            let engine = try TLSEngine(context: context, role: .client(name: name), scratch: loop.scratch)
            let connection = FrameConnection(
                loop: loop, remoteAddress: remote, engine: engine, limits: .client, isPaused: true)
            connection.delegate = self
            self.connection = connection
            try attach(connection)
            connection.beginHandshake()
        } catch {
            failed()
            fail(.internalFailure(String(describing: error)))
        }
    }

    /// The name that the certificate is to be verified for, nil where nobody asks.
    private var verifiedName: String? {
        switch trust {
        case .pin, .inspect(name: nil): nil
        case .certificateAuthority(let name), .inspect(let name?): name
        }
    }

    private func decide(_ connection: FrameConnection) {
        guard let pin = connection.peerPin else { return fail(.closed("it shows no certificate")) }
        let verification: PeerIdentity.Verification =
            if verifiedName == nil {
                .notAsked
            } else if let failure = connection.engine.verificationFailure {
                .failed(failure)
            } else {
                .verified
            }
        let peer = PeerIdentity(pin: pin, verification: verification)
        let isTrusted =
            switch trust {
            case .pin(let expected): pin == expected
            case .certificateAuthority: verification == .verified
            case .inspect: true
            }
        guard isTrusted else { return fail(.untrusted(peer)) }
        guard finish() else { return }
        connection.delegate = nil
        self.connection = nil
        promise.succeed(
            OpenedConnection(
                peer: peer, certificateEnd: connection.engine.peerCertificateEnd, connection: connection))
    }

    func fail(_ error: ConnectError) {
        guard finish() else { return }
        promise.fail(error)
        connection?.close(flushing: false)
        connection = nil
        negotiating?.close(promise: nil)
        negotiating = nil
        connecting?.close()
        connecting = nil
    }

    /// Whether this is the first end of the attempt.
    private func finish() -> Bool {
        guard !isDone else { return false }
        isDone = true
        deadline?.cancel()
        deadline = nil
        return true
    }

    // MARK: FrameConnectionDelegate

    func connectionDidOpen(_ connection: FrameConnection) { decide(connection) }
    // Reading is paused: nothing comes here.
    func connection(_ connection: FrameConnection, didReceive frame: RawFrame) {}
    func connectionReadComplete(_ connection: FrameConnection) {}
    func connectionDidBecomeWritable(_ connection: FrameConnection) {}

    func connectionDidClose(_ connection: FrameConnection, reason: CloseReason) {
        switch reason {
        case .tls(let failure): fail(.tls(failure))
        default: fail(.closed(reason.description))
        }
    }
}
