import CLISupport
import Testing

@testable import ChatCLI

@Suite struct REPLPipedRunTests {
    private let usage = Problem(.usage, "no")
    private let unknown = Problem(.noSuchUser, "nobody")

    @Test func itReadsUntilTheEndAndWaitsForWhatIsUnderWay() {
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

    @Test func theFirstFailureDecidesTheStatusAndTheRestIsSent() {
        var run = PipedRun(stopsAtFailure: false, linger: .zero)
        run.submitted()
        run.failed(usage)
        #expect(run.step(at: .zero) == .read)
        run.inputEnded()
        run.decided(unknown)
        #expect(run.step(at: .zero) == .end(.usage))
    }

    @Test func aLineThatLooksBackWaitsForWhatWasSentBefore() {
        var run = PipedRun(stopsAtFailure: false, linger: .zero)
        run.lookBack()
        #expect(run.canLookBack() && !run.canLookBack())
        run.submitted()
        run.lookBack()
        #expect(!run.canLookBack() && run.step(at: .zero) == .awaitDecision)
        run.decided(unknown)
        #expect(run.canLookBack() && run.step(at: .zero) == .read)
    }

    @Test func withMinusEEachLineIsDecidedBeforeTheNextAndTheFirstFailureEndsIt() {
        var run = PipedRun(stopsAtFailure: true, linger: .seconds(60))
        run.submitted()
        #expect(run.step(at: .zero) == .awaitDecision)
        run.decided(nil)
        #expect(run.step(at: .zero) == .read)
        run.submitted()
        run.decided(unknown)
        #expect(run.step(at: .zero) == .end(.unknownName))
    }

    @Test func lingeringBeginsWhenEverythingIsDecided() {
        var run = PipedRun(stopsAtFailure: false, linger: .seconds(5))
        run.submitted()
        run.inputEnded()
        #expect(run.step(at: .seconds(1)) == .awaitDecision)
        run.decided(nil)
        #expect(run.step(at: .seconds(2)) == .linger(until: .seconds(7)))
        #expect(run.step(at: .seconds(6)) == .linger(until: .seconds(7)))
        #expect(run.step(at: .seconds(7)) == .end(.done))
    }

    @Test func withoutAListenerThereIsNothingToLingerFor() {
        var run = PipedRun(stopsAtFailure: false, linger: .seconds(5))
        run.submitted()
        run.listenerFailed(Problem(.unreachable, "no server"))
        #expect(run.step(at: .zero) == .awaitDecision)
        run.decided(nil)
        #expect(run.step(at: .zero) == .end(.unreachable))
    }

    // MARK: when lines go to the terminal

    @Test func aLineThatComesAloneIsWrittenAtOnce() {
        var pacer = OutputPacer()
        #expect(pacer.add(10, at: .zero) == .writeNow)
        #expect(pacer.add(10, at: .milliseconds(20)) == .writeNow)
    }

    @Test func ofManyThatComeTogetherTheRestWaitsForOneTimer() {
        var pacer = OutputPacer()
        #expect(pacer.add(10, at: .milliseconds(100)) == .writeNow)
        #expect(pacer.add(10, at: .milliseconds(105)) == .setTimer(.milliseconds(15)))
        for moment in 106..<120 { #expect(pacer.add(10, at: .milliseconds(moment)) == .wait) }
        #expect(pacer.timerFired(at: .milliseconds(120)) == true)
        #expect(pacer.add(10, at: .milliseconds(121)) == .setTimer(.milliseconds(19)))
    }

    @Test func moreThanTheLimitIsNotHeldBack() {
        var pacer = OutputPacer()
        #expect(pacer.add(10, at: .zero) == .writeNow)
        #expect(pacer.add(10, at: .zero) == .setTimer(.milliseconds(20)))
        #expect(pacer.add(OutputPacer.limit, at: .zero) == .writeNow)
        #expect(pacer.timerFired(at: .milliseconds(20)) == false)
    }

    @Test func aTimerFindsNothingWhereSomebodyHasWrittenMeanwhile() {
        var pacer = OutputPacer()
        #expect(pacer.add(1, at: .zero) == .writeNow)
        #expect(pacer.add(1, at: .zero) == .setTimer(.milliseconds(20)))
        pacer.written(at: .milliseconds(5))
        #expect(pacer.timerFired(at: .milliseconds(20)) == false)
    }
}
