import WireCodec

/// An HTTP proxy is asked for a tunnel by the method CONNECT (RFC 9110 §9.3.6).
struct TunnelNegotiation: ProxyNegotiation {
    /// No proxy has reason to say more before the tunnel.
    static let headLimit = 8 << 10

    private let target: NetworkAddress
    private let credentials: Proxy.Credentials?
    private var head: [UInt8] = []

    init(target: NetworkAddress, credentials: Proxy.Credentials?) {
        self.target = target
        self.credentials = credentials
    }

    mutating func begin() -> [UInt8] {
        var text = "CONNECT \(target) HTTP/1.1\r\nHost: \(target)\r\n"
        if let credentials {
            let words = credentials.user + [0x3a] + credentials.password
            text += "Proxy-Authorization: Basic \(Base64.encode(words, padded: true))\r\n"
        }
        return Array((text + "\r\n").utf8)
    }

    mutating func receive(_ bytes: [UInt8]) -> ProxyStep {
        let end = Array("\r\n\r\n".utf8)
        let before = max(0, head.count - end.count + 1)
        head += bytes
        // Judged by its first bytes: another protocol's server may never end a line.
        let wanted = Array("HTTP/1.".utf8)
        guard head.prefix(wanted.count).elementsEqual(wanted.prefix(head.count)) else {
            return .failed("does not speak HTTP")
        }
        var index = before
        while index + end.count <= min(head.count, Self.headLimit) {
            if head[index..<index + end.count].elementsEqual(end) { return judge(headEnd: index + end.count) }
            index += 1
        }
        return head.count < Self.headLimit ? .wait : .failed("answers with more than \(Self.headLimit) bytes")
    }

    private func judge(headEnd: Int) -> ProxyStep {
        // HTTP-version SP status-code SP [reason-phrase]
        let line = head.prefix { $0 != 0x0d }.dropFirst("HTTP/1.x ".utf8.count)
        let digits = line.prefix { (0x30...0x39).contains($0) }
        guard digits.count == 3, let status = Int(String(decoding: digits, as: UTF8.self)) else {
            return .failed("does not speak HTTP")
        }
        switch status {
        case 200..<300:
            return head.count == headEnd ? .done : .failed("says more than it was asked")
        case 407:
            return .failed(credentials == nil ? "wants a user and a password" : "refuses the user or the password")
        default:
            let reason = String(decoding: line.prefix(80).filter { (0x20...0x7e).contains($0) }, as: UTF8.self)
            return .failed("answers \"\(reason)\"")
        }
    }
}
