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

    @Test func `E8: what can wait comes behind the message of a command`() {
        #expect(step(facts()) == .nothing)
        #expect(step(facts { $0.hasNoPath = true }) == .now(.ownPath))
        for isLasting in [false, true] {
            #expect(step(facts { $0.leafIsOutdated = true }, isLasting: isLasting) == .now(.renewal))
        }
        let many = facts { ($0.hasNoPath, $0.leaves) = (true, CommitPlan.ownPathLeaves + 1) }
        #expect(step(many) == .nothing)
        #expect(step(facts { ($0.hasNoPath, $0.leafIsOutdated, $0.isEveryone) = (true, true, true) }) == .nothing)
        // There is one already, which goes first.
        #expect(step(facts { ($0.leafIsOutdated, $0.isWaiting) = (true, true) }) == .nothing)
    }

    @Test func `E8: all whom one commit has added give themselves keys one after the other`() {
        let leaves = 40
        let joined = facts { ($0.hasNoPath, $0.leaves) = (true, leaves) }
        var times: Set<Timestamp> = []
        for random in stride(from: UInt64(0), to: 1_000_000, by: 997) {
            var plan = CommitPlan()
            guard case .later(.ownPath, let time) = plan.step(joined, isLasting: true, now: Self.start, random: random)
            else {
                Issue.record("not later")
                return
            }
            #expect(time >= Self.start + CommitPlan.settling)
            #expect(time < Self.start + CommitPlan.settling + CommitPlan.ownPathSpread * leaves)
            #expect(plan.step(joined, isLasting: true, now: time, random: 0) == .now(.ownPath))
            times.insert(time)
        }
        #expect(times.count > 500)
    }

    @Test func `E8: a leaf is given other keys after a week, by lasting connections at a time of their own`() {
        let week = CommitPlan.leafLives
        #expect(step(facts(), after: week - .milliseconds(1)) == .nothing)
        #expect(step(facts(), after: week) == .now(.oldLeaf))
        var plan = CommitPlan()
        let begin = Self.start + week
        let chosen = begin + .milliseconds(1_234)
        let random = UInt64(CommitPlan.spread.wholeMilliseconds) + 1_234
        #expect(plan.step(facts(), isLasting: true, now: begin, random: random) == .later(.oldLeaf, chosen))
        // It stays the same, whatever chance would say by now.
        #expect(plan.step(facts(), isLasting: true, now: begin, random: 9) == .later(.oldLeaf, chosen))
        #expect(plan.step(facts(), isLasting: true, now: chosen, random: 9) == .now(.oldLeaf))
        // When it is done, the next one is chosen anew.
        #expect(plan.step(facts { $0.leafSince = chosen }, isLasting: true, now: chosen, random: 9) == .nothing)
        let next = chosen + week
        #expect(
            plan.step(facts { $0.leafSince = chosen }, isLasting: true, now: next, random: 9)
                == .later(.oldLeaf, next + .milliseconds(9)))
    }

    @Test func `E8: a lasting connection looks again when the first of its groups is due, and not too many at once`() {
        var watch = GroupWatch()
        let groups = (1...30).map { ConversationID(high: 1, low: $0) }
        let old = Dictionary(uniqueKeysWithValues: groups.map { ($0, facts()) })
        let begin = Self.start + CommitPlan.leafLives
        #expect(watch.round(old, now: Self.start, random: { 0 }) == .init(next: Self.start + GroupWatch.longest))
        var number: UInt64 = 0
        let planned = watch.round(old, now: begin) {
            number += 10
            return number
        }
        #expect(planned == .init(next: begin + .milliseconds(10)))
        let first = watch.round(old, now: planned.next, random: { 0 })
        #expect(first == .init(due: [groups[0]], next: planned.next + .milliseconds(10)))
        // What could not be done is tried again, and a busy server is not stormed.
        let late = begin + .seconds(1)
        let all = watch.round(old, now: late, random: { 0 })
        #expect(all == .init(due: Array(groups.prefix(GroupWatch.most)), next: late + GroupWatch.pause))
    }
}
