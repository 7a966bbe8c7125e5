/// How long to wait before the next attempt: exponential, with jitter, so that a thousand clients of a server that
/// comes back do not all arrive at once.
struct Backoff: Equatable, Sendable {
    /// The first pause is up to this …
    static let first = Duration.milliseconds(200)
    /// … and no pause is longer than this.
    static let longest = Duration.seconds(10)

    private(set) var attempts = 0

    /// The next pause: between half and the whole of a ceiling that doubles each time.
    ///
    /// - Parameter random: uniformly distributed.
    mutating func next(random: UInt64) -> Duration {
        let ceiling = min(Self.first * (1 << min(attempts, 20)), Self.longest)
        attempts += 1
        let parts = Int(random % 1024)
        return ceiling / 2 + ceiling * parts / 2048
    }

    /// It worked: begin anew.
    mutating func reset() { attempts = 0 }
}
