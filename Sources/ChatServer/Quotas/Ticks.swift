/// A moment on a clock that only goes forward, from some beginning. No arithmetic here can trap.
package struct Ticks: Hashable, Sendable {
    package static let beginning = Ticks(.zero)
    /// Far from where a sum of two would trap.
    private static let last = Duration.seconds(Int64.max)

    package let sinceBeginning: Duration

    /// The moment so long after the beginning; the beginning for anything before it.
    package init(_ sinceBeginning: Duration) { self.sinceBeginning = min(max(.zero, sinceBeginning), Self.last) }

    /// The moment so much later; the last one where there is none.
    package static func + (moment: Ticks, span: Duration) -> Ticks {
        Ticks(moment.sinceBeginning + min(span, last))
    }

    /// The moment so much earlier; the beginning where there is none.
    package static func - (moment: Ticks, span: Duration) -> Ticks {
        Ticks(moment.sinceBeginning - min(span, last))
    }

    /// The span since an earlier moment; none since a later one.
    package func span(since earlier: Ticks) -> Duration { max(.zero, sinceBeginning - earlier.sinceBeginning) }
}

extension Ticks: Comparable {
    package static func < (left: Ticks, right: Ticks) -> Bool { left.sinceBeginning < right.sinceBeginning }
}
