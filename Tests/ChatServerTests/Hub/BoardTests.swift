import ChatProtocol
import NIOCore
import Testing

@testable import ChatServer

@Suite struct PresenceBoardTests {
    private let a = record(alice, "alice")
    private let b = record(bob, "bob")

    @Test func `online from the first connection to the last`() {
        var board = PresenceBoard()
        #expect(board.arrived(a) == true)
        #expect(board.arrived(a) == false)
        #expect(board.isOnline(alice) && board.online == [a])
        #expect(board.left(alice) == false)
        #expect(board.left(alice) == true)
        #expect(!board.isOnline(alice) && board.online.isEmpty)
        #expect(board.left(alice) == false)
    }

    @Test func `changes are told together and in order`() {
        var board = PresenceBoard()
        board.arrived(b)
        board.arrived(a)
        #expect(board.announce(now: at(0)) == .init(online: [a, b], offline: []))
        #expect(board.announce(now: at(20)).isEmpty)
        board.left(alice)
        #expect(board.announce(now: at(40)) == .init(online: [], offline: [a]))
    }

    @Test func `who only reconnects is not mentioned`() {
        var board = PresenceBoard()
        board.arrived(a)
        _ = board.announce(now: at(0))
        board.left(alice)
        board.arrived(a)
        #expect(board.announce(now: at(20)).isEmpty)
        board.arrived(b)
        board.left(bob)
        #expect(board.announce(now: at(40)).isEmpty)
    }

    @Test func `the first change is told at once and the next with the tick`() {
        var board = PresenceBoard()
        #expect(board.nextAnnouncement(now: at(0)) == at(0))
        _ = board.announce(now: at(0))
        #expect(board.nextAnnouncement(now: at(5)) == at(20))
        #expect(board.nextAnnouncement(now: at(500)) == at(500))
    }
}

@Suite struct ReceiptBoardTests {
    private let dm = conversation(1).id

    @Test func `what is not known is asked for`() {
        var board = ReceiptBoard()
        #expect(board.delivered(dm, bob, through: 3) == .load)
        let loaded = board.loaded(dm, [.init(account: bob, delivered: 3, read: 1)])
        #expect(loaded.news == [.init(account: bob, delivered: 3, read: 1)])
        #expect(board.delivered(dm, bob, through: 3) == .nothing)
        #expect(board.delivered(dm, bob, through: 4) == .publish(.init(account: bob, delivered: 4, read: 1)))
    }

    @Test func `the store never takes back what is known`() {
        var board = ReceiptBoard()
        _ = board.loaded(dm, [.init(account: bob, delivered: 3, read: 1)])
        _ = board.delivered(dm, bob, through: 9)
        let loaded = board.loaded(dm, [.init(account: bob, delivered: 3, read: 2)])
        #expect(loaded.all == [.init(account: bob, delivered: 9, read: 2)] && loaded.news == loaded.all)
        #expect(board.loaded(dm, [.init(account: bob, delivered: 3, read: 2)]).news.isEmpty)
    }
}

@Suite struct ConnectionCensusTests {
    @Test func `a login that is being checked is not closed for newer connections`() {
        var census = ConnectionCensus<Int, String>(cap: 2)
        _ = census.opened(1, prefix: "a")
        census.spoke(1)
        census.settled(1)
        for key in 2...9 { #expect(census.opened(key, prefix: "a") != 1) }
        // Refused, it waits like others, and is not the first to go.
        #expect(census.waitsAgain(1, prefix: "a") == 8)
        #expect(census.count == 2)
    }

    @Test func `those that only connect and those that speak close none of the others`() {
        var census = ConnectionCensus<Int, String>(cap: 4)
        for key in 1...4 {
            _ = census.opened(key, prefix: "a")
            census.spoke(key)
        }
        #expect(census.opened(5, prefix: "a") == 1)
        #expect(census.opened(6, prefix: "a") == 2)
        for key in 7...20 { #expect(census.opened(key, prefix: "a") == key - 2) }
        #expect(census.count == 4)
    }

    @Test func `over the cap the oldest goes and never the newest`() {
        var census = ConnectionCensus<Int, String>(cap: 3)
        for key in 1...3 { #expect(census.opened(key, prefix: "a") == nil) }
        #expect(census.opened(4, prefix: "b") == nil)
        #expect(census.opened(5, prefix: "a") == 1)
        #expect(census.opened(6, prefix: "a") == 2)
    }

    @Test func `seven hundred machines of one address that come at once all get in`() {
        var census = ConnectionCensus<Int, String>(cap: Int(ServerLimits().unauthenticatedPerAddress))
        for key in 1...700 { #expect(census.opened(key, prefix: "a") == nil) }
        for key in 1...700 { census.spoke(key) }
        for key in 1...700 { census.settled(key) }
        #expect(census.count == 0)
    }

    @Test func `who has logged in or gone is not counted`() {
        var census = ConnectionCensus<Int, String>(cap: 2)
        _ = census.opened(1, prefix: "a")
        _ = census.opened(2, prefix: "a")
        census.settled(1)
        #expect(census.opened(3, prefix: "a") == nil)
        #expect(census.opened(4, prefix: "a") == 2)
        for key in 1...4 { census.settled(key) }
        #expect(census.count == 0)
    }
}
