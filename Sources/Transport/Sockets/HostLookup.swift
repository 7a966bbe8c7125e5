import Glibc
import NIOCore
import System

/// Looks names up. What NIO connects to by name it looks up itself, as part of trying the addresses in turn.
enum HostLookup {
    private static let lane = BlockingLane("names")

    /// Calls `then`, on a thread of its own, with the addresses of a host in the order in which they are to be tried; none where
    /// nobody knows any.
    static func begin(_ address: NetworkAddress, _ then: @escaping @Sendable ([SocketAddress]) -> Void) {
        lane.begin { then(resolve(address)) }
    }

    /// What is said where there is none.
    static func nothingKnown(of host: String) -> String { "no address is known for \(host)" }

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
