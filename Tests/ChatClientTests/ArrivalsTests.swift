import ChatProtocol
import Testing

@testable import ChatClient

@Suite struct ArrivalsTests {
    private let alice = ConversationID(high: 1, low: 1)
    private let bob = ConversationID(high: 2, low: 2)

    private func entry(_ conversation: ConversationID, _ seq: UInt64, time: UInt64) -> Incoming {
        .entry(
            IncomingEntry(
                Entry(
                    conversation: conversation, seq: seq, id: MessageID(high: seq, low: time),
                    sender: AccountID(high: 0, low: 1), device: DeviceID(high: 0, low: 1), payloadKind: 1, time: time,
                    payload: [])))
    }

    @Test func whatWasMissedIsStoredInTheOrderOfItsTime() {
        var arrivals = Arrivals()
        let items = [entry(alice, 1, time: 10), entry(alice, 2, time: 30), entry(bob, 1, time: 20)]
        for item in items { arrivals.add(item, bytes: 1) }
        #expect(arrivals.take().isEmpty)
        #expect(arrivals.take(all: true) == [items[0], items[2], items[1]])
    }

    @Test func withinAConversationNumbersComeBeforeTimes() {
        var arrivals = Arrivals()
        let gap = Incoming.gap(Gap(conversation: alice, reason: .retention, first: 2, last: 3))
        let items = [entry(alice, 1, time: 30), gap, entry(alice, 4, time: 5), entry(bob, 1, time: 40)]
        for item in items { arrivals.add(item, bytes: 1) }
        #expect(arrivals.take(all: true) == items)
    }

    @Test func noMoreIsHeldBackThanAServerSendsUnacknowledged() {
        var many = Arrivals()
        for seq in 1...Arrivals.heldEntries { many.add(entry(alice, UInt64(seq), time: 1), bytes: 1) }
        #expect(many.take().count == Arrivals.heldEntries)
        var large = Arrivals()
        large.add(entry(alice, 1, time: 1), bytes: Arrivals.heldBytes)
        #expect(large.take().count == 1)
    }

    @Test func nothingIsHeldBackOnceLive() {
        var arrivals = Arrivals()
        arrivals.becameLive()
        arrivals.add(entry(alice, 1, time: 1), bytes: 1)
        #expect(arrivals.take().count == 1)
    }
}
