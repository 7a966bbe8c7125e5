import ChatProtocol
import NIOCore
import Testing

@testable import ChatServer

@Suite struct BatchQueueTests {
    @Test func `what arrives during a batch forms the next`() {
        var queue = BatchQueue<Int>()
        queue.add(1, bytes: 10)
        #expect(queue.begin() == [1])
        queue.add(2, bytes: 10)
        queue.add(3, bytes: 10)
        #expect(queue.begin() == nil && !queue.isIdle)
        queue.finish()
        #expect(queue.begin() == [2, 3])
        queue.finish()
        #expect(queue.begin() == nil && queue.isIdle)
    }

    @Test func `a batch is bounded by bytes and by count`() {
        var bounds = BatchBounds()
        bounds.bytes = 100
        bounds.items = 3
        var queue = BatchQueue<Int>(bounds: bounds)
        queue.add(1, bytes: 99)
        #expect(!queue.isOverBound)
        queue.add(2, bytes: 1)
        #expect(queue.isOverBound)
        #expect(queue.begin() == [1, 2] && !queue.isOverBound)
        for item in 1...3 { queue.add(item, bytes: 0) }
        #expect(queue.isOverBound)
    }

    @Test func `what is put back stands before what has come since`() {
        var queue = BatchQueue<Int>()
        for item in 1...3 { queue.add(item, bytes: 1) }
        #expect(queue.begin() == [1, 2, 3])
        queue.add(4, bytes: 1)
        queue.finish()
        queue.putBack([1, 3], bytes: 2)
        #expect(queue.begin() == [1, 3, 4])
    }
}

@Suite struct AnswerOrderTests {
    @Test func `an answer waits for those before it`() {
        var order = AnswerOrder<String>()
        let tickets = (0..<4).map { _ in order.begin() }
        order.end(tickets[2], with: "c")
        order.end(tickets[1], with: "b")
        #expect(order.next() == nil)
        order.end(tickets[0], with: "a")
        #expect([order.next(), order.next(), order.next(), order.next()] == ["a", "b", "c", nil])
        let late = order.begin()
        order.end(late, with: "e")
        #expect(order.next() == nil)
        order.end(tickets[3], with: "d")
        #expect([order.next(), order.next(), order.next()] == ["d", "e", nil])
    }

    @Test func `a question is answered once`() {
        var order = AnswerOrder<String>()
        let ticket = order.begin()
        order.end(ticket, with: "a")
        #expect(order.next() == "a")
        order.end(ticket, with: "b")
        #expect(order.next() == nil)
    }
}

@Suite struct CursorBookTests {
    private func move(_ acked: SequenceNumber, delivered: SequenceNumber = 0, told: Bool = false) -> CursorMove {
        CursorMove(
            device: bobDevice, account: bob, conversation: conversation(1).id, acked: acked, delivered: delivered,
            toldStart: told)
    }

    @Test func `moves of one cursor are one row`() {
        var book = CursorBook()
        book.add(move(4, delivered: 4))
        book.add(move(9, delivered: 3))
        book.add(move(0, told: true))
        #expect(book.take().cursors == [move(9, delivered: 4, told: true)])
        #expect(!book.hasWork)
    }

    @Test func `of several read marks the highest is written`() {
        var book = CursorBook()
        let marks = [3, 9, 4].map { ReadMark(account: bob, conversation: conversation(1).id, seq: $0) }
        for mark in marks { book.add(mark) }
        #expect(book.hasWork)
        #expect(book.take().readMarks == [marks[1]])
        book.failed()
        #expect(book.take().readMarks == [marks[1]])
        book.written()
        #expect(!book.hasWork)
    }

    @Test func `what is being written is known until it is written`() {
        var book = CursorBook()
        book.add(move(4))
        _ = book.take()
        #expect(book.pending(bobDevice, conversation(1).id) == move(4))
        book.add(move(6))
        #expect(book.pending(bobDevice, conversation(1).id) == move(6))
        book.written()
        #expect(book.pending(bobDevice, conversation(1).id) == move(6))
        _ = book.take()
        book.written()
        #expect(book.pending(bobDevice, conversation(1).id) == nil)
    }

    @Test func `what could not be written waits again`() {
        var book = CursorBook()
        book.add(move(4))
        _ = book.take()
        book.add(move(6))
        book.failed()
        #expect(book.take().cursors == [move(6)])
    }
}

@Suite struct RecentRunsTests {
    /// A run of `count` entries behind `seq`.
    private func run(_ number: UInt64, after seq: UInt64, _ count: Int = 1, bytes: Int = 100) throws -> EntryRun {
        let entries = (1...UInt64(count)).map { index in
            entry(number, SequenceNumber(seq + index), [UInt8](repeating: 0, count: bytes))
        }
        return try #require(EntryRun.runs(of: [news(number, entries)]).first)
    }

    private func entry(_ number: UInt64, _ seq: SequenceNumber, _ payload: [UInt8]) -> Entry {
        let append = Append(conversation: conversation(number).id, id: .unique, payload: payload)
        return Entry(
            Bundle(append, sender: alice, device: aliceDevice),
            NewEntry(payloadKind: append.payloadKind, payload: append.payload), seq: seq, time: 0)
    }

    private func news(_ number: UInt64, _ entries: [Entry]) -> News {
        News(conversation: conversation(number), readers: .everyone, entries: entries)
    }

    @Test func `entries that do not follow each other are no run`() {
        let entries = [1, 2, 4, 5].map { entry(1, $0, [1]) }
        #expect(EntryRun.runs(of: [news(1, entries)]).map { [$0.first, $0.last] } == [[1, 2], [4, 5]])
    }

    @Test func `a run is found by the number before it`() throws {
        var recent = RecentRuns()
        for seq in stride(from: UInt64(10), to: 40, by: 3) { recent.add(try run(1, after: seq, 3)) }
        recent.add(try run(2, after: 0))
        let found = recent.run(of: conversation(1).id, after: 13)
        #expect(found?.run.first == 14 && found?.run.last == 16 && found?.isNewest == false)
        #expect(recent.run(of: conversation(1).id, after: 37)?.isNewest == true)
        #expect(recent.run(of: conversation(2).id, after: 0)?.isNewest == true)
        #expect(recent.run(of: conversation(1).id, after: 14) == nil)
        #expect(recent.run(of: conversation(1).id, after: 9) == nil)
        #expect(recent.run(of: conversation(1).id, after: 40) == nil)
        #expect(recent.run(of: conversation(3).id, after: 0) == nil)
    }

    @Test func `the oldest goes when there is too much`() throws {
        var recent = RecentRuns(bytes: 10_000)
        for seq in 0..<UInt64(3_000) { recent.add(try run(seq % 7, after: seq / 7)) }
        #expect(recent.bytes <= 10_000)
        #expect(recent.run(of: conversation(0).id, after: 0) == nil)
        #expect(recent.run(of: conversation(2_999 % 7).id, after: SequenceNumber(2_999 / 7))?.isNewest == true)
    }

    @Test func `what has ended is forgotten and the rest stays`() throws {
        var recent = RecentRuns(bytes: 10_000)
        for seq in 0..<UInt64(10) {
            recent.add(try run(1, after: seq * 3, 3))
            recent.add(try run(2, after: seq))
        }
        let before = recent.bytes
        // The run from 4 to 6 holds one that has ended.
        recent.forget(before: [conversation(1).id: 5, conversation(3).id: 5])
        #expect(recent.bytes < before)
        for seq in [SequenceNumber(0), 3] { #expect(recent.run(of: conversation(1).id, after: seq) == nil) }
        #expect(recent.run(of: conversation(1).id, after: 6)?.run.first == 7)
        #expect(recent.run(of: conversation(2).id, after: 0)?.run.first == 1)
        recent.forget(before: [conversation(1).id: 1_000, conversation(2).id: 10])
        #expect(recent.run(of: conversation(1).id, after: 27) == nil)
        #expect(recent.run(of: conversation(2).id, after: 9)?.isNewest == true)
        recent.forget(before: [conversation(2).id: 1_000])
        #expect(recent.bytes == 0)
        // What comes later is kept in the order in which it came.
        for seq in 100..<UInt64(400) { recent.add(try run(seq % 2, after: seq / 2)) }
        #expect(recent.bytes <= 10_000)
        #expect(recent.run(of: conversation(1).id, after: 199)?.isNewest == true)
        #expect(recent.run(of: conversation(1).id, after: 50) == nil)
    }

    @Test func `a run never holds more than a window takes`() throws {
        let big = [UInt8](repeating: 1, count: Limits.payload)
        let runs = EntryRun.runs(of: [
            news(1, (1...200 as ClosedRange<UInt64>).map { entry(1, SequenceNumber($0), big) })
        ])
        #expect(runs.reduce(0) { $0 + $1.count } == 200)
        #expect(zip(runs, runs.dropFirst()).allSatisfy { $0.last.next == $1.first })
        #expect(runs.allSatisfy { $0.bytes <= Limits.unacknowledgedBytes / 4 && $0.count <= 64 })
    }
}
