/// When the write-ahead log is copied into the database, and when its file is emptied. A plain value.
///
/// Most of the log is copied beside the batches, which go on adding to it. The rest is copied between two of them: only
/// a log that was copied to its end is begun anew, and without that it would grow as long as somebody writes.
package struct CheckpointPlan: Sendable {
    /// Pages written after which they are copied. A log that is emptied early is overwritten and not lengthened, which
    /// makes every sync cheaper; and most pages are still copied once for many changes of them.
    package var copyPages = 1_024
    /// Bytes of the log's file above which it is cut off, and those who read or write wait for that.
    package var largestFile: Int64 = 64 << 20
    /// Where room is short a file of so many bytes is cut off already.
    package var smallFile: Int64 = 1 << 20
    /// How long everybody may be kept waiting for readers that stand in the way. One that reads for long,
    /// as a backup does, cannot be waited for: the log grows until it ends.
    package static let patience = Duration.milliseconds(100)

    private var isCopying = false
    /// Pages in the log when the last copy of it ended.
    private var left = 0
    /// Pages that were in the log when it was last cut off in vain: another try is made after as many again.
    private var stuck = 0
    /// There is little room, perhaps because the log has taken it.
    private var isRoomShort = false
    /// The log may hold what was erased, and is to be cut off whatever its size.
    private var mustEmpty = false
    /// What copies now began after that was said.
    private var empties = false

    package init() {}

    /// A commit has left so many pages in the log.
    ///
    /// - Returns: whether copying begins now.
    package mutating func logged(pages: Int) -> Bool {
        // A log that was begun anew.
        if pages < left { (left, stuck) = (0, 0) }
        guard pages - left >= copyPages else { return false }
        return begin()
    }

    /// Looks at the log without a commit, now and then.
    ///
    /// - Returns: whether copying begins now.
    package mutating func look(file: Int64, isRoomShort: Bool) -> Bool {
        self.isRoomShort = isRoomShort
        guard file > bound else { return false }
        stuck = 0
        return begin()
    }

    /// The log is to be emptied, soon.
    ///
    /// - Returns: whether copying begins now.
    package mutating func empty() -> Bool {
        mustEmpty = true
        empties = false
        stuck = 0
        return begin()
    }

    private var bound: Int64 { mustEmpty ? 0 : isRoomShort ? smallFile : largestFile }

    private mutating func begin() -> Bool {
        guard !isCopying else { return false }
        isCopying = true
        empties = mustEmpty
        return true
    }

    /// Whether the file is cut off, now that the log was copied between two batches.
    ///
    /// - Parameters:
    ///   - log: pages in the log.
    ///   - file: bytes of its file.
    package func cutsOff(log: Int, file: Int64) -> Bool { file > bound && log >= 2 * stuck }

    package enum End: Sendable, Equatable {
        /// It was copied, as far as nobody stands in the way, and so many pages are in it.
        case copied(log: Int)
        case cutOff
        /// It was not cut off: somebody reads for long, or the disk is full.
        case stuck(log: Int)
    }

    package mutating func ended(_ end: End) {
        isCopying = false
        switch end {
        case .copied(let log): left = log
        case .cutOff:
            (left, stuck) = (0, 0)
            if empties { mustEmpty = false }
        case .stuck(let log): (left, stuck) = (log, log)
        }
    }
}
