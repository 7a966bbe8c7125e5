import ChatProtocol

/// Slows down guessing: failed logins are counted by name and address prefix, and by address prefix alone. Names that
/// nobody has are counted like others, so that the answer does not tell them apart.
///
/// Every attempt takes its tokens before the password is looked at, so that attempts in parallel do not slip through;
/// one that succeeds gives them back. Logins by device key do not come here: nobody can lock a device out by guessing
/// its account's password.
package struct LoginThrottle: Sendable {
    package struct Limits: Sendable, Equatable {
        /// Failures for one name from one prefix.
        package var name: RateLimit
        /// Failures from one prefix, whatever the name.
        package var prefix: RateLimit

        package init(name: RateLimit, prefix: RateLimit) {
            self.name = name
            self.prefix = prefix
        }
    }

    private struct Key: Hashable, Sendable {
        var name: UserName
        var prefix: AddressPrefix
    }

    private var byName: RateTable<Key>
    private var byPrefix: RateTable<AddressPrefix>
    package var limits: Limits?

    /// - Parameters:
    ///   - limits: nil: nothing is slowed down.
    ///   - capacity: names and prefixes that are remembered.
    package init(limits: Limits?, capacity: Int = ServerLimits.throttleCapacity) {
        self.limits = limits
        byName = RateTable(capacity: capacity)
        byPrefix = RateTable(capacity: capacity)
    }

    /// Begins an attempt.
    ///
    /// - Returns: none: go on. Otherwise how much later an attempt will be looked at.
    package mutating func begin(_ name: UserName, from prefix: AddressPrefix, at now: Ticks) -> Duration {
        guard let limits else { return .zero }
        let wait = byPrefix.take(prefix, of: limits.prefix, at: now)
        guard wait == .zero else { return wait }
        let nameWait = byName.take(Key(name: name, prefix: prefix), of: limits.name, at: now)
        if nameWait > .zero { byPrefix.refund(prefix, of: limits.prefix, at: now) }
        return nameWait
    }

    /// Gives back what an attempt took: it succeeded, or the password was never looked at.
    package mutating func forgive(_ name: UserName, from prefix: AddressPrefix, at now: Ticks) {
        guard let limits else { return }
        byPrefix.refund(prefix, of: limits.prefix, at: now)
        byName.refund(Key(name: name, prefix: prefix), of: limits.name, at: now)
    }
}
