import Glibc
import NIOCore

/// An address of the Internet and a port, in text.
package struct NetworkAddress: Hashable, Sendable, CustomStringConvertible {
    /// An IPv4 or IPv6 address without brackets; an IPv4 address that came over an IPv6 socket is written as IPv4.
    package var host: String
    package var port: Int

    package init(host: String, port: Int) {
        self.host = host
        self.port = port
    }

    init(_ address: SocketAddress?) {
        let host = address?.ipAddress ?? ""
        let mapped = "::ffff:"
        let isMapped = host.hasPrefix(mapped) && host.contains(".")
        self.init(host: isMapped ? String(host.dropFirst(mapped.count)) : host, port: address?.port ?? 0)
    }

    /// The address's bytes: 4, 16, or none where `host` is no address.
    package var bytes: [UInt8] {
        var four = in_addr()
        if inet_pton(AF_INET, host, &four) == 1 { return withUnsafeBytes(of: &four) { Array($0) } }
        var sixteen = in6_addr()
        if inet_pton(AF_INET6, host, &sixteen) == 1 { return withUnsafeBytes(of: &sixteen) { Array($0) } }
        return []
    }

    package var isLoopback: Bool {
        let bytes = bytes
        return bytes.count == 4 ? bytes[0] == 127 : bytes == [UInt8](repeating: 0, count: 15) + [1]
    }

    /// `HOST:PORT`, IPv6 in brackets.
    package var description: String { host.contains(":") ? "[\(host)]:\(port)" : "\(host):\(port)" }
}
