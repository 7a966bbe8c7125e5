/// The named rules of membership and trust. A refusal names the one that is broken, and a test is called after each.
package enum Rule: String, Hashable, Sendable, CaseIterable {
    case c1 = "C1"
    case c2 = "C2"
    case c3 = "C3"
    case c4 = "C4"
    case c5 = "C5"
    case c6 = "C6"
    case j1 = "J1"
    case j2 = "J2"
    case j3 = "J3"
    case j4 = "J4"
    case j5 = "J5"
    case j6 = "J6"
    case j7 = "J7"
    case j8 = "J8"
    case k3 = "K3"
    case k5 = "K5"
    case i2 = "I2"
    case m3 = "M3"
}

/// A refusal: what programs compare, which rule, and what was found, for people.
package struct RuleViolation: Error, Hashable, Sendable {
    /// Codes never change.
    package enum Code: String, Hashable, Sendable {
        /// A link, renewal or certificate that proves nothing.
        case invalidLink = "invalid_link"
        /// A link that does not come next: another one is there already, or one before it is missing.
        case linkNotNext = "link_not_next"
        /// Two chains of one account, or a chain that lost what it had.
        case chainForked = "chain_forked"
        /// An identity file that is good for one use was used before.
        case identityUsed = "identity_used"
        /// A newer renewal has taken this one's place.
        case replaced = "replaced"
        case tooLarge = "too_large"
        /// A policy of a version that this program does not know.
        case unsupportedVersion = "unsupported_version"
        /// A group, leaf or commit that the rules do not allow.
        case notAllowed = "not_allowed"
        case roomChanged = "room_changed"
        case historyForked = "history_forked"
    }

    package let rule: Rule
    package let code: Code
    package let detail: String

    package init(_ rule: Rule, _ code: Code, _ detail: String) {
        self.rule = rule
        self.code = code
        self.detail = detail
    }
}

extension RuleViolation: CustomStringConvertible {
    package var description: String { "\(rule.rawValue) \(code.rawValue): \(detail)" }
}

/// Refuses unless `condition` holds.
func require(
    _ condition: Bool, _ rule: Rule, _ code: RuleViolation.Code, _ detail: @autoclosure () -> String
) throws(RuleViolation) {
    if !condition { throw RuleViolation(rule, code, detail()) }
}
