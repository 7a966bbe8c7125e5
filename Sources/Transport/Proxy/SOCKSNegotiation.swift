/// A SOCKS 5 proxy is asked for a connection (RFC 1928), with user and password where it wants them (RFC 1929).
struct SOCKSNegotiation: ProxyNegotiation {
    private enum State {
        case choosingMethod
        case authenticating
        case connecting
    }

    private let target: NetworkAddress
    private let credentials: Proxy.Credentials?
    private var state = State.choosingMethod
    private var received: [UInt8] = []

    private static let version: UInt8 = 5
    private static let noAuthentication: UInt8 = 0
    private static let password: UInt8 = 2

    init(target: NetworkAddress, credentials: Proxy.Credentials?) {
        self.target = target
        self.credentials = credentials
    }

    mutating func begin() -> [UInt8] {
        let methods = credentials == nil ? [Self.noAuthentication] : [Self.noAuthentication, Self.password]
        return [Self.version, UInt8(methods.count)] + methods
    }

    mutating func receive(_ bytes: [UInt8]) -> ProxyStep {
        received += bytes
        switch state {
        case .choosingMethod: return methodChosen()
        case .authenticating: return authenticated()
        case .connecting: return connected()
        }
    }

    private mutating func methodChosen() -> ProxyStep {
        guard received.first.map({ $0 == Self.version }) ?? true else { return .failed("does not speak SOCKS 5") }
        guard received.count >= 2 else { return .wait }
        let method = received[1]
        guard received.count == 2 else { return Self.tooMuch }
        received = []
        switch (method, credentials) {
        case (Self.noAuthentication, _):
            return request()
        case (Self.password, let credentials?):
            state = .authenticating
            return .send(
                [1, UInt8(clamping: credentials.user.count)] + credentials.user
                    + [UInt8(clamping: credentials.password.count)] + credentials.password)
        case (_, nil): return .failed("wants a user and a password")
        default: return .failed("takes no password")
        }
    }

    private mutating func authenticated() -> ProxyStep {
        guard received.count >= 2 else { return .wait }
        guard received[1] == 0 else { return .failed("refuses the user or the password") }
        guard received.count == 2 else { return Self.tooMuch }
        received = []
        return request()
    }

    private mutating func request() -> ProxyStep {
        state = .connecting
        let bytes = target.bytes
        let address: [UInt8] =
            switch bytes.count {
            case 4: [1] + bytes
            case 16: [4] + bytes
            default: [3, UInt8(clamping: target.host.utf8.count)] + Array(target.host.utf8.prefix(255))
            }
        let port = UInt16(clamping: target.port)
        return .send([Self.version, 1, 0] + address + [UInt8(port >> 8), UInt8(truncatingIfNeeded: port)])
    }

    private mutating func connected() -> ProxyStep {
        guard received.first.map({ $0 == Self.version }) ?? true else { return .failed("does not speak SOCKS 5") }
        guard received.count >= 2 else { return .wait }
        guard received[1] == 0 else { return .failed(Self.refusal(received[1])) }
        // The address from which it connects follows, as IPv4, name or IPv6, and a port.
        guard received.count >= 5 else { return .wait }
        let addressBytes: Int
        switch received[3] {
        case 1: addressBytes = 4
        case 3: addressBytes = 1 + Int(received[4])
        case 4: addressBytes = 16
        default: return .failed("answers what is not SOCKS 5")
        }
        let expected = 4 + addressBytes + 2
        guard received.count >= expected else { return .wait }
        return received.count == expected ? .done : Self.tooMuch
    }

    private static let tooMuch = ProxyStep.failed("says more than it was asked")

    /// RFC 1928 §6.
    private static func refusal(_ code: UInt8) -> String {
        switch code {
        case 2: "does not allow the connection"
        case 3: "cannot reach the server's network"
        case 4: "cannot reach the server's host"
        case 5: "says that the server refuses the connection"
        case 6: "says that the server does not answer in time"
        case 8: "cannot use this kind of address"
        default: "failed (SOCKS 5 reply \(code))"
        }
    }
}
