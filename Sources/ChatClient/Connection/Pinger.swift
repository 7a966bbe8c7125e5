import ChatProtocol

/// Notices that the other side is gone although the socket says nothing.
///
/// A plain value: what came and the time go in, what to do comes out.
struct Pinger: Equatable, Sendable {
    enum Decision: Equatable, Sendable {
        /// Look again after so long.
        case wait(Duration)
        /// Send a ping and look again after so long.
        case ping(Duration)
        case giveUp
    }

    static let quiet = Duration.seconds(Limits.pingSeconds)
    static let dead = Duration.seconds(2 * Limits.pingSeconds)

    private var lastFrame: Duration
    private var hasPinged = false

    init(now: Duration) { lastFrame = now }

    mutating func received(now: Duration) {
        lastFrame = now
        hasPinged = false
    }

    mutating func check(now: Duration) -> Decision {
        let silence = now - lastFrame
        if silence >= Self.dead { return .giveUp }
        if silence < Self.quiet { return .wait(Self.quiet - silence) }
        guard !hasPinged else { return .wait(Self.dead - silence) }
        hasPinged = true
        return .ping(Self.dead - silence)
    }
}
