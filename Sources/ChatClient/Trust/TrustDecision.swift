import CLISupport
import Transport

/// Decides whether the server that answers is the one that is meant.
///
/// A server is known by `ca` or by `pin` and never changes from one to the other unless somebody says so.
struct TrustDecision: Equatable, Sendable {
    var address: ServerAddress
    /// How it is known; nil: not at all.
    var known: ServerStanding?
    var setting: TrustSetting

    enum Verdict: Equatable, Sendable {
        /// With `remember`, it is from now on known so.
        case accept(remember: ServerStanding?)
        case ask(UnknownServer)
        case refuse(Problem)
    }

    /// What has to be looked at before it can be judged. Authorities are loaded only where they decide.
    var demand: Transport.TrustPolicy {
        switch (setting, known) {
        case (.pin, _), (_, .pin): .inspect(name: nil)
        case (_, .authority), (_, nil): .inspect(name: address.certificateName)
        }
    }

    /// - Parameter isPublished: whether a server of this user or of root has published the key on this machine.
    func judge(_ peer: PeerIdentity, isPublished: () -> Bool) -> Verdict {
        if case .pin(let wanted) = setting {
            guard peer.pin == wanted else {
                return .refuse(mismatch(peer, expected: "\(wanted)", "what was asked for is"))
            }
            return .accept(remember: known == .pin(wanted) ? nil : .pin(wanted))
        }
        switch known {
        case .pin(let pin):
            return peer.pin == pin
                ? .accept(remember: nil) : .refuse(mismatch(peer, expected: "\(pin)", "it is known by"))
        case .authority:
            guard case .failed(let reason) = peer.verification else { return .accept(remember: nil) }
            return .refuse(noLongerVerifies(peer, reason))
        case nil:
            return judgeStranger(peer, isPublished: isPublished)
        }
    }

    private func judgeStranger(_ peer: PeerIdentity, isPublished: () -> Bool) -> Verdict {
        let reason: String
        switch peer.verification {
        case .verified: return .accept(remember: .authority)
        case .failed(let why): reason = why
        case .notAsked: reason = "nobody vouches for it"
        }
        if address.isLoopback && isPublished() { return .accept(remember: .pin(peer.pin)) }
        switch setting {
        case .acceptNew: return .accept(remember: .pin(peer.pin))
        case .ask: return .ask(UnknownServer(address: address, pin: peer.pin, reason: reason))
        case .strict, .pin: return .refuse(notTrusted(peer.pin, reason))
        }
    }

    /// The refusal of a server that is not known.
    func notTrusted(_ pin: PublicKeyPin, _ reason: String) -> Problem {
        Problem(
            .serverNotTrusted, "\(address) is not known, and its certificate does not verify (\(reason))",
            advice: .trustFingerprint("\(pin)"), sent: .no)
    }

    private func mismatch(_ peer: PeerIdentity, expected: String, _ source: String) -> Problem {
        Problem(
            .serverKeyChanged, "\(address) has the key \(peer.pin), but \(source) \(expected); nothing was sent",
            advice: .trustReplacedKey("\(peer.pin)"), sent: .no)
    }

    private func noLongerVerifies(_ peer: PeerIdentity, _ reason: String) -> Problem {
        Problem(
            .serverKeyChanged,
            "\(address) is known by its CA, but its certificate does not verify (\(reason)); nothing was sent",
            advice: .trustByKey("\(peer.pin)"), sent: .no)
    }
}
