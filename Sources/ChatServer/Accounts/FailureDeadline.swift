/// When a failed login or registration is answered: at one time after it came in, or after its password's turn came,
/// whatever the reason and however long finding it out took, so that time tells nothing.
package struct FailureDeadline: Sendable, Equatable {
    package var interval: Duration

    package init(interval: Duration) { self.interval = max(.microseconds(1), interval) }

    /// How long from `now` the answer to what began at `start` is given: at the first multiple of the
    /// interval that has not passed. On a busy machine that is a later one, whoever was named: the work is the same.
    package func delay(start: Ticks, now: Ticks) -> Duration {
        let elapsed = now.span(since: start)
        let remainder = Duration(attoseconds: elapsed.attoseconds % interval.attoseconds)
        if elapsed > .zero && remainder == .zero { return .zero }
        return interval - remainder
    }
}
