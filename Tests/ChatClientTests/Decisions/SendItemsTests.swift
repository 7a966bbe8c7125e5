import ChatProtocol
import Testing

@testable import ChatClient

@Suite struct SendItemsTests {
    private static let bob = ConversationName("@bob") ?? .everyone
    private static let carol = ConversationName("@carol") ?? .everyone

    private func item(_ tag: UInt64, to name: ConversationName = Self.bob, body: String = "xx") -> SendItem {
        SendItem(
            tag: tag, conversation: name, id: MessageID(high: 0, low: tag), size: body.utf8.count, deadline: nil)
    }

    private func waiting(_ items: inout SendItems) -> [UInt64] {
        var tags: [UInt64] = []
        items.passWaiting { _, item in
            tags.append(item.tag)
            return .passed
        }
        return tags
    }

    @Test func `messages keep their order whatever happens to others`() {
        var items = SendItems()
        for tag: UInt64 in 1...6 { items.append(item(tag)) }
        for tag: UInt64 in [1, 2, 4] { items.setPhase(tag, .inFlight) }
        #expect(waiting(&items) == [3, 5, 6])
        items.remove(1)
        items.setPhase(2, .waiting)
        #expect(items.first?.tag == 2)
        #expect(waiting(&items) == [2, 3, 5, 6])
        #expect(items.all.map(\.tag) == [2, 3, 4, 5, 6])
        #expect(items.remove(1) == nil && items.count == 5)
    }

    @Test func `what is in flight is counted, by conversation too`() {
        var items = SendItems()
        items.append(item(1))
        items.append(item(2, to: Self.carol, body: "xyz"))
        items.setPhase(1, .sealing)
        items.setPhase(1, .inFlight)
        items.setPhase(2, .inFlight)
        items.setPhase(2, .inFlight)
        #expect(items.underWay == 2 && items.bytesUnderWay == 5)
        #expect(items.underWay(to: Self.bob) == 1 && items.underWay(to: Self.carol) == 1)
        items.setPhase(1, .accepted(seq: 1, time: 1))
        items.remove(2)
        #expect(items.underWay == 0 && items.bytesUnderWay == 0)
        #expect(items.underWay(to: Self.bob) == 0 && items.underWay(to: Self.carol) == 0)
        #expect(items.first?.isAccepted == true)
    }

    @Test func `those that go out are not passed again, and behind one that stops none is`() {
        var items = SendItems()
        for tag: UInt64 in 1...4 { items.append(item(tag)) }
        var seen: [UInt64] = []
        items.passWaiting { items, item in
            seen.append(item.tag)
            guard item.tag < 3 else { return .stopped }
            items.setPhase(item.tag, .inFlight)
            return .sent
        }
        #expect(seen == [1, 2, 3])
        #expect(waiting(&items) == [3, 4])
    }

    @Test func `tens of thousands come and go`() {
        var items = SendItems()
        for tag: UInt64 in 0..<20_000 {
            items.append(item(tag))
            if tag >= 100 { items.remove(tag - 100) }
        }
        #expect(items.count == 100 && items.first?.tag == 19_900)
        #expect(waiting(&items) == Array(19_900..<20_000))
    }
}
