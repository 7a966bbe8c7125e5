import ChatProtocol
import Testing

@testable import ChatCLI

@Suite struct ReplyScheduleTests {
    private func name(_ text: String) throws -> UserName { try #require(UserName(text)) }

    /// All that may be started now.
    private func started(_ schedule: inout ReplySchedule) -> [UInt64] {
        var numbers: [UInt64] = []
        while let number = schedule.start() { numbers.append(number) }
        return numbers
    }

    /// - Parameter senders: `a b a`; `-` is something with which nothing is to be done.
    private func schedule(jobs: Int, count: Int? = nil, _ senders: String) throws -> ReplySchedule {
        var schedule = ReplySchedule(jobs: jobs, count: count)
        for sender in senders.split(separator: " ") {
            _ = sender == "-" ? schedule.passed() : schedule.arrived(from: try name(String(sender)))
        }
        return schedule
    }

    @Test(
        arguments: [
            (1, "a b c", [1]), (2, "a b c", [1, 2]), (3, "a b c", [1, 2, 3]),
            // One at a time for one sender, however many may run.
            (4, "a a a", [1]), (4, "a a b b c", [1, 3, 5]), (2, "a a b c", [1, 3]),
            // What needs nothing is never started.
            (2, "- a - b", [2, 4]), (2, "- -", []), (2, "", []),
        ] as [(Int, String, [UInt64])])
    func `as many start as may, in order, one of each sender`(jobs: Int, senders: String, expected: [UInt64]) throws {
        var schedule = try schedule(jobs: jobs, senders)
        #expect(started(&schedule) == expected)
        #expect(started(&schedule) == [])
    }

    @Test func `the next of a sender starts when the one before it is done`() throws {
        var schedule = try schedule(jobs: 2, "a a b a c")
        #expect(started(&schedule) == [1, 3])
        schedule.finished(3)
        #expect(started(&schedule) == [5])
        schedule.finished(1)
        #expect(started(&schedule) == [2])
        schedule.finished(5)
        #expect(started(&schedule) == [])
        schedule.finished(2)
        #expect(started(&schedule) == [4])
    }

    @Test(
        arguments: [
            ([1], 1), ([2], nil), ([2, 1], 2), ([3, 2, 1], 3), ([1, 3], 1), ([], nil), ([2, 3], nil),
        ] as [([UInt64], UInt64?)])
    func `it is settled as far as everything is done`(finished: [UInt64], expected: UInt64?) throws {
        var schedule = try schedule(jobs: 8, "a b c d")
        #expect(started(&schedule) == [1, 2, 3, 4])
        for number in finished { schedule.finished(number) }
        #expect(schedule.settle() == expected)
        #expect(schedule.settle() == nil)
    }

    @Test func `what needs nothing is settled with what stands before it and not earlier`() throws {
        var schedule = try schedule(jobs: 1, "- a - -")
        #expect(schedule.settle() == 1)
        #expect(started(&schedule) == [2])
        #expect(schedule.settle() == nil)
        schedule.finished(2)
        #expect(schedule.settle() == 4)
    }

    @Test func `in whatever order work ends, each settles once and nothing undone is passed over`() throws {
        var random = SystemRandomNumberGenerator()
        for _ in 0..<200 {
            var schedule = ReplySchedule(jobs: Int.random(in: 2...8, using: &random), count: nil)
            var order: [String: [UInt64]] = [:]
            var sender: [UInt64: String] = [:]
            var running: Set<UInt64> = []
            var done: Set<UInt64> = []
            var settled: UInt64 = 0
            for _ in 0..<400 {
                if schedule.wantsMore, Bool.random(using: &random) {
                    let from = try #require(["a", "b", "c"].randomElement(using: &random))
                    if Int.random(in: 0..<5, using: &random) == 0 {
                        done.insert(schedule.passed())
                    } else {
                        sender[schedule.arrived(from: try name(from))] = from
                    }
                }
                while let number = schedule.start() {
                    let from = try #require(sender[number])
                    // Only one of a sender runs, and they start in order.
                    #expect(!running.contains { sender[$0] == from })
                    #expect(order[from, default: []].last ?? 0 < number)
                    order[from, default: []].append(number)
                    running.insert(number)
                }
                #expect(running.count == schedule.running)
                if let number = running.randomElement(using: &random), Bool.random(using: &random) {
                    running.remove(number)
                    done.insert(number)
                    schedule.finished(number)
                }
                if let last = schedule.settle() {
                    #expect(last > settled && (settled + 1...last).allSatisfy(done.contains))
                    settled = last
                }
                #expect(!done.contains(settled + 1))
            }
        }
    }

    @Test func `it holds a bounded number`() throws {
        for (jobs, held) in [(1, 64), (32, 64), (33, 66), (64, 128)] {
            var schedule = ReplySchedule(jobs: jobs, count: nil)
            var count = 0
            while schedule.wantsMore {
                _ = schedule.arrived(from: try name("a"))
                count += 1
            }
            #expect(count == held)
            #expect(started(&schedule) == [1])
            schedule.finished(1)
            #expect(!schedule.wantsMore)
            _ = schedule.settle()
            #expect(schedule.wantsMore)
        }
    }

    @Test func `no more than the count come in, and it is complete when they are done`() throws {
        var schedule = try schedule(jobs: 4, count: 2, "a - b")
        #expect(!schedule.wantsMore)
        #expect(started(&schedule) == [1, 3])
        schedule.finished(3)
        #expect(!schedule.isComplete)
        schedule.finished(1)
        #expect(schedule.isComplete && schedule.settle() == 3)
    }

    @Test func `what waits when it is closed is neither started nor settled`() throws {
        var schedule = try schedule(jobs: 2, "a a b b")
        #expect(started(&schedule) == [1, 3])
        schedule.close()
        #expect(!schedule.wantsMore && !schedule.isComplete)
        schedule.finished(1)
        schedule.finished(3)
        #expect(started(&schedule) == [])
        #expect(schedule.isComplete)
        #expect(schedule.settle() == 1)
    }

    @Test func `it is idle while nothing is in hand`() throws {
        var schedule = try schedule(jobs: 1, "-")
        #expect(schedule.isIdle && !schedule.isComplete)
        _ = schedule.settle()
        _ = schedule.arrived(from: try name("a"))
        #expect(!schedule.isIdle)
        #expect(started(&schedule) == [2])
        #expect(!schedule.isIdle)
        schedule.finished(2)
        #expect(schedule.isIdle)
    }
}
