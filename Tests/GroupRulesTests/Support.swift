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

extension TestAccount {
    /// How the device presents itself in a group.
    func identity(_ device: DeviceID? = nil) throws -> MemberIdentity {
        let device = device ?? first
        guard let certificate = chain.certificate(of: device), let key = present[device] else {
            throw TestFailure("no certificate")
        }
        return try MemberIdentity(DeviceCredential(party: party, device: device), certificate, key: key)
    }
}
