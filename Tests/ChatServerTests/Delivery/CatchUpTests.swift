import ChatProtocol
import Testing

@testable import ChatServer

private let one = conversation(1)
private let two = conversation(2)

@Suite struct CatchUpTests {
    @Test func `an empty inbox is live at once`() {
        var catchUp = CatchUp()
        #expect(catchUp.next(canSend: true) == .readInbox(after: nil))
        #expect(catchUp.next(canSend: true) == nil)
        #expect(catchUp.inboxRead([], nextAfter: nil).isEmpty)
        #expect(catchUp.next(canSend: true) == .live(first: true))
        #expect(catchUp.isLive && catchUp.next(canSend: true) == nil)
    }

    @Test func `whoever subscribes is live when it was told of the Welcomes that wait`() {
        var catchUp = CatchUp()
        catchUp.begin()
        #expect(catchUp.next(canSend: true) == .readInbox(after: nil))
        _ = catchUp.inboxRead([], nextAfter: nil)
        #expect(catchUp.next(canSend: true) == nil && !catchUp.isLive)
        catchUp.welcomesTold()
        #expect(catchUp.next(canSend: true) == .live(first: true))
    }

    @Test func `conversations are worked off a page at a time`() {
        var catchUp = CatchUp()
        _ = catchUp.next(canSend: true)
        let begins = [CatchUp.Begin(conversation: one, position: 3), CatchUp.Begin(conversation: two, position: 0)]
        #expect(catchUp.inboxRead(begins, nextAfter: nil) == begins)
        #expect(catchUp.next(canSend: true) == .readPage(one))
        #expect(catchUp.next(canSend: true) == nil)
        catchUp.pageSent(wasLast: false)
        #expect(catchUp.next(canSend: true) == .readPage(one))
        catchUp.pageSent(wasLast: true)
        #expect(catchUp.next(canSend: true) == .readPage(two))
        catchUp.pageSent(wasLast: true)
        #expect(catchUp.next(canSend: true) == .live(first: true))
    }

    @Test func `a connection that cannot take a page waits`() {
        var catchUp = CatchUp()
        _ = catchUp.next(canSend: true)
        _ = catchUp.inboxRead([.init(conversation: one, position: 0)], nextAfter: nil)
        #expect(catchUp.next(canSend: false) == nil)
        #expect(catchUp.next(canSend: true) == .readPage(one))
    }

    @Test func `the inbox is read to its end`() {
        var catchUp = CatchUp()
        _ = catchUp.next(canSend: true)
        _ = catchUp.inboxRead([.init(conversation: one, position: 0)], nextAfter: one.id)
        #expect(catchUp.next(canSend: true) == .readPage(one))
        catchUp.pageSent(wasLast: true)
        #expect(catchUp.next(canSend: true) == .readInbox(after: one.id))
    }

    @Test func `what is appended during a read is read too`() {
        var catchUp = CatchUp()
        _ = catchUp.next(canSend: true)
        _ = catchUp.inboxRead([.init(conversation: one, position: 0)], nextAfter: nil)
        _ = catchUp.next(canSend: true)
        #expect(catchUp.missed(one, first: 9, hasBegun: true) == nil)
        catchUp.pageSent(wasLast: true)
        #expect(catchUp.next(canSend: true) == .readPage(one))
        catchUp.pageSent(wasLast: true)
        #expect(catchUp.next(canSend: true) == .live(first: true))
    }

    @Test func `what is appended while the inbox is read waits for its word`() {
        var catchUp = CatchUp()
        _ = catchUp.next(canSend: true)
        #expect(catchUp.missed(one, first: 9, hasBegun: false) == nil)
        #expect(catchUp.missed(one, first: 10, hasBegun: false) == nil)
        #expect(catchUp.missed(two, first: 5, hasBegun: false) == nil)
        // The inbox names the one with an earlier position, and has nothing of the other, which begins where it was.
        let begun = catchUp.inboxRead([.init(conversation: one, position: 2)], nextAfter: nil)
        #expect(begun == [.init(conversation: one, position: 2), .init(conversation: two, position: 4)])
        #expect(catchUp.next(canSend: true) == .readPage(one))
    }

    @Test func `who falls behind comes back and is not told live again`() {
        var catchUp = CatchUp()
        _ = catchUp.next(canSend: true)
        _ = catchUp.inboxRead([], nextAfter: nil)
        _ = catchUp.next(canSend: true)
        #expect(catchUp.missed(one, first: 7, hasBegun: true) == nil)
        #expect(!catchUp.isLive)
        #expect(catchUp.missed(one, first: 8, hasBegun: true) == nil)
        #expect(catchUp.next(canSend: true) == .readPage(one))
        catchUp.pageSent(wasLast: true)
        #expect(catchUp.next(canSend: true) == .live(first: false))
    }

    @Test func `a new conversation of a lagging connection begins with what it missed`() {
        var catchUp = CatchUp()
        _ = catchUp.next(canSend: true)
        _ = catchUp.inboxRead([], nextAfter: nil)
        _ = catchUp.next(canSend: true)
        _ = catchUp.missed(one, first: 7, hasBegun: true)
        #expect(catchUp.missed(two, first: 1, hasBegun: false) == .init(conversation: two, position: 0))
    }
}
