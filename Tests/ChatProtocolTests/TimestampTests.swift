import Testing
import WireCodec

@testable import ChatProtocol

@Suite struct TimestampTests {
    private static let moments: [Timestamp] = [.zero, 1, 1_795_397_340_123, .distantFuture]
    private static let durations: [Duration] = [
        .zero, .milliseconds(1), .milliseconds(-1), .seconds(1 << 60), .seconds(-(1 << 60)), .seconds(Int64.max),
        .seconds(Int64.min), .milliseconds(Int64.max), .milliseconds(Int64.min),
    ]

    @Test(arguments: moments, durations)
    func `no duration leads out of time`(moment: Timestamp, duration: Duration) {
        for end in [moment + duration, moment - duration] { #expect(end >= .zero && end <= .distantFuture) }
        #expect((moment + duration >= moment) == (duration >= .zero) || moment == .zero || moment == .distantFuture)
    }

    @Test(arguments: moments, moments)
    func `from one moment to another is the duration between them`(one: Timestamp, other: Timestamp) {
        #expect(one + (other - one) == other)
        #expect((other - one) == .zero - (one - other))
    }

    @Test func `what lies beyond is the last moment`() {
        #expect(Timestamp(milliseconds: .max) == .distantFuture)
        #expect(Timestamp(milliseconds: 1 << 63) == .distantFuture)
    }

    @Test func `a part of a millisecond is cut`() {
        #expect(Timestamp(milliseconds: 5) + .microseconds(1_999) == 6)
        #expect(Duration.milliseconds(-1500).wholeMilliseconds == -1500)
    }
}
