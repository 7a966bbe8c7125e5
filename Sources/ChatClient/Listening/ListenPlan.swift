import ChatProtocol

/// Where a listener stands in the store, and what it reads next. A plain value.
struct ListenPlan: Equatable, Sendable {
    enum Step: Equatable, Sendable {
        /// What was not shown, up to where the store ended at the start.
        case notShown(after: StorePosition, upTo: StorePosition)
        case all(after: StorePosition)
        /// It begins with the login, which has not come.
        case waitForLogin
    }

    /// Of what was missed, what the server took before is left out.
    private var since: Timestamp
    /// The store's last position when nothing was missed any more: what comes behind it is new whatever its time says,
    /// for a server's clock may be set back.
    private var liveFrom: StorePosition?
    private var scanned: StorePosition
    /// What is not shown is told up to here; after it, everything.
    private var notShownUpTo: StorePosition?
    private var waitsForLogin: Bool

    /// - Parameters:
    ///   - start: where to begin.
    ///   - end: the store's last position now.
    ///   - positionSince: the last position before what the server took at `start`'s moment.
    init(start: ListenStart, end: StorePosition, positionSince: (Timestamp) -> StorePosition) {
        since = 0
        waitsForLogin = false
        switch start {
        case .unshown:
            scanned = 0
            notShownUpTo = end
        case .new:
            scanned = end
            waitsForLogin = true
        case .since(let moment):
            scanned = positionSince(moment)
            since = moment
        case .cursor(let cursor):
            scanned = cursor.position
        }
    }

    init(resuming position: ResumePosition) {
        scanned = position.position
        since = position.since
        waitsForLogin = false
    }

    /// Everything up to it was told or left out. Before the not shown are through it is the place among them.
    var position: StorePosition { scanned }

    /// Whether everything before `position` is done for good: a place among the not shown says nothing of the rest.
    var isContinuous: Bool { notShownUpTo == nil && !waitsForLogin }

    var step: Step {
        if waitsForLogin { return .waitForLogin }
        if let notShownUpTo { return .notShown(after: scanned, upTo: notShownUpTo) }
        return .all(after: scanned)
    }

    /// Where a resume point stands that has everything up to `position` behind it.
    func resumePosition(at position: StorePosition) -> ResumePosition {
        ResumePosition(position: position, since: since(after: position))
    }

    /// What the server took before is left out of the entries behind `position`.
    func since(after position: StorePosition) -> Timestamp { position >= liveFrom ?? .end ? 0 : since }

    /// Everything missed is in the store, up to `position`.
    mutating func reachedLive(at position: StorePosition) { if liveFrom == nil { liveFrom = position } }

    /// The login has come: what is new begins with it.
    mutating func loggedIn(at time: Timestamp) {
        guard waitsForLogin else { return }
        waitsForLogin = false
        since = time
    }

    /// Everything up to `position` was read.
    mutating func read(upTo position: StorePosition) { scanned = max(scanned, position) }

    /// The step has no more.
    mutating func exhausted() {
        guard let end = notShownUpTo else { return }
        notShownUpTo = nil
        scanned = max(scanned, end)
    }
}
