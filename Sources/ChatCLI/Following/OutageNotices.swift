/// Which of the many failures of a connection that is tried again and again are told: the first, one an hour while it
/// lasts, and its end. A plain value, told the time.
struct OutageNotices: Sendable {
    static let pause = Duration.seconds(3600)

    private var begin: ContinuousClock.Instant?
    private var lastNotice: ContinuousClock.Instant?

    /// The connection was lost, or another attempt has failed: whether to tell that.
    mutating func lost(at now: ContinuousClock.Instant) -> Bool {
        begin = begin ?? now
        if let lastNotice, now - lastNotice < Self.pause { return false }
        lastNotice = now
        return true
    }

    /// It is there: for how long it was not; nil where nothing was told of that.
    mutating func restored(at now: ContinuousClock.Instant) -> Duration? {
        defer { self = OutageNotices() }
        return begin.map { now - $0 }
    }
}
