import CLISupport
import Testing

@testable import ChatCLI

@Suite struct ReplyEndTests {
    private let begin = ContinuousClock.now

    private func deadlines(count: Int? = nil, timeout: Int? = nil, idle: Int? = nil) -> ReplyDeadlines {
        ReplyDeadlines(
            FollowLimits(
                count: count, timeout: timeout.map { .seconds($0) }, idle: idle.map { .seconds($0) }, begin: begin))
    }

    @Test func `who is quiet ends, who works does not`() {
        var deadlines = deadlines(idle: 10)
        #expect(deadlines.moment(isIdle: true, runsCommands: false, now: begin) == begin + .seconds(10))
        #expect(deadlines.moment(isIdle: false, runsCommands: true, now: begin) == nil)
        #expect(deadlines.ring(isIdle: false, now: begin + .seconds(20)) == nil)
        #expect(deadlines.ring(isIdle: true, now: begin + .seconds(9)) == nil)
        #expect(deadlines.ring(isIdle: true, now: begin + .seconds(10)) == .timeIsUp)
        #expect(deadlines.isTimeUp)
    }

    @Test func `what is dealt with begins the quiet anew`() {
        var deadlines = deadlines(idle: 10)
        deadlines.finished(at: begin + .seconds(5))
        #expect(deadlines.ring(isIdle: true, now: begin + .seconds(14)) == nil)
        #expect(deadlines.ring(isIdle: true, now: begin + .seconds(15)) == .timeIsUp)
    }

    @Test func `after the time replies have their patience, which begins when no command runs any more`() {
        var deadlines = deadlines(timeout: 10)
        let end = begin + .seconds(10)
        #expect(deadlines.ring(isIdle: false, now: end) == .timeIsUp)
        #expect(deadlines.moment(isIdle: false, runsCommands: true, now: end) == nil)
        let later = end + .seconds(60)
        let patience = later + ReplyDeadlines.patience
        #expect(deadlines.moment(isIdle: false, runsCommands: false, now: later) == patience)
        // It does not begin again.
        #expect(deadlines.moment(isIdle: false, runsCommands: false, now: later + .seconds(5)) == patience)
        #expect(deadlines.ring(isIdle: false, now: patience - .seconds(1)) == nil)
        #expect(deadlines.ring(isIdle: false, now: patience) == .patienceIsUp)
    }

    @Test func `an end in time is none that failed unless something was wanted`() throws {
        var counted = deadlines(count: 2, timeout: 1)
        counted.finished(at: begin)
        #expect(counted.ring(isIdle: true, now: begin + .seconds(1)) == .timeIsUp)
        #expect(throws: Problem.self) { try counted.status() }
        var any = deadlines(timeout: 1)
        any.finished(at: begin)
        #expect(any.ring(isIdle: true, now: begin + .seconds(1)) == .timeIsUp)
        #expect(try any.status() == .done)
        #expect(try deadlines(count: 2, timeout: 1).status() == .done)
    }
}
