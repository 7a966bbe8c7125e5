/// The server's own limits, each with its reason and its key in `chatd.toml`, section `[limits]`. What the protocol
/// itself limits stands in `ChatProtocol.Limits`.
package struct ServerLimits: Sendable, Equatable {
    // MARK: Messages

    /// `messages_per_second`: what one account may append for long; a script that floods is slowed down to this.
    /// 0: no limit.
    package var messagesPerSecond: UInt64 = 100
    /// `messages_burst`: what it may append at once, so that a file of lines passes at full speed.
    package var messagesBurst: UInt64 = 2_000
    /// `message_debt`, a duration: an account that is so far over its rate, by way of many connections, is refused
    /// (`rate_limited`) instead of slowed down.
    package var messageDebt = Duration.seconds(60)
    /// `everyone_interval`, a duration: one message to everyone an account in this time, where `broadcast` is `all`:
    /// each costs a delivery to everybody. 0: no limit, which is the default on loopback.
    package var everyoneInterval = Duration.seconds(5)
    /// `account_store`, a size: bytes of payloads one account may have in the store at a time; older ones end with the
    /// retention. 0: no limit.
    package var accountStore: UInt64 = 1 << 30
    /// `retention`, a duration: entries end so long after they were appended, delivered or not.
    package var retention = Duration.seconds(30 * 24 * 3_600)

    /// `everyone_devices`: devices that may be in the group of everyone; then newcomers are refused (`too_large`). Each commit costs every
    /// member a look, and who joins the whole tree. At most `Limits.everyoneDevices`.
    package var everyoneDevices: UInt64 = 1_000

    // MARK: Store

    /// `max_store`, a size: what the database may have on disk; beyond it appends, new direct conversations and
    /// registrations are refused (`store_full`). 0: what the disk has.
    package var maxStore: UInt64 = 0
    /// `store_reserve`, a size: kept free below `max_store`, and on the disk, for what must work when the store is
    /// full: cursors, revocations, deletion, backup's bookkeeping.
    package var storeReserve: UInt64 = 64 << 20

    // MARK: Passwords and registration

    /// `login_failures`: failed logins of one name from one address that are looked at at once …
    package var loginFailures: UInt64 = 10
    /// … and `login_failure_interval`, a duration: how long until one more is. With both a guesser has 2,900 tries a
    /// day, of passwords of eight bytes or more. 0: nothing is slowed down.
    package var loginFailureInterval = Duration.seconds(30)
    /// `address_failures`: the same for one address whatever the names, so that names are not tried in turn …
    package var addressFailures: UInt64 = 100
    /// … and `address_failure_interval`, a duration.
    package var addressFailureInterval = Duration.seconds(3)
    /// `registrations`: accounts that one address may make at once: a class room, a test …
    package var registrations: UInt64 = 50
    /// … and `registration_interval`, a duration: how long until one more. 0: no limit.
    package var registrationInterval = Duration.seconds(60)
    /// `password_threads`: threads that compute bcrypt, at a low priority. One keeps the others free for messages.
    package var passwordThreads: UInt64 = 1
    /// `password_queue`: computations that may wait; more are answered `busy`. 48 of 174 ms each are done in time for
    /// the 20 s that a connection has to log in. Where an imported hash costs more, each refusal costs as much, until
    /// its owner has logged in once.
    package var passwordQueue: UInt64 = 48
    /// `failure_delay`, a duration: when a failed login or registration is answered, whatever the reason, counted from
    /// when its password's turn came. Above the time of the dearest hash, that of cost 14 (700 ms).
    package var failureDelay = Duration.seconds(1)

    // MARK: Connections

    /// `unauthenticated_per_address`: connections of one address that are not logged in; of more the oldest is closed,
    /// never the newest refused. All machines of a house come back at once after a power cut, behind one address, and take
    /// a few round trips each to log in. What they hold in memory, some tens of KiB each, is bounded by the limit of frames
    /// before login.
    package var unauthenticatedPerAddress: UInt64 = 1_000
    /// `connections`: connections at a time; of more the newest are refused. Each takes a descriptor, and some tens of
    /// KiB.
    package var connections: UInt64 = 15_000
    /// `connections_per_account`: connections of one account at a time, and never more than half of all: nobody shuts
    /// the others out. Far more than a person's scripts have at once.
    package var connectionsPerAccount: UInt64 = 1_000
    package init() {}

    /// Names and address prefixes that a throttle remembers: some megabytes, and more than a guesser can fill before
    /// his own prefix is slowed down. Not configurable.
    package static let throttleCapacity = 65_536

    /// Limits that keep nobody back: for benchmarks.
    package static var off: ServerLimits {
        var limits = ServerLimits()
        limits.messagesPerSecond = 0
        limits.everyoneInterval = .zero
        limits.accountStore = 0
        limits.loginFailureInterval = .zero
        limits.addressFailureInterval = .zero
        limits.registrationInterval = .zero
        return limits
    }
}

extension ServerLimits {
    /// Messages of one account; nil: no limit.
    package var messageRate: RateLimit? {
        messagesPerSecond == 0 ? nil : RateLimit(burst: messagesBurst, perSecond: messagesPerSecond)
    }

    /// Messages of one account to everyone; nil: no limit.
    package var everyoneRate: RateLimit? {
        everyoneInterval == .zero ? nil : RateLimit(burst: 1, interval: everyoneInterval)
    }

    /// Connections of one account, as far as there are any.
    package var accountConnections: UInt64 { min(connectionsPerAccount, max(1, connections / 2)) }

    package var loginThrottle: LoginThrottle.Limits? {
        guard loginFailureInterval > .zero, addressFailureInterval > .zero else { return nil }
        return LoginThrottle.Limits(
            name: RateLimit(burst: loginFailures, interval: loginFailureInterval),
            prefix: RateLimit(burst: addressFailures, interval: addressFailureInterval))
    }

    package var registrationRate: RateLimit? {
        registrationInterval == .zero ? nil : RateLimit(burst: registrations, interval: registrationInterval)
    }

    package var failureDeadline: FailureDeadline {
        FailureDeadline(interval: failureDelay)
    }
}
