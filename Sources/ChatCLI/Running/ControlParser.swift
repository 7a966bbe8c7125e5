/// Tells text from what controls a terminal (ECMA-48): a plain value, fed a character at a time.
struct ControlParser {
    enum Event: Equatable {
        case text(Unicode.Scalar)
        /// One of C0: newline, carriage return and the like.
        case control(Unicode.Scalar)
        /// ESC and one character.
        case escape(Unicode.Scalar)
        /// ESC `[`, what stands between, and its last character.
        case sequence(parameters: String, final: Unicode.Scalar)
    }

    private enum State {
        case text, escape, intermediate, sequence
        /// A title or the like, to its end.
        case string
    }

    /// Characters of parameters that are kept: no sequence that is followed here has more.
    private static let limit = 32

    private var state = State.text
    private var parameters = ""

    /// Nil for what is part of something longer, or has no meaning.
    mutating func take(_ scalar: Unicode.Scalar) -> Event? {
        switch scalar.value {
        case 0x1b:
            state = .escape
            return nil
        case 0x9b:
            beginSequence()
            return nil
        case 0x90, 0x98, 0x9d...0x9f:
            state = .string
            return nil
        case 0x18, 0x1a:
            state = .text
            return nil
        case 0x01...0x1f where state == .string && scalar != "\n":
            if scalar == "\u{7}" { state = .text }
            return nil
        case 0x01...0x1f:
            // A string that has no end must not hide the lines that follow.
            if state == .string { state = .text }
            return .control(scalar)
        case 0x7f...0x9f:
            if scalar.value == 0x9c { state = .text }
            return nil
        default: return takePrintable(scalar)
        }
    }

    private mutating func takePrintable(_ scalar: Unicode.Scalar) -> Event? {
        switch state {
        case .text: return .text(scalar)
        case .string: return nil
        case .escape: return takeAfterEscape(scalar)
        case .intermediate:
            if !(0x20...0x2f).contains(scalar.value) { state = .text }
            return nil
        case .sequence:
            switch scalar.value {
            case 0x20...0x3f:
                if parameters.utf8.count < Self.limit { parameters.unicodeScalars.append(scalar) }
                return nil
            case 0x40...0x7e:
                state = .text
                return .sequence(parameters: parameters, final: scalar)
            default:
                state = .text
                return .text(scalar)
            }
        }
    }

    private mutating func takeAfterEscape(_ scalar: Unicode.Scalar) -> Event? {
        state = .text
        switch scalar {
        case "[": beginSequence()
        case "]", "P", "X", "^", "_": state = .string
        case " "..."/": state = .intermediate
        // The end of a string.
        case "\\": break
        default: return .escape(scalar)
        }
        return nil
    }

    private mutating func beginSequence() {
        state = .sequence
        parameters = ""
    }
}
