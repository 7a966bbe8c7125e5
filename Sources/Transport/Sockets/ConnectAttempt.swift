import ChatProtocol
import NIOCore
import NIOPosix

/// One attempt to connect, from the look-up to the decision whether to trust. Confined to its event loop.
final class ConnectAttempt: FrameConnectionDelegate {
    private let address: NetworkAddress
    private let proxy: Proxy?
    private let trust: TrustPolicy
    private let authorities: TrustedAuthorities
    private let loop: TransportLoop
    private let promise: EventLoopPromise<OpenedConnection>
    private var isDone = false
    /// A proxy stands between, and does not lead to the server yet.
    private var isAtProxy: Bool
    private var deadline: Scheduled<Void>?
    private var connection: FrameConnection?
    /// Where a proxy is talked to.
    private var negotiating: (any Channel)?

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
        let bootstrap = ClientBootstrap(group: loop.eventLoop)
            // The deadline above counts; NIO's own would be mistaken for the kernel's.
            .connectTimeout(timeout + .seconds(1))
            .channelOption(.tcpOption(.tcp_nodelay), value: 1)
            .channelOption(.recvAllocator, value: SocketBuffers.receiving)
            .channelOption(.autoRead, value: false)
        open(bootstrap, to: proxy?.address ?? address).assumeIsolated().whenComplete { result in
            switch (result, self.proxy) {
            case (.success(let channel), let proxy?): self.negotiate(with: proxy, on: channel)
            case (.success(let channel), nil): self.connected(channel)
            case (.failure(let error), nil): self.fail(.unreachable(Self.reason(error)))
            case (.failure(let error), let proxy?):
                self.fail(.unreachable("the proxy \(proxy) cannot be reached: \(Self.reason(error))"))
            }
        }
        return promise.futureResult
    }

    /// A literal address needs no resolver and none of its threads.
    private func open(_ bootstrap: ClientBootstrap, to address: NetworkAddress) -> EventLoopFuture<any Channel> {
        if let literal = try? SocketAddress(ipAddress: address.host, port: address.port) {
            return bootstrap.connect(to: literal)
        }
        return bootstrap.connect(host: address.host, port: address.port)
    }

    /// Has the proxy connect to the server; what follows goes through it as it would go to the server.
    private func negotiate(with proxy: Proxy, on channel: any Channel) {
        guard !isDone else { return channel.close(promise: nil) }
        negotiating = channel
        target(for: proxy).assumeIsolated().whenComplete { result in
            guard !self.isDone else { return }
            switch result {
            case .failure(let error): self.fail(.unreachable(Self.reason(error)))
            case .success(let target):
                let handler = ProxyHandler(proxy.negotiation(to: target)) { outcome in
                    switch outcome {
                    case .success:
                        self.isAtProxy = false
                        self.negotiating = nil
                        self.connected(channel)
                    case .failure(let failure):
                        self.fail(.unreachable("the proxy \(proxy) \(failure.reason)"))
                    }
                }
                do { try channel.pipeline.syncOperations.addHandler(handler) } catch {
                    self.fail(.internalFailure(String(describing: error)))
                }
            }
        }
    }

    /// The server as the proxy is to be told it: one that looks no names up is told an address.
    private func target(for proxy: Proxy) -> EventLoopFuture<NetworkAddress> {
        let (address, eventLoop) = (address, loop.eventLoop)
        guard proxy.kind == .socks5, address.bytes.isEmpty else { return eventLoop.makeSucceededFuture(address) }
        return NIOThreadPool.singleton.runIfActive(eventLoop: eventLoop) {
            NetworkAddress(try SocketAddress.makeAddressResolvingHost(address.host, port: address.port))
        }
    }

    private func timedOut() {
        guard isAtProxy, let proxy else { return fail(.timedOut) }
        fail(.unreachable("the proxy \(proxy) gives no answer in time"))
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
        promise.succeed(
            OpenedConnection(
                peer: peer, certificateEnd: connection.engine.peerCertificateEnd, connection: connection))
    }

    private func fail(_ error: ConnectError) {
        guard finish() else { return }
        promise.fail(error)
        connection?.close(flushing: false)
        connection = nil
        negotiating?.close(promise: nil)
        negotiating = nil
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
        if let error = error as? SocketAddressError.UnknownHost { return "no address is known for \(error.host)" }
        guard let error = error as? NIOConnectionError else { return CloseReason(error).description }
        if let tried = error.connectionErrors.last {
            if tried.error is ChannelError { return "no answer" }
            return CloseReason(tried.error).description
        }
        return "no address is known for \(error.host)"
    }
}
