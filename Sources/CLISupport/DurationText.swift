import ChatProtocol

/// Durations as people type them: `500ms`, `30s`, `5m`, `2h`, `7d`, and `0`.
package enum DurationText {
    /// The longest duration that is taken, in days: anything above is a slip of the finger.
    package static let maximumDays: Int64 = 3650

    /// What is said to somebody who typed something else.
    package static let form = "a duration such as 500ms, 30s, 5m, 2h or 7d"

    /// Nil where the text is no duration, or one of more than ten years.
    package static func duration(_ text: some StringProtocol) -> Duration? {
        if text == "0" { return .zero }
        let bytes = Array(text.utf8)
        let digits = bytes.prefix { (0x30...0x39).contains($0) }
        guard !digits.isEmpty, digits.count <= 15,
            let count = Int64(String(decoding: digits, as: UTF8.self)),
            let unit = unit(String(decoding: bytes.dropFirst(digits.count), as: UTF8.self))
        else { return nil }
        let (milliseconds, overflow) = count.multipliedReportingOverflow(by: unit)
        guard !overflow, milliseconds <= maximumDays * 86_400_000 else { return nil }
        return .milliseconds(milliseconds)
    }

    /// The duration, of whole milliseconds, in the largest unit that holds it without a remainder; a negative one is none.
    package static func text(_ duration: Duration) -> String {
        let milliseconds = max(0, duration.wholeMilliseconds)
        for name in ["d", "h", "m", "s"] {
            if let unit = unit(name), milliseconds >= unit, milliseconds % unit == 0 {
                return "\(milliseconds / unit)\(name)"
            }
        }
        return "\(milliseconds)ms"
    }

    private static func unit(_ name: String) -> Int64? {
        switch name {
        case "ms": 1
        case "s": 1000
        case "m": 60_000
        case "h": 3_600_000
        case "d": 86_400_000
        default: nil
        }
    }
}
