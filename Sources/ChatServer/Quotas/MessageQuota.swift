import ChatProtocol

/// How fast one account may append, and ask for what costs as much (`RequestCost`). Over its rate it is slowed down: its connections are not read for a while, and
/// nothing is refused until the debt is too large, which many connections at once can bring about.
package struct MessageQuota: Sendable, Equatable {
    package struct Limits: Sendable, Equatable {
        /// In tenths of messages.
        package var messages: RateLimit?
        package var everyone: RateLimit?
        /// The debt beyond which messages are refused.
        package var largestDebt: Duration

        package init(_ limits: ServerLimits, everyoneIsLimited: Bool) {
            messages = limits.messageRate.map {
                RateLimit(burst: $0.burst * 10, interval: $0.interval / 10)
            }
            everyone = everyoneIsLimited ? limits.everyoneRate : nil
            largestDebt = limits.messageDebt
        }
    }

    package enum Verdict: Sendable, Equatable {
        /// Take it, and then read nothing of this account for so long.
        case take(pause: Duration)
        /// Refuse it; trying again helps after that time.
        case refuse(retryAfter: Duration)
    }

    /// Counts tenths of messages.
    private var messages = RateMeter()
    private var everyone = RateMeter()

    package init() {}

    /// One more append.
    package mutating func append(toEveryone: Bool, limits: Limits, at now: Ticks) -> Verdict {
        if toEveryone, let rate = limits.everyone {
            let wait = everyone.take(of: rate, at: now)
            guard wait == .zero else { return .refuse(retryAfter: wait) }
        }
        let verdict = charge(RequestCost.append, limits: limits, at: now)
        if case .refuse = verdict, toEveryone, let rate = limits.everyone { everyone.refund(of: rate) }
        return verdict
    }

    /// A request that costs so much.
    mutating func charge(_ cost: RequestCost, limits: Limits, at now: Ticks) -> Verdict {
        guard let rate = limits.messages else { return .take(pause: .zero) }
        let pause = messages.charge(cost.tenths, of: rate, at: now)
        guard pause <= limits.largestDebt else {
            messages.refund(cost.tenths, of: rate)
            // One that cannot be refused waits as long as anybody has to.
            return cost.overDebt == .slowedDown
                ? .take(pause: limits.largestDebt) : .refuse(retryAfter: pause - limits.largestDebt)
        }
        return .take(pause: pause)
    }

    /// An append to everyone that was taken was not stored after all, or had been stored before.
    package mutating func giveBackEveryone(of limits: Limits) {
        if let rate = limits.everyone { everyone.refund(of: rate) }
    }

    /// Whether it is as new, and need not be remembered.
    package func isFull(at now: Ticks) -> Bool { messages.isFull(at: now) && everyone.isFull(at: now) }
}

extension MessageQuota.Verdict {
    /// What a peer is told; nil where it is taken.
    package var failure: Failure? {
        guard case .refuse(let wait) = self else { return nil }
        return Failure(.rateLimited, retryAfter: wait)
    }
}
