import ChatProtocol

/// Which key packages this device makes and leaves at the server, so that others can add it while it is away. A plain value; the time
/// goes in.
///
/// There are 20 that are used once, refilled when fewer than 10 are left, and one last resort, which is replaced after 30 days. What
/// was made goes out again byte for byte until the server has answered, since it may have handed some out already.
struct KeyPackageStock: Equatable, Sendable {
    static let full = 20
    static let low = 10
    static let lastResortLives = Duration.seconds(30 * 86_400)
    /// Private halves are kept so much longer than anybody may use the public ones: who added this device in time may be read
    /// much later.
    static let keptLonger = Duration.seconds(30 * 86_400)
    /// A login tells how it was: who comes right behind another process of the same profile makes none again.
    static let pause = Duration.seconds(60)

    /// When the last resort was made that the server has; nil: there is none that this life of its store has been given.
    var lastResort: Timestamp?
    /// When packages were made last.
    var made: Timestamp?
    /// Some were made, and no server has answered.
    var hasWaiting = false

    enum Step: Equatable, Sendable {
        case nothing
        case sendAgain
        case make(count: Int, lastResort: Bool)
    }

    /// - Parameter standing: what the login said.
    func step(_ standing: KeyPackageStanding, now: Timestamp) -> Step {
        if hasWaiting { return .sendAgain }
        let count = Int(standing.left) < Self.low ? Self.full - Int(standing.left) : 0
        let wantsLastResort = !standing.hasLastResort || isOld(now: now)
        guard count > 0 || wantsLastResort, !wasJustMade(now: now) else { return .nothing }
        return .make(count: count, lastResort: wantsLastResort)
    }

    private func isOld(now: Timestamp) -> Bool { lastResort.map { Self.isOld($0, now: now) } ?? true }

    /// Whether a last resort is to be replaced that was made at a time.
    static func isOld(_ made: Timestamp, now: Timestamp) -> Bool { now < made || now - made >= lastResortLives }

    private func wasJustMade(now: Timestamp) -> Bool {
        guard let made, made <= now else { return false }
        return now - made < Self.pause
    }

    /// For how long a package is good that is made now; the other's clock may be slower.
    static func lifetime(isLastResort: Bool, now: Timestamp) -> (from: UInt64, to: UInt64) {
        let begin = (now - .seconds(3_600)).milliseconds / 1_000
        let days = isLastResort ? Limits.lastResortDays : Limits.keyPackageDays
        return (begin, begin + UInt64(days) * 86_400)
    }
}
