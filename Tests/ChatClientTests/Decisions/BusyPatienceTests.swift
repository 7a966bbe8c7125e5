import Testing

@testable import ChatClient

@Suite struct BusyPatienceTests {
    @Test func `a busy server is asked five times, however long each answer takes`() {
        var patience = BusyPatience(now: .zero)
        for attempt in 1..<BusyPatience.attempts {
            #expect(patience.next(now: .seconds(10 * attempt), random: 0) != nil)
        }
        #expect(patience.next(now: .seconds(50), random: 0) == nil)
    }

    @Test func `one that answers at once is asked for some seconds`() {
        var (patience, now, attempts) = (BusyPatience(now: .zero), Duration.zero, 1)
        while let pause = patience.next(now: now, random: 0) {
            (now, attempts) = (now + pause, attempts + 1)
        }
        #expect(now < BusyPatience.time && attempts > BusyPatience.attempts)
    }
}
