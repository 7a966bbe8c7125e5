import NIOCore

/// Lets one of many like log lines through in a minute, so that whoever causes them cannot fill the disk. A plain value.
struct LogInterval {
    private let interval: TimeAmount
    private var next: NIODeadline?

    init(_ interval: TimeAmount = .minutes(1)) { self.interval = interval }

    /// Whether the line is to be written.
    mutating func lets(_ now: NIODeadline) -> Bool {
        if let next, now < next { return false }
        next = now + interval
        return true
    }
}
