/// When a failed login or registration is answered: at one time after it came in, or after its password's turn came,
/// whatever the reason and however long finding it out took, so that time tells nothing.
package struct FailureDeadline: Sendable, Equatable {
    /// Microseconds.
    package var interval: UInt64

    package init(interval: UInt64) { self.interval = max(1, interval) }

    /// How many microseconds from `now` the answer to what began at `start` is given: at the first multiple of the
    /// interval that has not passed. On a busy machine that is a later one, whoever was named: the work is the same.
    package func delay(start: Ticks, now: Ticks) -> UInt64 {
        let elapsed = now.span(since: start)
        let remainder = elapsed % interval
        if elapsed > 0 && remainder == 0 { return 0 }
        return interval - remainder
    }
}
