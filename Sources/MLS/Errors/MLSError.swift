/// A refusal: which check refused, and what was found.
public struct MLSError: Error, Hashable, Sendable {
    /// Which check: what programs compare. See `Check` for its number and the section of the RFC that demands it.
    public let check: Check
    /// What was found, for people. Never a secret.
    public let detail: String

    public init(_ check: Check, _ detail: String = "") {
        self.check = check
        self.detail = detail
    }
}

extension MLSError: CustomStringConvertible {
    public var description: String {
        let head = "MLS \(check.rawValue) \(check): \(check.sentence) (\(check.source))"
        return detail.isEmpty ? head : "\(head): \(detail)"
    }
}

/// Refuses unless `condition` holds.
func require(
    _ condition: Bool, _ check: Check, _ detail: @autoclosure () -> String = ""
) throws(MLSError) {
    if !condition { throw MLSError(check, detail()) }
}
