import Testing

@testable import Transport

/// What is said to a proxy, and what its answers mean.
@Suite struct ProxyTests {
    private static let credentials = Proxy.Credentials(user: Array("ann".utf8), password: Array("s:cret".utf8))
    private static let named = NetworkAddress(host: "chat.example", port: 7420)

    /// Gives a negotiation its answers whole, and says what it did with each.
    private static func steps(_ negotiation: any ProxyNegotiation, _ answers: [[UInt8]]) -> [ProxyStep] {
        var negotiation = negotiation
        _ = negotiation.begin()
        return answers.map { negotiation.receive($0) }
    }

    @Test func `SOCKS is told the name where the proxy looks it up, and the address where there is one`() {
        var negotiation = SOCKSNegotiation(target: Self.named, credentials: nil)
        #expect(negotiation.begin() == [5, 1, 0])
        #expect(negotiation.receive([5, 0]) == .send([5, 1, 0, 3, 12] + Array("chat.example".utf8) + [0x1c, 0xfc]))
        #expect(negotiation.receive([5, 0, 0, 1, 0, 0, 0, 0, 0, 0]) == .done)
        for (host, bytes) in [
            ("192.0.2.7", [1, 192, 0, 2, 7]), ("::1", [4] + [UInt8](repeating: 0, count: 15) + [1]),
        ] as [(String, [UInt8])] {
            let target = NetworkAddress(host: host, port: 1)
            let steps = Self.steps(SOCKSNegotiation(target: target, credentials: nil), [[5, 0]])
            #expect(steps == [.send([5, 1, 0] + bytes + [0, 1])])
        }
    }

    @Test func `SOCKS gets user and password only where it asks for them`() {
        var negotiation = SOCKSNegotiation(target: Self.named, credentials: Self.credentials)
        #expect(negotiation.begin() == [5, 2, 0, 2])
        #expect(
            negotiation.receive([5, 2]) == .send([1, 3] + Array("ann".utf8) + [6] + Array("s:cret".utf8)))
        guard case .send(let request) = negotiation.receive([1, 0]) else {
            Issue.record("no request")
            return
        }
        #expect(request.starts(with: [5, 1, 0, 3]))
        let open = Self.steps(SOCKSNegotiation(target: Self.named, credentials: Self.credentials), [[5, 0]])
        #expect(open == [.send(request)])
    }

    @Test(
        arguments: [
            ([[5, 0xff]], "wants a user and a password"), ([[4, 0]], "does not speak SOCKS 5"),
            ([Array("HTTP/1.1 400".utf8)], "does not speak SOCKS 5"), ([[5, 0, 1]], "says more than it was asked"),
            ([[5, 0], [5, 2, 0, 1]], "does not allow the connection"),
            ([[5, 0], [5, 5, 0, 1]], "says that the server refuses the connection"),
            ([[5, 0], [5, 99, 0, 1]], "failed (SOCKS 5 reply 99)"),
            ([[5, 0], [5, 0, 0, 9, 0]], "answers what is not SOCKS 5"),
            ([[5, 0], [5, 0, 0, 1, 0, 0, 0, 0, 0, 0, 22]], "says more than it was asked"),
        ] as [([[UInt8]], String)])
    func `what SOCKS refuses, and what is no SOCKS, is named`(answers: [[UInt8]], reason: String) {
        #expect(Self.steps(SOCKSNegotiation(target: Self.named, credentials: nil), answers).last == .failed(reason))
    }

    @Test func `a wrong password is named for both kinds`() {
        let socks = SOCKSNegotiation(target: Self.named, credentials: Self.credentials)
        #expect(Self.steps(socks, [[5, 2], [1, 1]]).last == .failed("refuses the user or the password"))
        let tunnel = TunnelNegotiation(target: Self.named, credentials: Self.credentials)
        let refusal = Array("HTTP/1.1 407 Proxy Authentication Required\r\n\r\n".utf8)
        #expect(Self.steps(tunnel, [refusal]).last == .failed("refuses the user or the password"))
    }

    @Test func `an HTTP proxy is asked for a tunnel`() {
        var negotiation = TunnelNegotiation(
            target: NetworkAddress(host: "::1", port: 5), credentials: Self.credentials)
        #expect(
            String(decoding: negotiation.begin(), as: UTF8.self)
                == "CONNECT [::1]:5 HTTP/1.1\r\nHost: [::1]:5\r\nProxy-Authorization: Basic YW5uOnM6Y3JldA==\r\n\r\n")
        #expect(negotiation.receive(Array("HTTP/1.0 200 Yes\r\nVia: x\r\n\r\n".utf8)) == .done)
    }

    @Test(arguments: [
        ("SSH-2.0-x\r\n", "does not speak HTTP"), ("HTTP/1.1 2x0 \r\n\r\n", "does not speak HTTP"),
        ("HTTP/1.1 403 Forbidden\u{1b}[2J\r\n\r\n", "answers \"403 Forbidden[2J\""),
        ("HTTP/1.1 407 Who\r\n\r\n", "wants a user and a password"),
        ("HTTP/1.1 200 OK\r\n\r\nx", "says more than it was asked"),
        ("HTTP/1.1 200 OK\r\n" + String(repeating: "x", count: 9000), "answers with more than 8192 bytes"),
    ])
    func `what HTTP refuses, and what is no HTTP, is named`(answer: String, reason: String) {
        let negotiation = TunnelNegotiation(target: Self.named, credentials: nil)
        #expect(Self.steps(negotiation, [Array(answer.utf8)]) == [.failed(reason)])
    }

    @Test func `answers in single bytes mean the same`() {
        let socks = SOCKSNegotiation(target: Self.named, credentials: Self.credentials)
        let bytes = [5, 2] + [1, 0] + [5, 0, 0, 3, 2, 0x61, 0x62, 0, 1] as [UInt8]
        var steps = Self.steps(socks, bytes.map { [$0] })
        #expect(steps.popLast() == .done)
        #expect(steps.count { $0 != .wait } == 2, "a password and a request are sent")
        let tunnel = TunnelNegotiation(target: Self.named, credentials: nil)
        steps = Self.steps(tunnel, Array("HTTP/1.1 204 No\r\nA: b\r\n\r\n".utf8).map { [$0] })
        #expect(steps.popLast() == .done)
        #expect(steps.allSatisfy { $0 == .wait })
    }

    @Test func `an endless answer is given up at its bound`() {
        var negotiation = TunnelNegotiation(target: Self.named, credentials: nil)
        _ = negotiation.begin()
        _ = negotiation.receive(Array("HTTP/1.1 200 ".utf8))
        var step = ProxyStep.wait
        var taken = 0
        while step == .wait, taken < 1 << 20 {
            taken += 100
            step = negotiation.receive([UInt8](repeating: 0x61, count: 100))
        }
        #expect(step == .failed("answers with more than 8192 bytes"))
        #expect(taken < 9000)
    }

    @Test func `a proxy's text never holds its password`() {
        let proxy = Proxy(
            kind: .http, address: NetworkAddress(host: "proxy", port: 8080), credentials: Self.credentials)
        var dumped = ""
        dump(proxy, to: &dumped)
        for text in ["\(proxy)", String(reflecting: proxy), dumped, "\(Self.credentials)"] {
            #expect(!text.contains("cret") && !text.contains("115"), "\(text)")
        }
        #expect("\(proxy)" == "http://proxy:8080")
    }
}
