import Foundation

/// A TCP port of 127.0.0.1 that the system gives to nobody else for as long as this lives, so that a server can be started
/// again on it beside other tests.
///
/// It is bound and never listens: Linux lets a listener with SO_REUSEADDR bind the same port, and chooses other ports for
/// whoever asks for any.
package final class ReservedPort: Sendable {
    /// What the system refused.
    package struct Refused: Error {
        package var errno: Int32
    }

    package let number: Int
    private let socket: Int32

    package init() throws {
        socket = Glibc.socket(AF_INET, Int32(SOCK_STREAM.rawValue) | Int32(SOCK_CLOEXEC.rawValue), 0)
        guard socket >= 0 else { throw Refused(errno: errno) }
        var yes: Int32 = 1
        setsockopt(socket, SOL_SOCKET, SO_REUSEADDR, &yes, socklen_t(MemoryLayout<Int32>.size))
        var address = sockaddr_in()
        address.sin_family = sa_family_t(AF_INET)
        address.sin_addr.s_addr = INADDR_LOOPBACK.bigEndian
        var length = socklen_t(MemoryLayout<sockaddr_in>.size)
        let socket = socket
        let bound = withUnsafeMutablePointer(to: &address) {
            $0.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                bind(socket, $0, length) == 0 && getsockname(socket, $0, &length) == 0
            }
        }
        let refused = Refused(errno: errno)
        // Set before it may throw: then `deinit` closes the socket, and nobody else does.
        number = Int(UInt16(bigEndian: address.sin_port))
        guard bound else { throw refused }
    }

    deinit { close(socket) }
}
