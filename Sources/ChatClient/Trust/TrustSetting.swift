import Transport

/// What may happen with a server that is not known yet, or whose key is another one.
package enum TrustSetting: Equatable, Sendable {
    /// A person decides; without one the server is refused.
    case ask
    /// A server that is not known is taken as it is.
    case acceptNew
    /// Only servers that are known, or whose certificate verifies.
    case strict
    /// The server that has this key, and no other; it replaces what was known.
    case pin(PublicKeyPin)

    package static let form = "ask, accept-new, strict or SHA256:… (a server's fingerprint)"

    /// Reads the words of `--trust`; nil for anything else.
    package init?(_ text: some StringProtocol) {
        switch String(text) {
        case "ask": self = .ask
        case "accept-new": self = .acceptNew
        case "strict": self = .strict
        default:
            guard let pin = PublicKeyPin(text) else { return nil }
            self = .pin(pin)
        }
    }
}
