/// When lines that come in go to the terminal. A line that comes alone goes at once; of many that come together the
/// half-typed line below them is drawn again once, not once for each. A plain value, told the time.
struct OutputPacer: Sendable {
    /// At most fifty redraws a second: more cannot be seen, and over a slow line they cost the keys their time.
    static let pause = Duration.milliseconds(20)
    /// Bytes that are held back at most.
    static let limit = 64 << 10

    enum Decision: Equatable, Sendable {
        case writeNow
        /// Call again with `timerFired` then.
        case setTimer(Duration)
        /// The timer is set.
        case wait
    }

    private var held = 0
    private var isTimerSet = false
    private var lastWritten: Duration?

    /// So many bytes are to be written.
    mutating func add(_ bytes: Int, at now: Duration) -> Decision {
        held += bytes
        if held >= Self.limit || isRested(at: now) && !isTimerSet {
            written(at: now)
            return .writeNow
        }
        guard !isTimerSet, let lastWritten else { return .wait }
        isTimerSet = true
        return .setTimer(lastWritten + Self.pause - now)
    }

    /// True: write what is held.
    mutating func timerFired(at now: Duration) -> Bool {
        isTimerSet = false
        guard held > 0 else { return false }
        written(at: now)
        return true
    }

    /// Everything that was held was written, for whatever reason.
    mutating func written(at now: Duration) {
        held = 0
        lastWritten = now
    }

    private func isRested(at now: Duration) -> Bool {
        guard let lastWritten else { return true }
        return now - lastWritten >= Self.pause
    }
}
