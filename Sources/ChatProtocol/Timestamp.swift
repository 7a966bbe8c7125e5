import WireCodec

/// A point in time: Unix time in milliseconds, not before 1970. No arithmetic here can trap.
package struct Timestamp: Hashable, Sendable {
    /// The beginning of 1970. It stands for "never" where something may not have happened.
    package static let zero = Timestamp(milliseconds: 0)
    /// The last moment that a signed number holds, as a row of a store does.
    package static let distantFuture = Timestamp(milliseconds: .max)

    package let milliseconds: UInt64

    /// The moment so long after the beginning of 1970; the last one for anything beyond it.
    package init(milliseconds: UInt64) { self.milliseconds = min(milliseconds, UInt64(Int64.max)) }

    /// How long after `earlier` this is; negative where it is before.
    package static func - (later: Timestamp, earlier: Timestamp) -> Duration {
        .milliseconds(Int64(later.milliseconds) - Int64(earlier.milliseconds))
    }

    package static func + (time: Timestamp, duration: Duration) -> Timestamp {
        let (moment, overflow) = Int64(time.milliseconds).addingReportingOverflow(duration.wholeMilliseconds)
        return overflow ? .distantFuture : Timestamp(milliseconds: UInt64(max(0, moment)))
    }

    package static func - (time: Timestamp, duration: Duration) -> Timestamp {
        let (moment, overflow) = Int64(time.milliseconds).subtractingReportingOverflow(duration.wholeMilliseconds)
        return overflow ? .distantFuture : Timestamp(milliseconds: UInt64(max(0, moment)))
    }
}

extension Timestamp: Comparable {
    package static func < (left: Timestamp, right: Timestamp) -> Bool { left.milliseconds < right.milliseconds }
}

extension Timestamp: ExpressibleByIntegerLiteral {
    package init(integerLiteral milliseconds: UInt64) { self.init(milliseconds: milliseconds) }
}

extension Timestamp: WireCodable {
    package func encode(into writer: inout WireWriter) { writer.write(milliseconds) }

    package init(from reader: inout WireReader) throws(WireError) {
        let milliseconds = try reader.read(UInt64.self)
        guard milliseconds <= Int64.max else { throw .limitExceeded(field: "time", limit: .max) }
        self.milliseconds = milliseconds
    }
}

extension Duration {
    /// The milliseconds of it; the largest or smallest number where they are more.
    package var wholeMilliseconds: Int64 {
        let (seconds, attoseconds) = components
        let (scaled, overflow) = seconds.multipliedReportingOverflow(by: 1000)
        let (sum, overrun) = scaled.addingReportingOverflow(attoseconds / 1_000_000_000_000_000)
        return overflow || overrun ? (seconds < 0 ? .min : .max) : sum
    }
}
