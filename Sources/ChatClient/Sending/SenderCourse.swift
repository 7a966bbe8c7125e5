import CLISupport

/// When a sender connects, and when a connection that fails is the end of what it has.
///
/// A plain value: what happened and the time go in.
struct SenderCourse {
    enum Persistence: Sendable {
        /// What cannot be sent on the connection that is given stays where it is.
        case oneConnection
        /// A first connection that fails is the end; one that is lost is made again.
        case firstConnection
        /// Until the time of each message is up.
        case always
    }

    private let persistence: Persistence
    private var isConnecting = false
    private var hasBeenConnected = false
    private var hasBeenOnline = false
    private var isOnline = false
    private var backoff = Backoff()
    /// Whether it goes on on the connection that takes over from one that is to end.
    var changesConnection: Bool { persistence != .oneConnection }
    /// When to connect again; nil: at once.
    private(set) var retryAt: Duration?

    init(_ persistence: Persistence) { self.persistence = persistence }

    /// Whether to begin to connect now.
    mutating func connects(isWanted: Bool, now: Duration) -> Bool {
        guard isWanted else {
            retryAt = nil
            return false
        }
        guard !isConnecting, (retryAt ?? now) <= now else { return false }
        retryAt = nil
        isConnecting = true
        return true
    }

    /// There is a connection; whether the server answers on it is not known.
    mutating func connected() {
        isConnecting = false
        hasBeenConnected = true
    }

    /// The server has let us in, or has taken a message.
    mutating func succeeded() {
        hasBeenOnline = true
        isOnline = true
        backoff.reset()
    }

    /// The time to connect is up, and the server has not let us in: that is no connection.
    mutating func lapsed() { hasBeenConnected = hasBeenOnline }

    /// Another connection takes over.
    mutating func left() { isOnline = false }

    /// A connection failed, or was lost; whether it is tried again.
    mutating func failed(_ problem: Problem, now: Duration, random: UInt64) -> Bool {
        isConnecting = false
        defer { isOnline = false }
        guard problem.isObstacle(wasOnline: isOnline, hasBeenOnline: hasBeenOnline), persistence != .oneConnection,
            persistence == .always || hasBeenConnected
        else { return false }
        retryAt = now + backoff.next(random: random)
        return true
    }
}
