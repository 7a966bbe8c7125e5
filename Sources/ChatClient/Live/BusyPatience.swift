/// How long a server that is busy is asked again. It has kept nothing, so asking again does no harm; beyond this a person or a
/// script decides.
///
/// A plain value.
struct BusyPatience: Sendable {
    static let time = Duration.seconds(5)
    /// So often it is asked at least, however long each answer takes: where hundreds come at once, one may take seconds.
    static let attempts = 5

    private let end: Duration
    private var backoff = Backoff()

    init(now: Duration) { end = now + Self.time }

    /// How long to wait before it is asked again; nil: no more.
    ///
    /// - Parameter random: uniformly distributed.
    mutating func next(now: Duration, random: UInt64) -> Duration? {
        let pause = backoff.next(random: random)
        return backoff.attempts < Self.attempts || now + pause < end ? pause : nil
    }
}
