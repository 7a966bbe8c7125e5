/// So many at once, then one each interval.
package struct RateLimit: Sendable, Equatable {
    /// How many may come at once after a rest.
    package var burst: UInt64
    /// In which one more is earned.
    package var interval: Duration
    /// So many at most, of which none takes longer than that: their product is a duration.
    private static let (most, longest) = (UInt64(1) << 32, Duration.seconds(1 << 31))

    package init(burst: UInt64, interval: Duration) {
        self.burst = min(max(1, burst), Self.most)
        self.interval = min(max(.microseconds(1), interval), Self.longest)
    }

    /// So many a second.
    package init(burst: UInt64, perSecond: UInt64) {
        self.init(burst: burst, interval: .seconds(1) / max(1, perSecond))
    }

    /// In which so many are earned.
    func time(for count: UInt64) -> Duration { interval * min(count, Self.most) }

    var span: Duration { time(for: burst) }
}

/// What somebody has used of a `RateLimit`: a token bucket that is written as one time, the one at which it will be
/// full again (the generic cell rate algorithm).
package struct RateMeter: Sendable, Equatable {
    private var fullAt = Ticks.beginning

    package init() {}

    /// Takes `count` if they are there.
    ///
    /// - Returns: none where they were taken; else how much later they will be there, and nothing is taken.
    package mutating func take(_ count: UInt64 = 1, of limit: RateLimit, at now: Ticks) -> Duration {
        let after = Swift.max(fullAt, now) + limit.time(for: count)
        let latest = now + Swift.max(limit.span, limit.time(for: count))
        guard after <= latest else { return after.span(since: latest) }
        fullAt = after
        return .zero
    }

    /// Takes `count` even where they are not there, so that a debt arises.
    ///
    /// - Returns: for how long nothing more should be taken in; not at all within the limit.
    package mutating func charge(_ count: UInt64 = 1, of limit: RateLimit, at now: Ticks) -> Duration {
        fullAt = Swift.max(fullAt, now) + limit.time(for: count)
        return fullAt.span(since: now + limit.span)
    }

    /// Gives back what was taken and not used.
    package mutating func refund(_ count: UInt64 = 1, of limit: RateLimit) {
        fullAt = fullAt - limit.time(for: count)
    }

    /// Whether it is full, and therefore not worth remembering.
    package func isFull(at now: Ticks) -> Bool { fullAt <= now }

    /// How much is used up.
    func debt(at now: Ticks) -> Duration { fullAt.span(since: now) }
}

/// Meters for whatever a stranger may name, in bounded memory.
package struct RateTable<Key: Hashable & Sendable>: Sendable {
    private let capacity: Int
    private var meters: [Key: RateMeter] = [:]

    /// - Parameter capacity: how many keys are remembered. When it is reached, those that are full go, and where too
    ///   few are, those that used least.
    package init(capacity: Int) { self.capacity = Swift.max(8, capacity) }

    package var count: Int { meters.count }

    /// As `RateMeter.take`.
    package mutating func take(_ key: Key, of limit: RateLimit, at now: Ticks) -> Duration {
        if meters[key] == nil && meters.count >= capacity { makeRoom(at: now) }
        return meters[key, default: RateMeter()].take(of: limit, at: now)
    }

    package mutating func refund(_ key: Key, of limit: RateLimit, at now: Ticks) {
        guard var meter = meters[key] else { return }
        meter.refund(of: limit)
        meters[key] = meter.isFull(at: now) ? nil : meter
    }

    /// Forgets at least a quarter, so that the work is spread over as many new keys.
    private mutating func makeRoom(at now: Ticks) {
        meters = meters.filter { !$0.value.isFull(at: now) }
        let wanted = capacity * 3 / 4
        guard meters.count > wanted else { return }
        let debts = meters.values.map { $0.debt(at: now) }.sorted(by: >)
        let threshold = debts[wanted]
        meters = meters.filter { $0.value.debt(at: now) > threshold }
    }
}
