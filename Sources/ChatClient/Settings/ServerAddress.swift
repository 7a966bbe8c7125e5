import Glibc

/// Where a server listens: a host's name or address, and a port.
package struct ServerAddress: Hashable, Sendable {
    package static let defaultPort: UInt16 = 7420
    package static let `default` = ServerAddress(host: "127.0.0.1", port: defaultPort)

    /// What is said to somebody who typed something else.
    package static let form = "HOST[:PORT], an IPv6 address in brackets, such as chat.example.org or [::1]:7420"

    /// A name in lower case, or an address in its canonical form, without brackets.
    package let host: String
    package let port: UInt16

    private init(host: String, port: UInt16) {
        self.host = host
        self.port = port
    }

    /// Reads `HOST[:PORT]`; nil for anything else.
    package init?(_ text: some StringProtocol) { self.init(text, defaultPort: Self.defaultPort) }

    /// As a server of another kind is named.
    init?(_ text: some StringProtocol, defaultPort: UInt16) {
        let text = String(text)
        let host: Substring
        let rest: Substring
        if text.hasPrefix("[") {
            guard let end = text.firstIndex(of: "]") else { return nil }
            host = text[text.index(after: text.startIndex)..<end]
            rest = text[text.index(after: end)...]
            guard host.contains(":") else { return nil }
        } else {
            let end = text.firstIndex(of: ":") ?? text.endIndex
            host = text[..<end]
            rest = text[end...]
        }
        guard let known = Self.canonicalHost(String(host)) else { return nil }
        self.host = known
        if rest.isEmpty {
            port = defaultPort
        } else {
            let digits = rest.dropFirst()
            guard rest.hasPrefix(":"), (1...5).contains(digits.utf8.count),
                digits.utf8.allSatisfy({ (0x30...0x39).contains($0) }), let number = UInt16(digits), number > 0
            else { return nil }
            port = number
        }
    }

    /// `HOST:PORT`, as it stands in files and lines.
    package var text: String { host.contains(":") ? "[\(host)]:\(port)" : "\(host):\(port)" }

    /// Whether it can only mean this machine.
    package var isLoopback: Bool { host == "::1" || host == "localhost" || Self.isLoopbackIPv4(host) }

    /// The name a certificate must be for, or the address.
    package var certificateName: String { host }

    private static func isLoopbackIPv4(_ host: String) -> Bool {
        var address = in_addr()
        return inet_pton(AF_INET, host, &address) == 1 && UInt32(bigEndian: address.s_addr) >> 24 == 127
    }

    private static func canonicalHost(_ host: String) -> String? {
        if host.contains(":") {
            var address = in6_addr()
            guard inet_pton(AF_INET6, host, &address) == 1 else { return nil }
            var text = [CChar](repeating: 0, count: Int(INET6_ADDRSTRLEN))
            guard inet_ntop(AF_INET6, &address, &text, socklen_t(INET6_ADDRSTRLEN)) != nil else { return nil }
            return String(decoding: text.prefix { $0 != 0 }.map { UInt8(bitPattern: $0) }, as: UTF8.self)
        }
        var address = in_addr()
        if inet_pton(AF_INET, host, &address) == 1 { return host }
        return isName(host) ? String(decoding: host.utf8.map(lowered), as: UTF8.self) : nil
    }

    /// A host's name (RFC 1123 §2.1, with the underscore that internal names use). Its last label is not a number,
    /// so that half an IPv4 address is refused and not completed by the resolver.
    private static func isName(_ host: String) -> Bool {
        guard (1...253).contains(host.utf8.count) else { return false }
        let labels = host.utf8.split(separator: 0x2e, omittingEmptySubsequences: false)
        guard let last = labels.last, !last.allSatisfy({ (0x30...0x39).contains($0) }) else { return false }
        return labels.allSatisfy { label in
            (1...63).contains(label.count) && label.first != 0x2d && label.last != 0x2d
                && label.allSatisfy { isNameCharacter(lowered($0)) }
        }
    }

    private static func isNameCharacter(_ byte: UInt8) -> Bool {
        (0x61...0x7a).contains(byte) || (0x30...0x39).contains(byte) || byte == 0x2d || byte == 0x5f
    }

    private static func lowered(_ byte: UInt8) -> UInt8 { (0x41...0x5a).contains(byte) ? byte + 0x20 : byte }
}

extension ServerAddress: CustomStringConvertible {
    package var description: String { text }
}
