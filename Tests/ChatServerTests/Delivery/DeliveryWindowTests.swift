import ChatProtocol
import NIOCore
import Testing

@testable import ChatServer

private let one = conversation(1)
private let two = conversation(2)

extension DeliveryWindow {
    fileprivate mutating func offer(_ first: SequenceNumber, _ last: SequenceNumber, bytes: Int = 100) -> Offer {
        offer(one, first: first, last: last, count: first.distance(to: last) + 1, bytes: bytes, now: at(0))
    }
    fileprivate mutating func acknowledge(_ seq: SequenceNumber, stored: Bool = true, _ time: Int64 = 0)
        -> Acknowledgement
    {
        acknowledge(one.id, seq: seq, stored: stored, now: at(time))
    }
}

@Suite struct DeliveryWindowTests {
    @Test func `entries are sent in their order once`() {
        var window = DeliveryWindow()
        window.begin(one, at: 4)
        #expect(window.offer(5, 6) == .send)
        #expect(window.offer(5, 6) == .skip)
        #expect(window.offer(7, 7) == .send)
        #expect(window.position(of: one.id) == 7)
    }

    @Test func `a hole is not sent over`() {
        var window = DeliveryWindow()
        window.begin(one, at: 4)
        #expect(window.offer(6, 6) == .fallBehind)
        #expect(window.offer(4, 6) == .fallBehind)
        #expect(window.entries == 0)
    }

    @Test func `a conversation that is new begins with its first entry`() {
        var window = DeliveryWindow()
        #expect(window.offer(17, 17) == .send)
        #expect(window.acknowledge(17) == .moved(one, delivered: 17))
    }

    @Test func `no more than the window is under way`() {
        var window = DeliveryWindow()
        for seq in 1...SequenceNumber(UInt64(Limits.unacknowledgedEntries)) { #expect(window.offer(seq, seq) == .send) }
        #expect(window.offer(257, 257) == .fallBehind)
        #expect(window.acknowledge(1) == .moved(one, delivered: 1))
        #expect(window.offer(257, 257) == .send)
        #expect(window.offer(258, 258) == .fallBehind)
    }

    @Test func `bytes are bounded too`() {
        var window = DeliveryWindow()
        let half = Limits.unacknowledgedBytes / 2
        #expect(window.offer(1, 1, bytes: half) == .send)
        #expect(window.offer(2, 2, bytes: half) == .send)
        #expect(window.offer(3, 3, bytes: 1) == .fallBehind)
        #expect(window.acknowledge(2) == .moved(one, delivered: 2))
        #expect(window.bytes == 0 && window.offer(3, 3, bytes: 1) == .send)
    }

    @Test func `the window is shared by all conversations`() {
        var window = DeliveryWindow()
        #expect(window.offer(1, 200) == .send)
        let offer = window.offer(two, first: 1, last: 57, count: 57, bytes: 1, now: at(0))
        #expect(offer == .fallBehind && window.entryRoom == 56)
    }

    @Test func `acknowledging more than was sent is noticed`() {
        var window = DeliveryWindow()
        #expect(window.acknowledge(1) == .beyond)
        #expect(window.offer(1, 3) == .send)
        #expect(window.acknowledge(4) == .beyond)
        #expect(window.acknowledge(two.id, seq: 1, stored: true, now: at(0)) == .beyond)
        #expect(window.acknowledge(3) == .moved(one, delivered: 3))
    }

    @Test func `acknowledgements are cumulative and may repeat`() {
        var window = DeliveryWindow()
        #expect(window.offer(1, 64, bytes: 6400) == .send)
        #expect(window.offer(65, 128, bytes: 6400) == .send)
        #expect(window.acknowledge(96) == .moved(one, delivered: 96))
        #expect(window.entries == 32 && window.bytes == 3200)
        #expect(window.acknowledge(96) == .stale)
        #expect(window.acknowledge(10) == .stale)
        #expect(window.acknowledge(128) == .moved(one, delivered: 128))
        #expect(window.entries == 0 && window.bytes == 0)
    }

    @Test func `a skipped entry is settled but not delivered`() {
        var window = DeliveryWindow()
        #expect(window.offer(1, 3) == .send)
        #expect(window.acknowledge(2) == .moved(one, delivered: 2))
        #expect(window.acknowledge(3, stored: false) == .moved(one, delivered: 2))
        #expect(window.entries == 0)
    }

    @Test func `waiting is counted from the last progress`() {
        var window = DeliveryWindow()
        #expect(window.waitingSince == nil)
        #expect(window.offer(1, 2) == .send)
        #expect(window.waitingSince == at(0))
        #expect(window.acknowledge(1, 700) == .moved(one, delivered: 1))
        #expect(window.waitingSince == at(700))
        #expect(window.acknowledge(1, 900) == .stale)
        #expect(window.waitingSince == at(700))
        #expect(window.acknowledge(2, 950) == .moved(one, delivered: 2))
        #expect(window.waitingSince == nil)
    }

    @Test func `a gap moves the position and waits for nothing`() {
        var window = DeliveryWindow()
        window.begin(one, at: 0)
        window.sendPage(of: one, through: 40, count: 0, bytes: 30, now: at(0))
        #expect(window.position(of: one.id) == 40 && window.waitingSince == nil)
        #expect(window.acknowledge(40, stored: false) == .moved(one, delivered: 0))
    }

    @Test func `what is under way never exceeds the window and ends at nothing`() {
        var generator = SystemRandomNumberGenerator()
        for _ in 0..<200 {
            var window = DeliveryWindow()
            var sent: SequenceNumber = 0
            var acked: SequenceNumber = 0
            for _ in 0..<200 {
                let count = Int.random(in: 1...64, using: &generator)
                let last = sent.advanced(by: count)
                if window.offer(sent.advanced(by: 1), last, bytes: count * 1000) == .send { sent = last }
                if sent > acked, Bool.random(using: &generator) {
                    acked = SequenceNumber(.random(in: acked.value + 1...sent.value, using: &generator))
                    #expect(window.acknowledge(acked) == .moved(one, delivered: acked))
                }
                #expect(window.entries == acked.distance(to: sent))
                #expect(window.entries <= Limits.unacknowledgedEntries && window.bytes >= 0)
            }
            if sent > acked { #expect(window.acknowledge(sent) == .moved(one, delivered: sent)) }
            #expect(window.entries == 0 && window.bytes == 0)
        }
    }
}
