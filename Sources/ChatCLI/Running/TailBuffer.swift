/// The last lines of endless output, in bounded memory.
struct TailBuffer: Sendable {
    /// Lines that may be asked for: more than anybody reads in a message.
    static let maximumLines = 1000

    /// A line without its newline, as its bytes.
    struct Line: Equatable, Sendable {
        var bytes: [UInt8] = []
        /// It was longer than is kept; this is its end.
        var isCut = false
    }

    private let lines: Int
    private let limit: Int
    /// Oldest first. They are trimmed when there is twice too much, so that it costs little a line.
    private var whole: [Line] = []
    private var size = 0
    /// Of each stream the line that has no end yet: what comes by the other one is no part of it.
    private var open: [Line]

    /// - Parameters:
    ///   - lines: that are wanted at most.
    ///   - limit: bytes that are wanted at most.
    ///   - streams: that lines come by.
    init(lines: Int, limit: Int, streams: Int) {
        self.lines = lines
        self.limit = limit
        open = Array(repeating: Line(), count: streams)
    }

    mutating func append(_ new: [UInt8], stream: Int) {
        guard let end = new.lastIndex(of: 0x0a) else { return extend(stream, with: new[...]) }
        var found: [Line] = []
        var rest = new[..<end]
        // From the end, since of many lines the first are wanted no more.
        while found.count < lines {
            guard let newline = rest.lastIndex(of: 0x0a) else {
                extend(stream, with: rest)
                found.append(open[stream])
                break
            }
            found.append(Line(bytes: Array(rest[(newline + 1)...])))
            rest = rest[..<newline]
        }
        open[stream] = Line()
        extend(stream, with: new[(end + 1)...])
        whole += found.reversed()
        size += found.reduce(0) { $0 + $1.bytes.count }
        if whole.count > 2 * lines || size > 2 * limit { trim() }
    }

    private mutating func extend(_ stream: Int, with new: ArraySlice<UInt8>) {
        open[stream].bytes += new
        let surplus = open[stream].bytes.count - limit
        guard surplus > limit else { return }
        open[stream].bytes.removeFirst(surplus)
        open[stream].isCut = true
    }

    private mutating func trim() {
        var surplus = max(0, whole.count - lines)
        size -= whole[..<surplus].reduce(0) { $0 + $1.bytes.count }
        while size > limit, surplus < whole.count - 1 {
            size -= whole[surplus].bytes.count
            surplus += 1
        }
        whole.removeFirst(surplus)
    }

    /// The last lines, oldest first. One that has no newline yet counts, too.
    var last: [Line] {
        let last = (whole + open.filter { !$0.bytes.isEmpty }).suffix(lines)
        return last.allSatisfy(\.bytes.isEmpty) ? [] : Array(last)
    }
}
