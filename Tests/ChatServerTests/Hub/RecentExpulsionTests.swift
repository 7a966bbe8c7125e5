import ChatProtocol
import Testing

@testable import ChatServer

/// Which logins an expulsion overtakes.
struct RecentExpulsionTests {
    private let alice = AccountID(high: 1, low: 1)
    private let laptop = DeviceID(high: 2, low: 1)
    private let phone = DeviceID(high: 2, low: 2)

    @Test func `an expulsion concerns the logins that began before it, of those it names`() {
        var recent = RecentExpulsions()
        let before = recent.count
        recent.note(alice, [laptop])
        #expect(recent.concern(alice, laptop, since: before))
        #expect(!recent.concern(alice, phone, since: before))
        #expect(!recent.concern(alice, laptop, since: recent.count))
        recent.note(alice)
        #expect(
            recent.concern(alice, phone, since: before) && !recent.concern(AccountID(high: 9, low: 9), phone, since: 0))
    }

    @Test func `whoever has the key for which the others went stays`() {
        var recent = RecentExpulsions()
        recent.note(alice, [laptop], keeping: [7])
        #expect(!recent.concern(alice, laptop, by: [7], since: 0))
        #expect(recent.concern(alice, laptop, by: [6], since: 0) && recent.concern(alice, laptop, since: 0))
        recent.note(alice, [laptop])
        #expect(recent.concern(alice, laptop, by: [7], since: 0))
    }

    @Test func `what is not remembered any more concerns everybody who began before it`() {
        var recent = RecentExpulsions(capacity: 4)
        let before = recent.count
        for _ in 0..<4 { recent.note(alice, [laptop]) }
        #expect(!recent.concern(alice, phone, since: before))
        recent.note(alice, [laptop])
        #expect(recent.concern(alice, phone, since: before))
        #expect(!recent.concern(alice, phone, since: before + 1))
    }
}
