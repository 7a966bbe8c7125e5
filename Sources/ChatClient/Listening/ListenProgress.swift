/// How far a listener has told what it read, and how far that was dealt with. A plain value.
struct ListenProgress: Equatable, Sendable {
    /// The position told last.
    private(set) var told: StorePosition
    /// The position of the last that was dealt with.
    private(set) var done: StorePosition

    /// Everything before `position` is done.
    init(at position: StorePosition) {
        told = position
        done = position
    }

    mutating func tell(_ position: StorePosition) { told = position }
    mutating func finish(upTo position: StorePosition) { done = max(done, position) }

    /// Whether nothing that was told waits to be dealt with. What the filter has left out behind it is done then, too.
    var isEverythingDone: Bool { done >= told }

    /// Where a resume point may stand.
    ///
    /// - Parameters:
    ///   - scanned: everything up to it was told or left out.
    ///   - hasMoreRead: something was read behind `scanned` and is to be told.
    func resumePosition(scanned: StorePosition, hasMoreRead: Bool) -> StorePosition {
        isEverythingDone && !hasMoreRead ? scanned : done
    }
}
