import CLISupport

/// How long the texts of messages stay in a profile's store (S5).
package enum KeepPolicy: Equatable, Sendable {
    case forever
    case duration(Duration)
    /// Only until every resume point has passed them.
    case none

    static let form = "forever, none, or a duration such as 30d"

    init?(_ text: String) {
        switch text {
        case "forever": self = .forever
        case "none": self = .none
        default:
            guard let duration = DurationText.duration(text), duration > .zero else { return nil }
            self = .duration(duration)
        }
    }
}
