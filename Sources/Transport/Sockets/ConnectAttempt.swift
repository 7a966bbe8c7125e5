import ChatProtocol
import NIOCore
import NIOPosix

/// One attempt to connect, from the look-up to the decision whether to trust. Confined to its event loop.
final class ConnectAttempt: FrameConnectionDelegate {
    private let address: NetworkAddress
    private let trust: TrustPolicy
    private let authorities: TrustedAuthorities
    private let loop: TransportLoop
    private let promise: EventLoopPromise<OpenedConnection>
    private var isDone = false
    private var deadline: Scheduled<Void>?
    private var connection: FrameConnection?

    init(address: NetworkAddress, trust: TrustPolicy, authorities: TrustedAuthorities, loop: TransportLoop) {
        self.address = address
        self.trust = trust
        self.authorities = authorities
        self.loop = loop
        promise = loop.eventLoop.makePromise()
    }

    func run(timeout: TimeAmount) -> EventLoopFuture<OpenedConnection> {
        deadline = loop.schedule(in: timeout) { self.fail(.timedOut) }
        let bootstrap = ClientBootstrap(group: loop.eventLoop)
            // The deadline above counts; NIO's own would be mistaken for the kernel's.
            .connectTimeout(timeout + .seconds(1))
            .channelOption(.tcpOption(.tcp_nodelay), value: 1)
            .channelOption(.recvAllocator, value: SocketBuffers.receiving)
            .channelOption(.autoRead, value: false)
        open(bootstrap).assumeIsolated().whenComplete { result in
            switch result {
            case .success(let channel): self.connected(channel)
            case .failure(let error): self.fail(.unreachable(Self.reason(error)))
            }
        }
        return promise.futureResult
    }

    /// A literal address needs no resolver and none of its threads.
    private func open(_ bootstrap: ClientBootstrap) -> EventLoopFuture<any Channel> {
        if let literal = try? SocketAddress(ipAddress: address.host, port: address.port) {
            return bootstrap.connect(to: literal)
        }
        return bootstrap.connect(host: address.host, port: address.port)
    }

    private func connected(_ channel: any Channel) {
        guard !isDone else { return channel.close(promise: nil) }
        do {
            let context = try TLSContext(clientTrusting: verifiedName == nil ? nil : authorities)
            let name = verifiedName ?? address.host
            let engine = try TLSEngine(context: context, role: .client(name: name), scratch: loop.scratch)
            let connection = FrameConnection(
                loop: loop, remoteAddress: NetworkAddress(channel.remoteAddress), engine: engine, limits: .client,
                isPaused: true)
            connection.delegate = self
            self.connection = connection
            try channel.pipeline.syncOperations.addHandler(ConnectionHandler(connection))
            channel.setOption(.autoRead, value: true).whenFailure { _ in channel.close(promise: nil) }
            connection.beginHandshake()
        } catch {
            channel.close(promise: nil)
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
        promise.succeed(OpenedConnection(peer: peer, connection: connection))
    }

    private func fail(_ error: ConnectError) {
        guard finish() else { return }
        promise.fail(error)
        connection?.close(flushing: false)
        connection = nil
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
        case .handshakeTimedOut: fail(.timedOut)
        default: fail(.closed(reason.description))
        }
    }

    /// The cause in the words of the kernel or the resolver.
    private static func reason(_ error: any Error) -> String {
        guard let error = error as? NIOConnectionError else { return CloseReason(error).description }
        if let tried = error.connectionErrors.last {
            if tried.error is ChannelError { return "no answer" }
            return CloseReason(tried.error).description
        }
        return "no address is known for \(error.host)"
    }
}
