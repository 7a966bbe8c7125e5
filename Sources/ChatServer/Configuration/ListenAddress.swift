import ChatProtocol
import Transport

/// An address to listen on, as it is written: `ADDR[:PORT]`, an IPv6 address in brackets where a port follows.
package enum ListenAddress {
    package static let defaultPort = 7420
    package static let `default` = NetworkAddress(host: "127.0.0.1", port: defaultPort)
    package static let form = "an IP address with or without a port, such as 0.0.0.0:7420, 127.0.0.1:0 or [::1]:7420"

    /// Names are refused: what a server listens on should not depend on a resolver.
    ///
    /// - Parameter defaultPort: where the text has none; nil: it must have one.
    package static func parse(_ text: String, defaultPort: Int? = defaultPort) -> NetworkAddress? {
        if let defaultPort, let address = address(text, port: defaultPort) { return address }
        guard let colon = text.lastIndex(of: ":"), let port = port(text[text.index(after: colon)...]) else {
            return nil
        }
        let host = text[..<colon]
        guard host.contains(":") == (host.hasPrefix("[") && host.hasSuffix("]")) else { return nil }
        return address(String(host), port: port)
    }

    private static func address(_ text: String, port: Int) -> NetworkAddress? {
        let isBracketed = text.hasPrefix("[") && text.hasSuffix("]") && text.contains(":")
        let address = NetworkAddress(host: isBracketed ? String(text.dropFirst().dropLast()) : text, port: port)
        return address.bytes.isEmpty ? nil : address
    }

    private static func port(_ digits: Substring) -> Int? {
        guard (1...5).contains(digits.utf8.count), digits.utf8.allSatisfy({ (0x30...0x39).contains($0) }),
            let number = Int(digits), number <= 65_535
        else { return nil }
        return number
    }
}
