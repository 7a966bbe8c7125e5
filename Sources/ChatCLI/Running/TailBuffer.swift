/// The last lines of an endless output, in bounded memory.
struct TailBuffer: Sendable {
    /// Lines that may be asked for: more than anybody reads in a message.
    static let maximumLines = 1000

    /// A line without its newline, as its bytes.
    struct Line: Equatable, Sendable {
        var bytes: ArraySlice<UInt8>
        /// Its beginning was longer ago than is kept.
        var isCut = false
    }

    private let lines: Int
    private let limit: Int
    private var bytes: [UInt8] = []
    private var isCut = false

    /// - Parameters:
    ///   - lines: that are wanted at most.
    ///   - limit: bytes that are kept for sure; three times as many are held at most.
    init(lines: Int, limit: Int) {
        self.lines = lines
        self.limit = limit
    }

    mutating func append(_ new: [UInt8]) {
        isCut = isCut || new.count > limit
        bytes += new.suffix(limit)
        guard bytes.count > 2 * limit else { return }
        // Seldom, so that it costs little a byte.
        bytes.removeFirst(bytes.count - limit)
        isCut = true
    }

    /// The last lines, oldest first. The last one counts without its newline too.
    var last: [Line] {
        let content = bytes.last == 0x0a ? bytes.dropLast() : bytes[...]
        var pieces = content.split(separator: 0x0a, omittingEmptySubsequences: false).map { Line(bytes: $0) }
        if isCut {
            // Half a line is no line, unless there is nothing else.
            if pieces.count > 1 { pieces.removeFirst() } else { pieces[0].isCut = true }
        }
        let last = Array(pieces.suffix(lines))
        return last.allSatisfy(\.bytes.isEmpty) ? [] : last
    }
}
