/// Rows under one another, for people: columns as wide as their widest cell, two spaces apart.
package struct TextTable: Sendable {
    private var rows: [[String]] = []

    /// - Parameter header: the first row; none where it is nil.
    package init(header: [String]? = nil) {
        if let header { rows.append(header) }
    }

    /// Adds a row. Cells are made inert here, so that no caller can forget it.
    package mutating func add(_ cells: [String]) {
        rows.append(cells.map(InertText.line))
    }

    package var isEmpty: Bool { rows.isEmpty }

    /// The lines, without newlines and without spaces at their ends.
    package var lines: [String] {
        var widths: [Int] = []
        for row in rows {
            for (index, cell) in row.enumerated() {
                let width = DisplayWidth.of(cell)
                if index < widths.count { widths[index] = max(widths[index], width) } else { widths.append(width) }
            }
        }
        return rows.map { Self.line($0, widths: widths) }
    }

    private static func line(_ row: [String], widths: [Int]) -> String {
        var line = ""
        for (index, cell) in row.enumerated() {
            line += cell
            guard index + 1 < row.count else { break }
            line += String(repeating: " ", count: widths[index] - DisplayWidth.of(cell) + 2)
        }
        while line.utf8.last == 0x20 { line.removeLast() }
        return line
    }
}

/// How many columns of a terminal a text takes.
package enum DisplayWidth {
    package static func of(_ text: String) -> Int {
        text.unicodeScalars.reduce(0) { $0 + width($1) }
    }

    private static func width(_ scalar: Unicode.Scalar) -> Int {
        if scalar.isASCII { return 1 }
        switch scalar.properties.generalCategory {
        case .nonspacingMark, .enclosingMark, .format, .control: return 0
        default: return isWide(scalar.value) ? 2 : 1
        }
    }

    /// The blocks of UAX #11 that are wide throughout, and the emoji of the supplementary planes.
    private static func isWide(_ value: UInt32) -> Bool {
        switch value {
        case 0x1100...0x115f, 0x2e80...0x303e, 0x3041...0x33ff, 0x3400...0x4dbf, 0x4e00...0x9fff, 0xa000...0xa4cf,
            0xa960...0xa97f, 0xac00...0xd7a3, 0xf900...0xfaff, 0xfe30...0xfe6f, 0xff00...0xff60, 0xffe0...0xffe6,
            0x1f300...0x1f64f, 0x1f680...0x1f6ff, 0x1f900...0x1f9ff, 0x20000...0x3fffd:
            true
        default: false
        }
    }
}
