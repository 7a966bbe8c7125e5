import CLISupport

/// When a bot ends by itself. A plain value, told the time.
struct ReplyDeadlines {
    enum Alarm: Equatable {
        /// Nothing more is begun.
        case timeIsUp
        /// What was sent is not waited for any longer.
        case patienceIsUp
    }

    /// After the time is up, how long a reply may wait for its acknowledgement. Commands have time-outs of their own; a
    /// server that is away has not.
    static let patience = Duration.seconds(30)

    private(set) var limits: FollowLimits
    private(set) var isTimeUp = false
    private var patienceEnd: ContinuousClock.Instant?

    init(_ limits: FollowLimits) { self.limits = limits }

    /// A message was dealt with.
    mutating func finished(at now: ContinuousClock.Instant) { limits.printed(isMessage: true, at: now) }

    /// When to ask `ring`; nil: not before something happens.
    ///
    /// - Parameters:
    ///   - isIdle: nothing is being done, or about to be.
    ///   - runsCommands: a command has not answered.
    mutating func moment(isIdle: Bool, runsCommands: Bool, now: ContinuousClock.Instant) -> ContinuousClock.Instant? {
        guard isTimeUp else { return isIdle ? limits.deadline : limits.end }
        if !runsCommands { patienceEnd = patienceEnd ?? now + Self.patience }
        return patienceEnd
    }

    /// What the moment brings, where it has come.
    mutating func ring(isIdle: Bool, now: ContinuousClock.Instant) -> Alarm? {
        guard !isTimeUp else { return patienceEnd.map { $0 <= now } ?? false ? .patienceIsUp : nil }
        guard let moment = isIdle ? limits.deadline : limits.end, moment <= now else { return nil }
        isTimeUp = true
        return .timeIsUp
    }

    /// The exit status of one that has done what it could.
    func status() throws(Problem) -> ExitStatus {
        isTimeUp && !limits.isCountReached ? try limits.statusAtDeadline() : .done
    }
}
