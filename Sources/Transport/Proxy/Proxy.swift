/// A server that carries connections to others: what TLS protects it does not see.
package struct Proxy: Equatable, Sendable {
    package enum Kind: String, Sendable {
        /// RFC 1928; names are looked up here.
        case socks5
        /// RFC 1928; the proxy looks names up.
        case socks5h
        /// The method CONNECT (RFC 9110 §9.3.6); the proxy looks names up.
        case http
    }

    /// What the proxy wants to know of who uses it. Never printed.
    package struct Credentials: Equatable, Sendable, CustomStringConvertible, CustomReflectable {
        package var user: [UInt8]
        package var password: [UInt8]

        package init(user: [UInt8], password: [UInt8]) {
            self.user = user
            self.password = password
        }

        package var description: String { "credentials" }
        package var customMirror: Mirror { Mirror(self, children: []) }
    }

    package var kind: Kind
    package var address: NetworkAddress
    package var credentials: Credentials?

    package init(kind: Kind, address: NetworkAddress, credentials: Credentials? = nil) {
        self.kind = kind
        self.address = address
        self.credentials = credentials
    }
}

extension Proxy: CustomStringConvertible {
    /// The URL without user and password.
    package var description: String { "\(kind.rawValue)://\(address)" }
}

/// What is to be done on a fresh connection to a proxy until it leads to the server. A plain value.
protocol ProxyNegotiation: Sendable {
    /// What is sent first.
    mutating func begin() -> [UInt8]
    /// Takes what came in.
    mutating func receive(_ bytes: [UInt8]) -> ProxyStep
}

enum ProxyStep: Equatable, Sendable {
    case wait
    case send([UInt8])
    /// The connection leads to the server: what comes next is the server's word, and there is none yet.
    case done
    /// Why it will not, for people.
    case failed(String)
}

extension Proxy {
    /// - Parameter target: whither; its host may be a name unless the kind is `socks5`.
    func negotiation(to target: NetworkAddress) -> any ProxyNegotiation {
        switch kind {
        case .socks5, .socks5h: SOCKSNegotiation(target: target, credentials: credentials)
        case .http: TunnelNegotiation(target: target, credentials: credentials)
        }
    }
}
