import ChatProtocol
import Testing

@testable import ChatServer

@Suite struct RetentionClockTests {
    private static let day = UInt64(86_400_000)

    @Test(
        arguments: [
            (100, nil, true), (Timestamp(milliseconds: 100 + day), 100, true),
            (Timestamp(milliseconds: 101 + day), 100, false), (100, 100, true),
            // A clock that came back deletes less, not more.
            (100, Timestamp(milliseconds: 100 + 30 * day), true),
        ] as [(Timestamp, Timestamp?, Bool)])
    func `a clock is believed unless it has leapt by more than a day`(
        now: Timestamp, believed: Timestamp?, isBelieved: Bool
    ) {
        #expect(RetentionClock.believes(now, since: believed) == isBelieved)
    }
}
