import CLISupport

/// How far a script has come, and what is next: a plain value, told the time.
struct PipedRun: Sendable {
    enum Step: Equatable, Sendable {
        /// Read the next line.
        case read
        /// Wait until a message that is under way is decided.
        case awaitDecision
        /// Wait until what was missed has been told.
        case awaitLive
        /// Go on printing, until then.
        case linger(until: Duration)
        case end(ExitStatus)
    }

    /// `-e`
    let stopsAtFailure: Bool
    let linger: Duration
    /// There was input before anything was printed: whoever wrote it has not read what they reply to.
    let isScript: Bool
    /// Messages that the server has neither taken nor refused.
    private(set) var underWay = 0
    private(set) var firstFailure: ExitStatus?
    private var isInputAtEnd = false
    private var isCut = false
    private var looksBack = false
    private var isLive = false
    private var hasReceived = false
    private var awaitsLive = false
    private var lingerEnd: Duration?

    init(stopsAtFailure: Bool, linger: Duration, isScript: Bool = false) {
        self.stopsAtFailure = stopsAtFailure
        self.linger = linger
        self.isScript = isScript
    }

    mutating func submitted() { underWay += 1 }

    /// A line is about what was sent before it: nothing is read until that is decided.
    mutating func lookBack() { looksBack = true }

    /// Whether that line can be carried out now; true once.
    mutating func canLookBack() -> Bool {
        guard looksBack, underWay == 0 else { return false }
        looksBack = false
        return true
    }

    /// A message was told.
    mutating func received() { hasReceived = true }

    /// A line is about the last message that came.
    ///
    /// - Returns: whether it can be carried out now; else nothing is read until what was missed has been told. Whoever reads while they
    ///   write is not held up: they may have read what they answer.
    mutating func replies() -> Bool {
        awaitsLive = !isLive && (isScript || !hasReceived)
        return !awaitsLive
    }

    /// What was missed has been told, or nothing will be told any more.
    mutating func told() {
        isLive = true
        awaitsLive = false
    }

    /// A message was taken, or not.
    mutating func decided(_ problem: Problem?) {
        underWay -= 1
        if let problem { failed(problem) }
    }

    /// A line failed.
    mutating func failed(_ problem: Problem) {
        if firstFailure == nil { firstFailure = problem.exit }
    }

    /// No line follows: the end of the input, or `/quit`.
    mutating func inputEnded() { isInputAtEnd = true }

    /// Nothing will be printed any more: there is nothing to linger for, and no reason to read on.
    mutating func listenerFailed(_ problem: Problem) {
        failed(problem)
        isInputAtEnd = true
        isCut = true
    }

    /// What is next, at this moment.
    mutating func step(at now: Duration) -> Step {
        guard !awaitsLive else { return .awaitLive }
        let isStopped = stopsAtFailure && firstFailure != nil
        if !isInputAtEnd && !isStopped {
            // Only when a line is decided is it known whether it failed.
            return (stopsAtFailure || looksBack) && underWay > 0 ? .awaitDecision : .read
        }
        guard underWay == 0 else { return .awaitDecision }
        let end = lingerEnd ?? now + linger
        lingerEnd = end
        return isStopped || isCut || now >= end ? .end(firstFailure ?? .done) : .linger(until: end)
    }
}
