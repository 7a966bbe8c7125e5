import ChatProtocol
import Transport
import WireCodec

extension Proxy {
    /// What is said to somebody who typed something else.
    static let form = "socks5://, socks5h:// or http:// and [USER:PASSWORD@]HOST[:PORT], or none"
    /// Where proxies listen unless their URL says otherwise, as curl takes it.
    private static let defaultPort: UInt16 = 1080

    /// Reads a proxy's URL; nil for anything else.
    init?(url: String) {
        guard let mark = url.firstRange(of: "://"), let kind = Kind(rawValue: url[..<mark.lowerBound].lowercased())
        else { return nil }
        var rest = url[mark.upperBound...]
        if rest.hasSuffix("/") { rest.removeLast() }
        var credentials: Credentials?
        if let at = rest.lastIndex(of: "@") {
            guard let read = Credentials(userInfo: rest[..<at]) else { return nil }
            credentials = read
            rest = rest[rest.index(after: at)...]
        }
        guard let address = ServerAddress(rest, defaultPort: Self.defaultPort) else { return nil }
        self.init(
            kind: kind, address: NetworkAddress(host: address.host, port: Int(address.port)), credentials: credentials)
    }
}

extension Proxy.Credentials {
    /// Reads `USER[:PASSWORD]` with percent-encoding (RFC 3986 §3.2.1), each of a length that RFC 1929 can say.
    fileprivate init?(userInfo text: Substring) {
        let end = text.firstIndex(of: ":")
        let password = end.map { text[text.index(after: $0)...] } ?? ""
        guard let user = Self.decoded(text[..<(end ?? text.endIndex)]), (1...255).contains(user.count),
            let word = Self.decoded(password), word.count <= 255, !user.contains(0x3a)
        else { return nil }
        self.init(user: user, password: word)
    }

    private static func decoded(_ text: Substring) -> [UInt8]? {
        var bytes: [UInt8] = []
        var rest = Array(text.utf8)[...]
        while let byte = rest.popFirst() {
            guard byte == 0x25 else {
                bytes.append(byte)
                continue
            }
            guard rest.count >= 2, let value = Hexadecimal.bytes(String(decoding: rest.prefix(2), as: UTF8.self))
            else { return nil }
            bytes += value
            rest = rest.dropFirst(2)
        }
        return bytes
    }
}
