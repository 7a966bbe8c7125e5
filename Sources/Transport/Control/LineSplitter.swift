/// Cuts a stream of bytes into lines that end with a newline.
///
/// A plain value; a line that grows beyond the limit is an error before more of it is kept.
struct LineSplitter {
    struct TooLong: Error, Equatable {}

    /// Bytes a line may have, its newline not counted.
    let limit: Int
    private var partial: [UInt8] = []

    init(limit: Int) {
        self.limit = limit
    }

    /// What came after the last newline.
    var remainder: [UInt8] { partial }

    /// The lines that `bytes` completes, without their newlines.
    mutating func append(_ bytes: some Collection<UInt8>) throws(TooLong) -> [[UInt8]] {
        var lines: [[UInt8]] = []
        var rest = bytes[...]
        while let newline = rest.firstIndex(of: UInt8(ascii: "\n")) {
            try keep(rest[..<newline])
            lines.append(partial)
            partial = []
            rest = rest[rest.index(after: newline)...]
        }
        try keep(rest)
        return lines
    }

    private mutating func keep(_ bytes: some Collection<UInt8>) throws(TooLong) {
        guard partial.count + bytes.count <= limit else { throw TooLong() }
        partial.append(contentsOf: bytes)
    }
}
