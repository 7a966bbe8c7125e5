import ChatProtocol
import Testing

@testable import ChatClient

/// When this device commits, with a clock that is moved by hand.
@Suite struct CommitPlanTests {
    private static let start: Timestamp = 1_000_000_000_000

    private func facts(_ change: (inout CommitPlan.Facts) -> Void = { _ in }) -> CommitPlan.Facts {
        var facts = CommitPlan.Facts(leafSince: Self.start, leaves: 2)
        change(&facts)
        return facts
    }

    private func step(_ facts: CommitPlan.Facts, isLasting: Bool = false, after: Duration = .zero) -> CommitPlan.Step {
        var plan = CommitPlan()
        return plan.step(facts, isLasting: isLasting, now: Self.start + after, random: 0)
    }

    @Test func `who must go goes before anything is sent, where messages are held or the server asks`() {
        #expect(step(facts()) == .nothing)
        #expect(step(facts { $0.waitingRemovals = 1 }) == .nothing)
        #expect(step(facts { ($0.waitingRemovals, $0.holdsMessages) = (1, true) }) == .first(.removals))
        #expect(step(facts { ($0.waitingRemovals, $0.isWanted) = (1, true) }) == .first(.removals))
        // There is one already, which goes first.
        #expect(step(facts { ($0.waitingRemovals, $0.holdsMessages, $0.isWaiting) = (1, true, true) }) == .nothing)
    }

    @Test func `before the keys of an epoch are used up it ends`() {
        #expect(step(facts { $0.untaken = CommitPlan.untaken - 1 }) == .nothing)
        #expect(step(facts { $0.untaken = CommitPlan.untaken }) == .first(.untaken))
    }

    @Test func `E8: what can wait comes behind the message`() {
        for isLasting in [false, true] {
            #expect(step(facts { $0.hasNoPath = true }, isLasting: isLasting) == .after(.ownPath))
            #expect(step(facts { $0.leafIsOutdated = true }, isLasting: isLasting) == .after(.renewal))
        }
        let many = facts { ($0.hasNoPath, $0.leaves) = (true, CommitPlan.ownPathLeaves + 1) }
        #expect(step(many) == .nothing)
        #expect(step(facts { ($0.hasNoPath, $0.leafIsOutdated, $0.isEveryone) = (true, true, true) }) == .nothing)
    }

    @Test func `E8: a leaf is given other keys after a week, by lasting connections at a time of their own`() {
        let week = CommitPlan.leafLives
        #expect(step(facts(), after: week - .milliseconds(1)) == .nothing)
        #expect(step(facts(), after: week) == .after(.oldLeaf))
        var plan = CommitPlan()
        let begin = Self.start + week
        let chosen = begin + .milliseconds(1_234)
        let random = UInt64(CommitPlan.spread.wholeMilliseconds) + 1_234
        #expect(plan.step(facts(), isLasting: true, now: begin, random: random) == .later(.oldLeaf, chosen))
        // It stays the same, whatever chance would say by now.
        #expect(plan.step(facts(), isLasting: true, now: begin, random: 9) == .later(.oldLeaf, chosen))
        #expect(plan.step(facts(), isLasting: true, now: chosen, random: 9) == .after(.oldLeaf))
        // When it is done, the next one is chosen anew.
        #expect(plan.step(facts { $0.leafSince = chosen }, isLasting: true, now: chosen, random: 9) == .nothing)
        let next = chosen + week
        #expect(
            plan.step(facts { $0.leafSince = chosen }, isLasting: true, now: next, random: 9)
                == .later(.oldLeaf, next + .milliseconds(9)))
    }
}
