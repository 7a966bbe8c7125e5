import CLISupport

/// When a follower ends by itself: a plain value, told the time.
struct FollowLimits {
    let count: Int?
    let idle: Duration?
    /// When it ends whatever comes.
    let end: ContinuousClock.Instant?
    private var lastLine: ContinuousClock.Instant
    private var messages = 0
    private var lines = 0

    init(count: Int?, timeout: Duration?, idle: Duration?, begin: ContinuousClock.Instant) {
        self.count = count
        self.idle = idle
        end = timeout.map { begin + $0 }
        lastLine = begin
    }

    /// Something was printed, or handled.
    mutating func printed(isMessage: Bool, at time: ContinuousClock.Instant) {
        lines += 1
        if isMessage { messages += 1 }
        lastLine = time
    }

    var isCountReached: Bool { count.map { messages >= $0 } ?? false }

    /// The moment at which it ends if nothing comes.
    var deadline: ContinuousClock.Instant? {
        let quiet = idle.map { lastLine + $0 }
        switch (end, quiet) {
        case (let end?, let quiet?): return min(end, quiet)
        case (let one, let other): return one ?? other
        }
    }

    /// The exit status when time has run out.
    ///
    /// - Throws: 124 where that is a failure.
    func statusAtDeadline() throws(Problem) -> ExitStatus {
        guard lines == 0 || count != nil else { return .done }
        throw Problem(.nothingCame, count == nil ? "nothing came in time" : "not enough came in time")
    }
}
