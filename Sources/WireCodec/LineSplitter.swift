/// Cuts a stream of bytes into lines, in bounded memory: a plain value, so that tests cut where they like.
package struct LineSplitter: Sendable {
    package enum Line: Equatable, Sendable {
        /// Without its newline.
        case bytes([UInt8])
        /// More bytes than a line may have; they were skipped.
        case tooLong
    }

    /// Bytes that a line may have without its newline.
    package let limit: Int
    /// What came after the last newline.
    package private(set) var remainder: [UInt8] = []
    /// Whether that is more already than a line may have; then nothing of it is kept.
    package private(set) var isTooLong = false

    package init(limit: Int) { self.limit = limit }

    /// Takes the next bytes and gives the lines that they complete.
    package mutating func take(_ bytes: some Collection<UInt8>) -> [Line] {
        var lines: [Line] = []
        var rest = bytes[...]
        while let end = rest.firstIndex(of: 0x0a) {
            keep(rest[..<end])
            lines.append(finishLine())
            rest = rest[rest.index(after: end)...]
        }
        keep(rest)
        return lines
    }

    /// At the end of the input: a last line without its newline counts, too.
    package mutating func finish() -> Line? { remainder.isEmpty && !isTooLong ? nil : finishLine() }

    private mutating func keep(_ bytes: some Collection<UInt8>) {
        guard !isTooLong else { return }
        if remainder.count + bytes.count > limit {
            isTooLong = true
            remainder = []
        } else {
            remainder += bytes
        }
    }

    private mutating func finishLine() -> Line {
        defer {
            remainder = []
            isTooLong = false
        }
        return isTooLong ? .tooLong : .bytes(remainder)
    }
}
