/// What the file of typed lines holds: a line each, in which a newline is `\n` and a backslash `\\`.
enum HistoryText {
    /// Lines that are kept.
    static let maximumLines = 1000
    /// The file is cut when it has grown to so many bytes, so that not every line costs a rewrite.
    static let maximumBytes = 1 << 20

    /// Whether a typed line is kept: one that begins with a space is not, as in a shell.
    static func keeps(_ line: String, after last: String?) -> Bool {
        guard let first = line.utf8.first, first != 0x20 else { return false }
        return line != last && line.utf8.contains { $0 != 0x09 && $0 != 0x0a }
    }

    static func encode(_ line: String) -> [UInt8] {
        var bytes: [UInt8] = []
        for byte in line.utf8 {
            switch byte {
            case 0x0a: bytes += [0x5c, 0x6e]
            case 0x5c: bytes += [0x5c, 0x5c]
            default: bytes.append(byte)
            }
        }
        return bytes + [0x0a]
    }

    /// The newest lines of a file, oldest first. What is no line of ours is left out.
    static func decode(_ bytes: some Collection<UInt8>) -> [String] {
        bytes.split(separator: 0x0a).suffix(maximumLines).compactMap { decode(line: $0) }
    }

    private static func decode(line: some Sequence<UInt8>) -> String? {
        var bytes: [UInt8] = []
        var isEscaped = false
        for byte in line {
            if isEscaped {
                isEscaped = false
                switch byte {
                case 0x6e: bytes.append(0x0a)
                case 0x5c: bytes.append(0x5c)
                default: return nil
                }
            } else if byte == 0x5c {
                isEscaped = true
            } else if byte == 0 {
                return nil
            } else {
                bytes.append(byte)
            }
        }
        return isEscaped ? nil : String(validating: bytes, as: UTF8.self)
    }

    /// The end of a file that has become too long, in whole lines.
    static func trimmed(_ bytes: [UInt8]) -> [UInt8] {
        var lines = bytes.split(separator: 0x0a).suffix(maximumLines)
        while lines.reduce(0, { $0 + $1.count + 1 }) > maximumBytes / 2 { lines.removeFirst() }
        return lines.flatMap { $0 + [0x0a] }
    }
}
