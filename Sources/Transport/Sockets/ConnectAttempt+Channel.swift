import NIOCore
import NIOPosix

/// By a channel of NIO's, and through a proxy.
extension ConnectAttempt {
    func connectByNIO(timeout: TimeAmount) {
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
            case .success(nil): self.fail(.unreachable(HostLookup.nothingKnown(of: self.address.host)))
            case .success(let target?):
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
    private func target(for proxy: Proxy) -> EventLoopFuture<NetworkAddress?> {
        let (address, eventLoop) = (address, loop.eventLoop)
        guard proxy.kind == .socks5, address.bytes.isEmpty else { return eventLoop.makeSucceededFuture(address) }
        let target = eventLoop.makePromise(of: NetworkAddress?.self)
        HostLookup.begin(address) { found in target.succeed(found.first.map { NetworkAddress($0) }) }
        return target.futureResult
    }

    private func connected(_ channel: any Channel) {
        begin(on: NetworkAddress(channel.remoteAddress), failed: { channel.close(promise: nil) }) { connection in
            try channel.pipeline.syncOperations.addHandler(ConnectionHandler(connection))
            channel.setOption(.autoRead, value: true).whenFailure { _ in channel.close(promise: nil) }
        }
    }

    /// The cause in the words of the kernel or the resolver.
    private static func reason(_ error: any Error) -> String {
        guard let error = error as? NIOConnectionError else { return CloseReason(error).description }
        if let tried = error.connectionErrors.last {
            if tried.error is ChannelError { return "no answer" }
            return CloseReason(tried.error).description
        }
        return HostLookup.nothingKnown(of: error.host)
    }
}
