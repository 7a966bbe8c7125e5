import CLISupport
import ChatProtocol

/// Decides when a lasting connection is tried again, and when it is given up.
///
/// A plain value: events and the time go in, decisions come out.
struct Reconnector: Sendable {
    enum State: Equatable, Sendable {
        case idle
        case connecting
        case online(since: Duration)
        case waiting(until: Duration)
        case ended
    }

    enum Decision: Equatable, Sendable {
        case connect
        /// Ask again at this moment.
        case wait(until: Duration)
        /// It ends, and this is why.
        case end(Problem)
        case nothing
    }

    /// A connection that held this long begins a new count of attempts; one that breaks at once is a failed attempt.
    static let settled = Duration.seconds(1)

    /// Whether a first connection that fails ends it.
    let requiresFirstConnection: Bool
    private(set) var state = State.idle
    private var backoff = Backoff()
    private var hasBeenOnline = false

    init(requiresFirstConnection: Bool) { self.requiresFirstConnection = requiresFirstConnection }

    mutating func start() -> Decision {
        guard state == .idle else { return .nothing }
        state = .connecting
        return .connect
    }

    /// Logged in.
    mutating func connected(now: Duration) {
        guard state == .connecting else { return }
        hasBeenOnline = true
        state = .online(since: now)
    }

    /// An attempt failed, or the connection was lost.
    mutating func failed(_ problem: Problem, now: Duration, random: UInt64) -> Decision {
        guard state != .ended else { return .nothing }
        if case .online(let since) = state, now - since >= Self.settled { backoff.reset() }
        var wasOnline = false
        if case .online = state { wasOnline = true }
        let isObstacle = problem.isObstacle(wasOnline: wasOnline, hasBeenOnline: hasBeenOnline)
        guard isObstacle, hasBeenOnline || !requiresFirstConnection else {
            state = .ended
            return .end(problem)
        }
        var pause = backoff.next(random: random)
        if let wanted = problem.retryAfter { pause = max(pause, min(wanted, Backoff.longest)) }
        state = .waiting(until: now + pause)
        return .wait(until: now + pause)
    }

    /// The moment that was asked for has come, or somebody is in a hurry.
    mutating func retry() -> Decision {
        guard case .waiting = state else { return .nothing }
        state = .connecting
        return .connect
    }

    mutating func stop() { state = .ended }
}

extension Problem {
    /// Whether connecting again can help. Once the server has let us in, what answers in its place and is no chatd, such
    /// as a portal or a proxy, passes like a server that is away; a fault of a server that has let us in does not.
    func isObstacle(wasOnline: Bool, hasBeenOnline: Bool) -> Bool {
        mayPassByItself || hasBeenOnline && !wasOnline && exit == .protocolFault
    }

    /// Whether trying again, with nothing else changed, can help. A conversation that has moved on never takes the same
    /// bytes, and whoever has no device yet may not have one for days.
    var mayPassByItself: Bool {
        (exit == .unreachable || exit == .temporary)
            && ![ErrorCode.preconditionFailed, .noDevice].contains { $0.name == code }
    }
}
