import Glibc
import NIOCore
import System

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
            Self.lane.begin {
                let found = Self.resolve(address)
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
        guard !found.isEmpty else { return end(.failure(.unreachable("no address is known for \(host)"))) }
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

    // MARK: Looking up

    private static let lane = BlockingLane("names")

    /// The addresses of a host in the order in which they are to be tried; none where nobody knows any.
    private static func resolve(_ address: NetworkAddress) -> [SocketAddress] {
        var hints = addrinfo()
        hints.ai_socktype = Int32(SOCK_STREAM.rawValue)
        var found: UnsafeMutablePointer<addrinfo>?
        guard getaddrinfo(address.host, String(address.port), &hints, &found) == 0 else { return [] }
        defer { freeaddrinfo(found) }
        return sequence(first: found, next: { $0?.pointee.ai_next }).compactMap { entry in
            guard let entry = entry?.pointee, let start = UnsafeRawPointer(entry.ai_addr) else { return nil }
            switch entry.ai_family {
            case AF_INET: return SocketAddress(start.load(as: sockaddr_in.self), host: address.host)
            case AF_INET6: return SocketAddress(start.load(as: sockaddr_in6.self), host: address.host)
            default: return nil
            }
        }
    }
}
