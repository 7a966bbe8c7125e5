import ChatProtocol

/// Which groups a lasting connection sees to, and when it looks again. A plain value: what is known of each goes in.
struct GroupWatch: Equatable, Sendable {
    /// So often it looks, whatever happens.
    static let longest = Duration.seconds(3_600)
    /// What could not be done is tried again after so long.
    static let pause = Duration.seconds(60)
    /// So many are seen to in one go.
    static let most = 16

    struct Round: Equatable, Sendable {
        var due: [ConversationID] = []
        /// When to look again.
        var next: Timestamp
    }

    private var plans: [ConversationID: CommitPlan] = [:]

    /// - Parameter random: a number for each that is spread.
    mutating func round(
        _ facts: [ConversationID: CommitPlan.Facts], now: Timestamp, random: () -> UInt64
    ) -> Round {
        var round = Round(next: now + Self.longest)
        plans = plans.filter { facts[$0.key] != nil }
        for (conversation, facts) in facts.sorted(by: { $0.key < $1.key }) {
            var plan = plans[conversation] ?? CommitPlan()
            switch plan.step(facts, isLasting: true, now: now, random: random()) {
            case .nothing: break
            case .now: round.due.append(conversation)
            case .later(_, let time): round.next = min(round.next, time)
            }
            plans[conversation] = plan
        }
        if !round.due.isEmpty { round.next = min(round.next, now + Self.pause) }
        round.due = Array(round.due.prefix(Self.most))
        return round
    }
}
