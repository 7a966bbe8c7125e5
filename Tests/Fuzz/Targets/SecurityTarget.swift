#if DEBUG || FUZZER
    @testable import Transport

    enum SecurityTarget {
        static func seeds() throws -> [[UInt8]] {
            let identity = try ServerIdentity.selfSigned()
            return [[3] + identity.certificatePEM + [0] + identity.keyPEM]
        }

        /// The first byte says of what: an answer of a proxy, in pieces of its size; a stranger's first bytes; a certificate and key.
        static func security(_ input: [UInt8]) throws {
            guard let first = input.first else { return }
            let rest = Array(input.dropFirst())
            switch first % 4 {
            case 0: answer(rest, of: .socks5h)
            case 1: answer(rest, of: .http)
            case 2: try hello(rest)
            default: certificate(rest)
            }
        }

        private static func answer(_ input: [UInt8], of kind: Proxy.Kind) {
            guard let size = input.first.map({ 1 + Int($0 % 16) }) else { return }
            let word = Array("secret".utf8)
            let proxy = Proxy(
                kind: kind, address: NetworkAddress(host: "127.0.0.1", port: 1080),
                credentials: Proxy.Credentials(user: word, password: word))
            var negotiation = proxy.negotiation(to: NetworkAddress(host: "chat.example.org", port: 7420))
            _ = negotiation.begin()
            var rest = input.dropFirst()
            while !rest.isEmpty {
                let step = negotiation.receive(Array(rest.prefix(size)))
                rest = rest.dropFirst(size)
                switch step {
                case .wait, .send: continue
                case .done, .failed: return
                }
            }
        }

        /// What is let through does not depend on how it is cut.
        private static func hello(_ input: [UInt8]) throws {
            var (whole, pieces) = (HelloGate(), HelloGate())
            let isAdmitted = whole.admits(input)
            try promise(
                input.allSatisfy { pieces.admits([$0]) } == isAdmitted,
                "a hello is judged otherwise when it comes in pieces")
        }

        /// A certificate and its key, with a NUL byte between them.
        private static func certificate(_ input: [UInt8]) {
            let parts = input.split(separator: 0, maxSplits: 1, omittingEmptySubsequences: false)
            guard let certificate = parts.first, let key = parts.last else { return }
            _ = (try? ServerIdentity(certificatePEM: Array(certificate), keyPEM: Array(key)))?.facts
        }
    }
#endif
