/// How far a listener has told what it read, and how far that was dealt with. A plain value.
struct ListenProgress: Equatable, Sendable {
    /// The position told last.
    private(set) var told: Int64
    /// The position of the last that was dealt with.
    private(set) var done: Int64

    /// Everything before `position` is done.
    init(at position: Int64) {
        told = position
        done = position
    }

    mutating func tell(_ position: Int64) { told = position }
    mutating func finish(upTo position: Int64) { done = max(done, position) }

    /// Whether nothing that was told waits to be dealt with. What the filter has left out behind it is done then, too.
    var isEverythingDone: Bool { done >= told }

    /// Where a resume point may stand.
    ///
    /// - Parameters:
    ///   - scanned: everything up to it was told or left out.
    ///   - hasMoreRead: something was read behind `scanned` and is to be told.
    func resumePosition(scanned: Int64, hasMoreRead: Bool) -> Int64 {
        isEverythingDone && !hasMoreRead ? scanned : done
    }
}
