import Transport

/// Where metrics are told, as it is written: `ADDR:PORT` of this machine alone, or the path of a socket from `/` on.
///
/// Whoever can connect can read them, so no other address is taken.
package enum MetricsAddress {
    package static let form =
        "a loopback address with its port, such as 127.0.0.1:9420 or [::1]:9420, or the absolute path of a socket"

    package static func parse(_ text: String) -> LocalAddress? {
        if text.hasPrefix("/") { return text.utf8.contains(0) || text.hasSuffix("/") ? nil : .socket(text) }
        guard let address = ListenAddress.parse(text, defaultPort: nil), address.isLoopback else { return nil }
        return .loopback(address)
    }
}
