import ChatProtocol
import GroupRules
import MLS
import RulesSupport
import TestSupport
import Testing

/// Expects that `body` is refused by a rule.
func expectRefusal(
    _ rule: Rule, _ code: RuleViolation.Code? = nil, _ location: SourceLocation = #_sourceLocation,
    _ body: () throws -> Void
) {
    do {
        try body()
        Issue.record("not refused, expected \(rule)", sourceLocation: location)
    } catch let error as RuleViolation {
        #expect(error.rule == rule, "\(error)", sourceLocation: location)
        if let code { #expect(error.code == code, "\(error)", sourceLocation: location) }
    } catch {
        Issue.record("another error: \(error)", sourceLocation: location)
    }
}
