import CLISupport
import ChatProtocol
import Transport

/// Judges the certificate that a server is to show. A plain value.
struct CertificateReview {
    /// How long before its end it is said.
    static let notice = Duration.seconds(14 * 86_400)

    var facts: CertificateFacts
    /// The one that it takes the place of.
    var before: CertificateFacts?
    /// Whether its key is another than that one's.
    var hasOtherKey = false
    var now: Timestamp

    /// Why it is not to be taken: the one before is valid, and this one is not.
    var refusal: String? {
        guard let before, Self.fault(of: before, now) == nil else { return nil }
        return Self.fault(of: facts, now)
    }

    /// What the administrator should know of it, each in one sentence without its subject.
    var warnings: [String] {
        var found: [String] = []
        if let fault = Self.fault(of: facts, now) {
            found.append(fault)
        } else if facts.ends - now < Self.notice {
            let days = (facts.ends - now).wholeMilliseconds / 86_400_000
            found.append("expires at \(TimestampText.utc(facts.ends)), in \(days) days")
        }
        if let fault = facts.chainFault {
            found.append(
                "is vouched for by no authority that this machine knows (\(fault)): its file needs the certificates "
                    + "between, or clients must know the server by its key")
        }
        if let before, !before.names.isEmpty, Set(before.names).isDisjoint(with: facts.names) {
            let names = facts.names.isEmpty ? "no name" : facts.names.joined(separator: " ")
            found.append("is for \(names), and the one before was for \(before.names.joined(separator: " "))")
        }
        if hasOtherKey { found.append("has another key: clients that know the server by its key refuse it") }
        return found
    }

    private static func fault(of facts: CertificateFacts, _ now: Timestamp) -> String? {
        if now >= facts.ends { return "has expired at \(TimestampText.utc(facts.ends))" }
        if now < facts.begins { return "is not valid before \(TimestampText.utc(facts.begins))" }
        return nil
    }
}
