import NIOCore

/// Connects a `PlainSocket` to a host by whatever address answers first (RFC 8305): they are tried in the resolver's order, the next
/// one when one is refused or says nothing for a moment.
///
/// Confined to its event loop.
final class PlainConnect {
    /// How long the next address waits for the one before it (§5).
    private static let head = TimeAmount.milliseconds(250)

    private let eventLoop: PollEventLoop
    private let completion: (Result<PlainSocket, ConnectError>) -> Void
    private var addresses: ArraySlice<SocketAddress> = []
    private var trying: [PlainSocket] = []
    private var timer: Scheduled<Void>?
    private var isDone = false

    /// - Parameter completion: called once, on the loop, unless it is closed before.
    init(
        to address: NetworkAddress, on eventLoop: PollEventLoop,
        _ completion: @escaping (Result<PlainSocket, ConnectError>) -> Void
    ) {
        self.eventLoop = eventLoop
        self.completion = completion
        // A literal address needs no resolver and no thread for it.
        if let literal = try? SocketAddress(ipAddress: address.host, port: address.port) {
            eventLoop.assumeIsolated().execute { self.begin([literal], address.host) }
        } else {
            let bound = NIOLoopBound(self, eventLoop: eventLoop)
            HostLookup.begin(address) { found in
                eventLoop.execute { bound.value.begin(found, address.host) }
            }
        }
    }

    func close() {
        isDone = true
        timer?.cancel()
        for socket in trying { socket.close() }
        trying = []
    }

    private func begin(_ found: [SocketAddress], _ host: String) {
        guard !isDone else { return }
        addresses = found[...]
        guard !found.isEmpty else { return end(.failure(.unreachable(HostLookup.nothingKnown(of: host)))) }
        tryNext()
    }

    private func tryNext() {
        timer?.cancel()
        guard let address = addresses.popFirst() else { return }
        if !addresses.isEmpty {
            timer = eventLoop.assumeIsolated().scheduleTask(in: Self.head) { self.tryNext() }
        }
        var socket: PlainSocket?
        let begun = PlainSocket.connect(to: address, on: eventLoop) { error in
            guard let socket else { return }
            self.ended(socket, error)
        }
        socket = begun
        trying.append(begun)
    }

    private func ended(_ socket: PlainSocket, _ error: IOError?) {
        trying.removeAll { $0 === socket }
        guard let error else { return end(.success(socket)) }
        socket.close()
        if !addresses.isEmpty {
            tryNext()
        } else if trying.isEmpty {
            end(.failure(.unreachable(CloseReason(error).description)))
        }
    }

    private func end(_ result: Result<PlainSocket, ConnectError>) {
        guard !isDone else { return }
        close()
        completion(result)
    }
}
