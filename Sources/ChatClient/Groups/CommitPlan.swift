import ChatProtocol

/// Whether this device commits to a group, why, and when. A plain value: facts and the time go in.
///
/// Lasting connections commit in the background; a command commits only what must go before its message, and the rest behind it
/// (E8).
struct CommitPlan: Equatable, Sendable {
    /// Sealed messages that nobody took: their keys would be used up (E4).
    static let untaken = 500
    /// A leaf is given other keys after so long.
    static let leafLives = Duration.seconds(7 * 86_400)
    /// Groups of up to so many leaves are given a path by each who joins by a Welcome; in larger ones that would be a storm.
    static let ownPathLeaves = 64
    /// What need not be now is spread over so long, so that not all devices come at once.
    static let spread = Duration.seconds(3_600)

    struct Facts: Equatable, Sendable {
        /// Devices that are to be removed, by proposals that wait.
        var waitingRemovals = 0
        /// The server refuses messages until these are committed.
        var holdsMessages = false
        /// The server has asked this device.
        var isWanted = false
        /// Messages that were sealed in this epoch and not taken.
        var untaken = 0
        /// It came by a Welcome, and no commit of its own has given it keys that its adder has never seen.
        var hasNoPath = false
        var leafSince: Timestamp
        /// A renewal has given this device another key than its leaf has.
        var leafIsOutdated = false
        var leaves: Int
        /// Everyone's group: nobody commits there for its own sake.
        var isEveryone = false
        /// A commit of this device is under way already.
        var isWaiting = false
    }

    enum Reason: Equatable, Sendable {
        case removals, untaken, renewal, ownPath, oldLeaf
    }

    enum Step: Equatable, Sendable {
        case nothing
        /// Before anything is sent.
        case first(Reason)
        /// Behind what is to be sent.
        case after(Reason)
        /// In the background, not before this time.
        case later(Reason, Timestamp)
    }

    /// What was planned for later, and when: it stays the same until it is done.
    private var planned: (reason: Reason, time: Timestamp)?

    init() {}

    /// - Parameters:
    ///   - isLasting: of a connection that stays.
    ///   - random: chooses the moment of what is spread.
    mutating func step(_ facts: Facts, isLasting: Bool, now: Timestamp, random: UInt64) -> Step {
        guard !facts.isWaiting else { return .nothing }
        if facts.waitingRemovals > 0, facts.holdsMessages || facts.isWanted { return .first(.removals) }
        if facts.untaken >= Self.untaken { return .first(.untaken) }
        guard !facts.isEveryone, let reason = ownReason(facts, now: now) else {
            planned = nil
            return .nothing
        }
        guard isLasting, reason == .oldLeaf else { return .after(reason) }
        return spread(reason, now: now, random: random)
    }

    private func ownReason(_ facts: Facts, now: Timestamp) -> Reason? {
        if facts.leafIsOutdated { return .renewal }
        if facts.hasNoPath, facts.leaves <= Self.ownPathLeaves { return .ownPath }
        return facts.leafSince <= now && now - facts.leafSince >= Self.leafLives ? .oldLeaf : nil
    }

    private mutating func spread(_ reason: Reason, now: Timestamp, random: UInt64) -> Step {
        let span = UInt64(Self.spread.wholeMilliseconds)
        let time = planned?.reason == reason ? planned?.time : nil
        let chosen = time ?? now + .milliseconds(Int64(random % span))
        planned = (reason, chosen)
        return chosen <= now ? .after(reason) : .later(reason, chosen)
    }

    static func == (one: CommitPlan, other: CommitPlan) -> Bool {
        one.planned?.reason == other.planned?.reason && one.planned?.time == other.planned?.time
    }
}
