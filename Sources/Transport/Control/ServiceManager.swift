import Glibc

/// Tells systemd how the server is doing (`sd_notify(3)`), where it runs under it.
package enum ServiceManager {
    /// Sends `state`, such as `READY=1`, to the socket named by `NOTIFY_SOCKET`. Returns whether it was sent; false
    /// without such a socket, which is no error.
    @discardableResult
    package static func notify(_ state: String, socketPath: String?) -> Bool {
        guard let path = socketPath, let first = path.utf8.first else { return false }
        guard first == UInt8(ascii: "/") || first == UInt8(ascii: "@") else { return false }
        var address = sockaddr_un()
        guard path.utf8.count < MemoryLayout.size(ofValue: address.sun_path) else { return false }
        address = UnixSocket.address(path)
        if first == UInt8(ascii: "@") {
            // The abstract namespace: a zero byte in front, and no more than the name's length counts.
            address.sun_path.0 = 0
        }
        let descriptor = socket(AF_UNIX, Int32(SOCK_DGRAM.rawValue) | Int32(SOCK_CLOEXEC.rawValue), 0)
        guard descriptor >= 0 else { return false }
        defer { close(descriptor) }
        let length = MemoryLayout<sockaddr_un>.offset(of: \.sun_path).map { $0 + path.utf8.count } ?? 0
        let bytes = Array(state.utf8)
        let sent = withUnsafePointer(to: &address) { pointer in
            pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                sendto(descriptor, bytes, bytes.count, Int32(MSG_NOSIGNAL), $0, socklen_t(length))
            }
        }
        return sent == bytes.count
    }
}
