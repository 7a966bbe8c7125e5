import CLISupport
import ChatProtocol
import Testing

@testable import ChatClient

@Suite struct BackoffTests {
    @Test func `pauses double up to a limit and stay within half of their ceiling`() {
        var backoff = Backoff()
        var ceiling = Duration.milliseconds(200)
        for _ in 0..<40 {
            var least = backoff
            let longest = backoff.next(random: 1023)
            let shortest = least.next(random: 0)
            #expect(shortest == ceiling / 2)
            #expect(longest < ceiling && longest > ceiling * 9 / 10)
            ceiling = min(ceiling * 2, .seconds(10))
        }
        backoff.reset()
        #expect(backoff.next(random: 0) == .milliseconds(100))
    }
}

@Suite struct ReconnectorTests {
    private let away = Problem(.unreachable, "away")
    private let refused = Problem(.loginRefused)

    @Test func `a first connection that fails ends it where that is asked for`() {
        var strict = Reconnector(requiresFirstConnection: true)
        #expect(strict.start() == .connect)
        #expect(strict.failed(away, now: .zero, random: 0) == .end(away))
        #expect(strict.retry() == .nothing)
        var patient = Reconnector(requiresFirstConnection: false)
        #expect(patient.start() == .connect)
        #expect(patient.failed(away, now: .zero, random: 0) == .wait(until: .milliseconds(100)))
        #expect(patient.retry() == .connect)
    }

    @Test func `after one success it reconnects for ever`() {
        var reconnector = Reconnector(requiresFirstConnection: true)
        #expect(reconnector.start() == .connect)
        reconnector.connected(now: .zero)
        var now = Duration.seconds(1)
        for _ in 0..<1000 {
            guard case .wait(let moment) = reconnector.failed(away, now: now, random: .max) else {
                Issue.record("gave up")
                return
            }
            #expect(moment - now <= Backoff.longest)
            now = moment
            #expect(reconnector.retry() == .connect)
        }
    }

    @Test func `a refused login and a changed key end it`() {
        for problem in [refused, Problem(.serverKeyChanged, "changed"), Problem(.storeCopied)] {
            var reconnector = Reconnector(requiresFirstConnection: false)
            #expect(reconnector.start() == .connect)
            reconnector.connected(now: .zero)
            #expect(reconnector.failed(problem, now: .seconds(100), random: 0) == .end(problem))
            #expect(reconnector.failed(away, now: .seconds(101), random: 0) == .nothing)
        }
    }

    @Test func `after one success what answers in the server's place is waited out, its own fault is not`() {
        let portal = Problem(.protocolFault, "no TLS")
        var reconnector = Reconnector(requiresFirstConnection: false)
        #expect(reconnector.start() == .connect)
        #expect(reconnector.failed(portal, now: .zero, random: 0) == .end(portal))
        reconnector = Reconnector(requiresFirstConnection: true)
        #expect(reconnector.start() == .connect)
        reconnector.connected(now: .zero)
        #expect(reconnector.failed(away, now: .seconds(9), random: 0) == .wait(until: .milliseconds(9100)))
        #expect(reconnector.retry() == .connect)
        #expect(reconnector.failed(portal, now: .seconds(10), random: 0) == .wait(until: .milliseconds(10_200)))
        #expect(reconnector.retry() == .connect)
        reconnector.connected(now: .seconds(20))
        #expect(reconnector.failed(portal, now: .seconds(30), random: 0) == .end(portal))
    }

    @Test func `a connection that held begins a new count and one that broke at once does not`() {
        var reconnector = Reconnector(requiresFirstConnection: true)
        #expect(reconnector.start() == .connect)
        var now = Duration.zero
        for expected in [100, 200, 400] {
            reconnector.connected(now: now)
            #expect(
                reconnector.failed(away, now: now, random: 0) == .wait(until: now + .milliseconds(Int64(expected))))
            now += .milliseconds(400)
            #expect(reconnector.retry() == .connect)
        }
        reconnector.connected(now: now)
        now += Reconnector.settled
        #expect(reconnector.failed(away, now: now, random: 0) == .wait(until: now + .milliseconds(100)))
    }

    @Test func `a server that names a pause is given it up to a limit`() {
        var reconnector = Reconnector(requiresFirstConnection: false)
        #expect(reconnector.start() == .connect)
        let busy = Problem(.busy, "busy", retryAfter: .milliseconds(5000))
        #expect(reconnector.failed(busy, now: .zero, random: 0) == .wait(until: .seconds(5)))
        #expect(reconnector.retry() == .connect)
        let never = Problem(.busy, "busy", retryAfter: .seconds(Int64.max))
        #expect(reconnector.failed(never, now: .zero, random: 0) == .wait(until: Backoff.longest))
    }
}

@Suite struct PingerTests {
    @Test func `silence is pinged once and then given up`() {
        var pinger = Pinger(now: .zero)
        #expect(pinger.check(now: .zero) == .wait(.seconds(30)))
        #expect(pinger.check(now: .seconds(30)) == .ping(.seconds(30)))
        #expect(pinger.check(now: .seconds(31)) == .wait(.seconds(29)))
        #expect(pinger.check(now: .seconds(60)) == .giveUp)
    }

    @Test func `a frame begins the silence anew`() {
        var pinger = Pinger(now: .zero)
        #expect(pinger.check(now: .seconds(30)) == .ping(.seconds(30)))
        pinger.received(now: .seconds(40))
        #expect(pinger.check(now: .seconds(60)) == .wait(.seconds(10)))
        #expect(pinger.check(now: .seconds(70)) == .ping(.seconds(30)))
    }
}

@Suite struct AckPlannerTests {
    private func item(
        _ conversation: ConversationID, _ seq: SequenceNumber, _ disposition: Disposition, isUrgent: Bool
    ) -> StoredBatch.Item {
        StoredBatch.Item(conversation: conversation, seq: seq, disposition: disposition, isUrgent: isUrgent)
    }

    private let one = ConversationID(high: 1, low: 1)
    private let two = ConversationID(high: 1, low: 2)

    private func item(_ conversation: ConversationID, _ seq: SequenceNumber, _ disposition: Disposition = .stored)
        -> Acknowledge.Item
    {
        Acknowledge.Item(conversation: conversation, seq: seq, disposition: disposition)
    }

    @Test func `direct messages are acknowledged at once`() {
        var planner = AckPlanner()
        planner.settled(item(one, 4, .stored, isUrgent: true), now: .zero)
        #expect(planner.take(now: .zero) == [Acknowledge(items: [item(one, 4)])])
        #expect(planner.take(now: .seconds(9)).isEmpty)
    }

    @Test func `others are gathered for a quarter of a second`() {
        var planner = AckPlanner()
        planner.settled(item(one, 1, .stored, isUrgent: false), now: .zero)
        planner.settled(item(one, 2, .stored, isUrgent: false), now: .milliseconds(200))
        #expect(planner.take(now: .milliseconds(249)).isEmpty)
        #expect(planner.due == .milliseconds(250))
        #expect(planner.take(now: .milliseconds(250)) == [Acknowledge(items: [item(one, 2)])])
        #expect(planner.due == nil)
    }

    @Test func `sixty four are enough`() {
        var planner = AckPlanner()
        for seq in 1...63 {
            planner.settled(item(two, SequenceNumber(UInt64(seq)), .stored, isUrgent: false), now: .zero)
        }
        #expect(planner.take(now: .zero).isEmpty)
        planner.settled(item(two, 64, .stored, isUrgent: false), now: .zero)
        #expect(planner.take(now: .zero) == [Acknowledge(items: [item(two, 64)])])
    }

    @Test func `an entry that cannot be read is said in its place`() {
        var planner = AckPlanner()
        for (seq, fate) in [(1, Disposition.stored), (2, .undecryptable), (3, .stored), (4, .stored)] {
            planner.settled(item(one, SequenceNumber(UInt64(seq)), fate, isUrgent: seq == 4), now: .zero)
        }
        #expect(
            planner.take(now: .zero) == [
                Acknowledge(items: [item(one, 1), item(one, 2, .undecryptable), item(one, 4)])
            ])
    }

    @Test func `many conversations go in frames of the size allowed`() {
        var planner = AckPlanner()
        for number in 1...600 {
            planner.settled(item(ConversationID(high: 2, low: UInt64(number)), 1, .stored, isUrgent: false), now: .zero)
        }
        #expect(planner.take(now: .zero).map(\.items.count) == [256, 256, 88])
    }
}
