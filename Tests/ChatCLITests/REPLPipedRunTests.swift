import CLISupport
import Testing

@testable import ChatCLI

@Suite struct REPLPipedRunTests {
    private let usage = Problem(.usage, "no")
    private let unknown = Problem(.noSuchUser, "nobody")

    @Test func `it reads until the end and waits for what is under way`() {
        var run = PipedRun(stopsAtFailure: false, linger: .zero)
        #expect(run.step(at: .zero) == .read)
        run.submitted()
        run.submitted()
        #expect(run.step(at: .zero) == .read)
        run.inputEnded()
        #expect(run.step(at: .zero) == .awaitDecision)
        run.decided(nil)
        #expect(run.step(at: .seconds(9)) == .awaitDecision)
        run.decided(nil)
        #expect(run.step(at: .seconds(9)) == .end(.done))
    }

    @Test func `the first failure decides the status and the rest is sent`() {
        var run = PipedRun(stopsAtFailure: false, linger: .zero)
        run.submitted()
        run.failed(usage)
        #expect(run.step(at: .zero) == .read)
        run.inputEnded()
        run.decided(unknown)
        #expect(run.step(at: .zero) == .end(.usage))
    }

    @Test func `a line that looks back waits for what was sent before`() {
        var run = PipedRun(stopsAtFailure: false, linger: .zero)
        run.lookBack()
        #expect(run.canLookBack() && !run.canLookBack())
        run.submitted()
        run.lookBack()
        #expect(!run.canLookBack() && run.step(at: .zero) == .awaitDecision)
        run.decided(unknown)
        #expect(run.canLookBack() && run.step(at: .zero) == .read)
    }

    @Test func `a reply waits for what was missed unless its writer may have read something`() {
        var script = PipedRun(stopsAtFailure: false, linger: .zero, isScript: true)
        script.received()
        let isEarly = !script.replies()
        #expect(isEarly && script.step(at: .zero) == .awaitLive)
        script.told()
        let isTold = script.replies()
        #expect(isTold && script.step(at: .zero) == .read)
        var beside = PipedRun(stopsAtFailure: false, linger: .zero)
        let canHaveRead = beside.replies()
        #expect(!canHaveRead && beside.step(at: .zero) == .awaitLive)
        beside.received()
        let mayHaveRead = beside.replies()
        #expect(mayHaveRead && beside.step(at: .zero) == .read)
    }

    @Test func `with minus E each line is decided before the next and the first failure ends it`() {
        var run = PipedRun(stopsAtFailure: true, linger: .seconds(60))
        run.submitted()
        #expect(run.step(at: .zero) == .awaitDecision)
        run.decided(nil)
        #expect(run.step(at: .zero) == .read)
        run.submitted()
        run.decided(unknown)
        #expect(run.step(at: .zero) == .end(.unknownName))
    }

    @Test func `lingering begins when everything is decided`() {
        var run = PipedRun(stopsAtFailure: false, linger: .seconds(5))
        run.submitted()
        run.inputEnded()
        #expect(run.step(at: .seconds(1)) == .awaitDecision)
        run.decided(nil)
        #expect(run.step(at: .seconds(2)) == .linger(until: .seconds(7)))
        #expect(run.step(at: .seconds(6)) == .linger(until: .seconds(7)))
        #expect(run.step(at: .seconds(7)) == .end(.done))
    }

    @Test func `without a listener there is nothing to linger for`() {
        var run = PipedRun(stopsAtFailure: false, linger: .seconds(5))
        run.submitted()
        run.listenerFailed(Problem(.unreachable, "no server"))
        #expect(run.step(at: .zero) == .awaitDecision)
        run.decided(nil)
        #expect(run.step(at: .zero) == .end(.unreachable))
    }

    // MARK: when lines go to the terminal

    @Test func `a line that comes alone is written at once`() {
        var pacer = OutputPacer()
        #expect(pacer.add(10, at: .zero) == .writeNow)
        #expect(pacer.add(10, at: .milliseconds(20)) == .writeNow)
    }

    @Test func `of many that come together the rest waits for one timer`() {
        var pacer = OutputPacer()
        #expect(pacer.add(10, at: .milliseconds(100)) == .writeNow)
        #expect(pacer.add(10, at: .milliseconds(105)) == .setTimer(.milliseconds(15)))
        for moment in 106..<120 { #expect(pacer.add(10, at: .milliseconds(moment)) == .wait) }
        #expect(pacer.timerFired(at: .milliseconds(120)) == true)
        #expect(pacer.add(10, at: .milliseconds(121)) == .setTimer(.milliseconds(19)))
    }

    @Test func `more than the limit is not held back`() {
        var pacer = OutputPacer()
        #expect(pacer.add(10, at: .zero) == .writeNow)
        #expect(pacer.add(10, at: .zero) == .setTimer(.milliseconds(20)))
        #expect(pacer.add(OutputPacer.limit, at: .zero) == .writeNow)
        #expect(pacer.timerFired(at: .milliseconds(20)) == false)
    }

    @Test func `a timer finds nothing where somebody has written meanwhile`() {
        var pacer = OutputPacer()
        #expect(pacer.add(1, at: .zero) == .writeNow)
        #expect(pacer.add(1, at: .zero) == .setTimer(.milliseconds(20)))
        pacer.written(at: .milliseconds(5))
        #expect(pacer.timerFired(at: .milliseconds(20)) == false)
    }
}
