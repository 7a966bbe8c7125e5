/// Long pastes, folded: a text of more rows than the screen has cannot be edited on it, and drawing it again for each
/// message that comes in would leave nothing else to see. The line holds a short label instead until it is entered.
struct PasteFolder: Sendable {
    /// Rows that stay free for the prompt and for what comes in.
    private static let margin = 3

    private var folded: [(label: [UInt8], text: [UInt8])] = []

    /// Bytes that the line has beyond those in it.
    var hiddenBytes: Int { folded.reduce(0) { $0 + $1.text.count - $1.label.count } }

    /// What to put into the line for a pasted text.
    ///
    /// - Parameter line: what the line holds already.
    mutating func fold(_ text: [UInt8], onto line: [UInt8], rows: Int, columns: Int) -> [UInt8] {
        guard Self.rows(line + text, columns) > max(1, rows - Self.margin) else { return text }
        let lines = text.split(separator: 0x0a, omittingEmptySubsequences: false).count
        let what = "pasted \(lines == 1 ? "1 line" : "\(lines) lines"), \(text.count) bytes"
        var label = Array("[\(what)]".utf8)
        var number = 2
        while folded.contains(where: { $0.label == label }) || line.firstRange(of: label) != nil {
            label = Array("[\(what), #\(number)]".utf8)
            number += 1
        }
        folded.append((label, text))
        return label
    }

    /// The line as it was meant, with the texts in place of their labels.
    func unfold(_ line: [UInt8]) -> [UInt8] {
        // The pieces between labels, so that a label within a pasted text is not taken for one.
        var pieces = [(bytes: line, isTyped: true)]
        for (label, text) in folded {
            guard
                let index = pieces.firstIndex(where: { $0.isTyped && $0.bytes.firstRange(of: label) != nil }),
                let range = pieces[index].bytes.firstRange(of: label)
            else { continue }
            let typed = pieces[index].bytes
            pieces.replaceSubrange(
                index...index,
                with: [
                    (Array(typed[..<range.lowerBound]), true), (text, false), (Array(typed[range.upperBound...]), true),
                ])
        }
        return pieces.flatMap(\.bytes)
    }

    mutating func removeAll() { folded = [] }

    /// About: a byte is taken for a column.
    private static func rows(_ text: [UInt8], _ columns: Int) -> Int {
        text.split(separator: 0x0a, omittingEmptySubsequences: false)
            .reduce(0) { $0 + max(1, ($1.count + max(1, columns) - 1) / max(1, columns)) }
    }
}

extension Collection where Element == UInt8 {
    /// Where the other bytes first stand in these.
    fileprivate func firstRange(of other: [UInt8]) -> Range<Index>? {
        guard let first = other.first else { return nil }
        var begin = startIndex
        while let found = self[begin...].firstIndex(of: first) {
            if self[found...].starts(with: other) { return found..<index(found, offsetBy: other.count) }
            begin = index(after: found)
        }
        return nil
    }
}
