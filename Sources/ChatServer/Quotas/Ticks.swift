/// A moment on a clock that only goes forward, from some beginning. Spans are microseconds. No arithmetic here can trap.
package struct Ticks: Hashable, Sendable {
    package static let beginning = Ticks(microseconds: 0)

    package let microseconds: UInt64

    package init(microseconds: UInt64) { self.microseconds = microseconds }

    /// The moment so much later; the last one where there is none.
    package static func + (moment: Ticks, span: UInt64) -> Ticks {
        let (sum, overflow) = moment.microseconds.addingReportingOverflow(span)
        return Ticks(microseconds: overflow ? .max : sum)
    }

    /// The moment so much earlier; the beginning where there is none.
    package static func - (moment: Ticks, span: UInt64) -> Ticks {
        Ticks(microseconds: moment.microseconds - min(span, moment.microseconds))
    }

    /// The span since an earlier moment; 0 since a later one.
    package func span(since earlier: Ticks) -> UInt64 {
        microseconds - min(microseconds, earlier.microseconds)
    }
}

extension Ticks: Comparable {
    package static func < (left: Ticks, right: Ticks) -> Bool { left.microseconds < right.microseconds }
}
