import ChatProtocol
import NIOCore
import Testing

@testable import ChatServer

@Suite struct HandshakeLineTests {
    @Test func `one is looked at after the other in the order in which they came`() {
        var line = HandshakeLine<Int>()
        for item in 1...3 { _ = line.add(item) }
        var taken: [Int] = []
        while let item = line.next() {
            taken.append(item)
            let second = line.next()
            #expect(second == nil && !line.isIdle)
            line.finish()
        }
        #expect(taken == [1, 2, 3] && line.isIdle)
    }

    @Test func `a line is bounded`() {
        var line = HandshakeLine<Int>()
        let taken = (0..<HandshakeLine<Int>.most).filter { line.add($0) }
        #expect(taken.count == HandshakeLine<Int>.most)
        let surplus = line.add(9)
        _ = line.next()
        let later = line.add(9)
        #expect(!surplus && later)
        let isOwed = line.add(9, isOwed: true)
        #expect(isOwed, "what the server owes comes in all the same")
    }
}

@Suite struct TurnLineTests {
    @Test func `a turn ends with the commit or with its time`() {
        var line = TurnLine<Int>()
        for asker in 1...3 { _ = line.ask(asker) }
        var turns = [line.next(at: at(0)), line.next(at: at(1_000))]
        line.end(1)
        turns += [line.next(at: at(1_000)), line.next(at: at(2_999)), line.next(at: at(3_000))]
        #expect(turns == [1, nil, 2, nil, 3])
        line.end(3)
        #expect(line.isIdle)
    }

    @Test func `who has the turn and asks again gets a later one`() {
        var line = TurnLine<Int>()
        for asker in [1, 2] { _ = line.ask(asker) }
        var turns = [line.next(at: at(0))]
        _ = line.ask(1)
        for asker in [1, 2] {
            line.end(asker)
            turns.append(line.next(at: at(0)))
        }
        #expect(turns == [1, 2, 1])
    }

    @Test func `nobody stands in line twice and who is gone waits no more`() {
        var line = TurnLine<Int>()
        for asker in [1, 2, 2] { _ = line.ask(asker) }
        let first = line.next(at: at(0))
        line.leave(2)
        line.leave(1)
        let next = line.next(at: at(0))
        #expect(first == 1 && next == nil && line.isIdle)
    }
}
