import ChatProtocol

/// Whether this device commits to a group for its own sake, why, and when: so that its keys stay fresh. A plain value: facts and the time
/// go in.
///
/// Lasting connections commit in the background; a command commits behind its own message (E8). What must go before a message, as who
/// is removed, is for whoever seals it to say.
struct CommitPlan: Equatable, Sendable {
    /// A leaf is given other keys after so long.
    static let leafLives = Duration.seconds(7 * 86_400)
    /// Groups of up to so many leaves are given a path by each who joins by a Welcome; in larger ones that would be a storm.
    static let ownPathLeaves = 64
    /// What need not be now is spread over so long, so that not all devices come at once.
    static let spread = Duration.seconds(3_600)
    /// Who has just come in lets others write first, who would have to read on before they can.
    static let settling = Duration.seconds(30)
    /// They come one after the other: all those that one commit has added have been told of it at the same time.
    static let ownPathSpread = Duration.seconds(5)

    struct Facts: Equatable, Sendable {
        /// It came by a Welcome, and no commit of its own has given it keys that its adder has never seen.
        var hasNoPath = false
        /// Since when its leaf has the keys that it has.
        var leafSince: Timestamp
        /// A renewal has given this device another key than its leaf has.
        var leafIsOutdated = false
        /// How many the group has, where this one has no path.
        var leaves = 0
        /// Everyone's group: nobody commits there for its own sake.
        var isEveryone = false
        /// A commit of this device is under way already.
        var isWaiting = false
    }

    enum Reason: Equatable, Sendable {
        case renewal, ownPath, oldLeaf
    }

    enum Step: Equatable, Sendable {
        case nothing
        /// Behind what is to be sent.
        case now(Reason)
        /// In the background, not before this time.
        case later(Reason, Timestamp)
    }

    private struct Planned: Equatable {
        var reason: Reason
        var time: Timestamp
    }

    /// What was planned for later: it stays the same until it is done.
    private var planned: Planned?

    init() {}

    /// - Parameters:
    ///   - isLasting: of a connection that stays.
    ///   - random: chooses the moment of what is spread.
    mutating func step(_ facts: Facts, isLasting: Bool, now: Timestamp, random: UInt64) -> Step {
        guard !facts.isWaiting else { return .nothing }
        guard !facts.isEveryone, let reason = Self.reason(facts, now: now) else {
            planned = nil
            return .nothing
        }
        // Others refuse to write to a key that is not the newest.
        guard isLasting, reason != .renewal else { return .now(reason) }
        return spread(reason, facts, now: now, random: random)
    }

    private static func reason(_ facts: Facts, now: Timestamp) -> Reason? {
        if facts.leafIsOutdated { return .renewal }
        if facts.hasNoPath, facts.leaves <= ownPathLeaves { return .ownPath }
        return facts.leafSince <= now && now - facts.leafSince >= leafLives ? .oldLeaf : nil
    }

    private mutating func spread(_ reason: Reason, _ facts: Facts, now: Timestamp, random: UInt64) -> Step {
        let chosen = planned.flatMap { $0.reason == reason ? $0.time : nil } ?? Self.time(reason, facts, now, random)
        planned = Planned(reason: reason, time: chosen)
        return chosen <= now ? .now(reason) : .later(reason, chosen)
    }

    private static func time(_ reason: Reason, _ facts: Facts, _ now: Timestamp, _ random: UInt64) -> Timestamp {
        let span = reason == .ownPath ? ownPathSpread * max(1, facts.leaves) : spread
        let chosen = Duration.milliseconds(Int64(random % UInt64(span.wholeMilliseconds)))
        return now + (reason == .ownPath ? settling + chosen : chosen)
    }
}
