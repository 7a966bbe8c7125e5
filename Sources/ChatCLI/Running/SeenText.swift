/// What a person would see at the end of what was written to a terminal: without control sequences, and without what
/// was overwritten or erased, as progress is. A plain value; a screen without edges, of which the last rows count.
struct SeenText {
    /// Where the next character goes.
    private struct Place {
        var row = 0
        var column = 0
    }
    private struct Screen {
        var rows: [[Cell]] = [[]]
        var place = Place()
    }
    /// A character with its marks; empty for the second half of a wide one, and for what a tab leaves behind it.
    private typealias Cell = String

    /// Columns that the cursor can be sent to: more than a terminal has. Text itself may go on beyond.
    private static let columns = 1000
    private static let blank: Cell = " "
    private static let tab: Cell = "\t"

    private var parser = ControlParser()
    private var screen = Screen()
    private var saved = Place()
    /// What stands below a full-screen program, and is shown again after it.
    private var covered: Screen?

    /// The last `count` lines that are seen, oldest first.
    static func lines(_ count: Int, of tail: [TailBuffer.Line]) -> [String] {
        var seen = SeenText()
        for (index, line) in tail.enumerated() {
            if index > 0 { seen.take("\n") }
            seen.take(line)
        }
        var lines = seen.screen.rows.map(Self.text)
        if lines.last?.isEmpty == true { lines.removeLast() }
        let last = lines.suffix(count)
        return last.allSatisfy(\.isEmpty) ? [] : Array(last)
    }

    private mutating func take(_ line: TailBuffer.Line) {
        // What is cut may begin within a character.
        let bytes = line.isCut ? line.bytes.drop { (0x80..<0xc0).contains($0) } : line.bytes[...]
        if line.isCut { write("…") }
        // A terminal skips NUL; here it shows that what was written is no text.
        for scalar in String(decoding: bytes, as: UTF8.self).unicodeScalars {
            take(scalar == "\0" ? "\u{fffd}" : scalar)
        }
    }

    private mutating func take(_ scalar: Unicode.Scalar) {
        switch parser.take(scalar) {
        case nil: break
        case .text(let scalar): write(scalar)
        case .control(let scalar): control(scalar)
        case .escape(let scalar): escape(scalar)
        case .sequence(let parameters, let final): sequence(parameters, final)
        }
    }

    // MARK: Text

    private mutating func write(_ scalar: Unicode.Scalar) {
        let (row, column) = (screen.place.row, screen.place.column)
        if CharacterWidth.isMark(scalar), column > 0, column <= screen.rows[row].count {
            screen.rows[row][column - 1].unicodeScalars.append(scalar)
            return
        }
        put(Cell(scalar))
        if CharacterWidth.isWide(scalar) { put("") }
    }

    private mutating func put(_ cell: Cell) {
        let (row, column) = (screen.place.row, screen.place.column)
        fill(to: column)
        if column < screen.rows[row].count {
            replace(column, with: cell)
        } else {
            screen.rows[row].append(cell)
        }
        screen.place.column += 1
    }

    private mutating func replace(_ column: Int, with cell: Cell) {
        let row = screen.place.row
        if screen.rows[row][column].isEmpty || screen.rows[row][column] == Self.tab { expandTabs(row) }
        screen.rows[row][column] = cell
    }

    /// Tabs become the blanks that they are seen as, since something is written over one.
    private mutating func expandTabs(_ row: Int) {
        var isTab = false
        for column in screen.rows[row].indices {
            let cell = screen.rows[row][column]
            isTab = cell == Self.tab || (isTab && cell.isEmpty)
            if isTab { screen.rows[row][column] = Self.blank }
        }
    }

    private mutating func fill(to column: Int) {
        let missing = column - screen.rows[screen.place.row].count
        if missing > 0 { screen.rows[screen.place.row] += Array(repeating: Self.blank, count: missing) }
    }

    private static func text(_ row: [Cell]) -> String {
        // Blanks at the end are not seen.
        let end = row.lastIndex { $0 != blank && $0 != tab && !$0.isEmpty }.map { $0 + 1 } ?? 0
        return row[..<end].joined()
    }

    // MARK: Control

    private mutating func control(_ scalar: Unicode.Scalar) {
        switch scalar {
        case "\n", "\u{b}", "\u{c}":
            screen.place = Place(row: screen.place.row + 1)
            if screen.place.row == screen.rows.count { screen.rows.append([]) }
        case "\r": screen.place.column = 0
        case "\u{8}": screen.place.column = max(0, screen.place.column - 1)
        case "\t": tabulate()
        default: break
        }
    }

    /// At the end of a row the character itself is kept, so that what nobody has overwritten stays as it was written.
    private mutating func tabulate() {
        let column = screen.place.column
        let next = (column / 8 + 1) * 8
        if column >= screen.rows[screen.place.row].count {
            put(Self.tab)
            while screen.place.column < next { put("") }
        }
        screen.place.column = next
    }

    private mutating func escape(_ scalar: Unicode.Scalar) {
        switch scalar {
        case "7": saved = screen.place
        case "8": restorePlace()
        case "M": move(rows: -1)
        case "c": screen = Screen()
        default: break
        }
    }

    private mutating func sequence(_ parameters: String, _ final: Unicode.Scalar) {
        let numbers = parameters.split(separator: ";", omittingEmptySubsequences: false).map { Int($0) ?? 0 }
        let first = min(numbers.first ?? 0, Self.columns)
        let count = max(1, first)
        switch final {
        case "A", "F": move(rows: -count)
        case "B", "E": move(rows: count)
        case "C": screen.place.column = min(screen.place.column + count, max(screen.place.column, Self.columns))
        case "D": screen.place.column = max(0, screen.place.column - count)
        case "G", "`": screen.place.column = count - 1
        case "K": eraseInRow(first)
        case "J": eraseInScreen(first)
        case "P": delete(count)
        case "X": for column in 0..<count { blank(screen.place.column + column) }
        case "s" where parameters.isEmpty: saved = screen.place
        case "u" where parameters.isEmpty: restorePlace()
        case "h" where ["?47", "?1047", "?1049"].contains(parameters): cover()
        case "l" where ["?47", "?1047", "?1049"].contains(parameters): uncover()
        default: break
        }
        if final == "E" || final == "F" { screen.place.column = 0 }
    }

    private mutating func move(rows: Int) {
        screen.place.row = min(max(0, screen.place.row + rows), screen.rows.count - 1)
    }

    private mutating func restorePlace() {
        screen.place = saved
        move(rows: 0)
    }

    private mutating func cover() {
        guard covered == nil else { return }
        covered = screen
        screen = Screen()
    }

    private mutating func uncover() {
        guard let below = covered else { return }
        screen = below
        covered = nil
    }

    // MARK: Erasing

    private mutating func eraseInRow(_ part: Int) {
        let (row, column) = (screen.place.row, screen.place.column)
        switch part {
        case 0: screen.rows[row].removeLast(max(0, screen.rows[row].count - column))
        case 1: for index in 0...column { blank(index) }
        default: screen.rows[row] = []
        }
    }

    private mutating func eraseInScreen(_ part: Int) {
        guard part == 0 else {
            if part != 1 { screen = Screen() }
            return
        }
        eraseInRow(0)
        screen.rows.removeLast(screen.rows.count - screen.place.row - 1)
    }

    private mutating func delete(_ count: Int) {
        let (row, column) = (screen.place.row, screen.place.column)
        guard column < screen.rows[row].count else { return }
        screen.rows[row].removeSubrange(column..<min(column + count, screen.rows[row].count))
    }

    private mutating func blank(_ column: Int) {
        if column < screen.rows[screen.place.row].count { replace(column, with: Self.blank) }
    }
}
