import CLISupport
import ChatClient
import ChatProtocol

/// The text between the marks that a terminal puts around what is pasted: ESC [ 200 ~ and ESC [ 201 ~ (xterm,
/// "Bracketed Paste Mode"). It takes whatever comes, in bounded memory, until the second mark.
struct BracketedPaste: Sendable {
    static let beginMark = "\u{1b}[200~"
    static let endMark = Array("\u{1b}[201~".utf8)

    enum Outcome: Equatable, Sendable {
        case text([UInt8])
        /// So many bytes, more than there may be; none was kept.
        case tooLong(Int)
        /// A line of readline's is a C string.
        case holdsNUL

        /// Why it was not taken.
        var problem: Problem? {
            switch self {
            case .text: nil
            case .tooLong(let size):
                Problem(
                    .messageTooLong,
                    "what was pasted has \(size) bytes; the limit is \(Limits.text) (\(MessageText.limitInWords)); it was not taken",
                    hint: "send a file with 'chat send', in parts", sent: .no)
            case .holdsNUL: Problem(.nulByte, "what was pasted holds a NUL byte; only text can be sent", sent: .no)
            }
        }
    }

    /// Bytes that may be kept.
    let limit: Int
    private var kept: [UInt8] = []
    private var size = 0
    private var isHoldingNUL = false
    /// Bytes of the end mark that have been seen.
    private var matched = 0

    init(limit: Int) { self.limit = limit }

    /// Takes bytes up to the end mark, and takes them away. True: the mark was there, and `outcome` holds.
    mutating func take(_ input: inout ArraySlice<UInt8>) -> Bool {
        while let byte = input.popFirst() {
            if byte == Self.endMark[matched] {
                matched += 1
                if matched == Self.endMark.count { return true }
                continue
            }
            // ESC stands nowhere in the mark but at its beginning, so what matched so far is text.
            for index in 0..<matched { keep(Self.endMark[index]) }
            matched = 0
            if byte == Self.endMark[0] { matched = 1 } else { keep(byte) }
        }
        return false
    }

    /// The text with newlines as newlines, less a final one: a terminal sends CR for each.
    var outcome: Outcome {
        if size > limit { return .tooLong(size) }
        if isHoldingNUL { return .holdsNUL }
        var text: [UInt8] = []
        text.reserveCapacity(kept.count)
        for (index, byte) in kept.enumerated() {
            if byte == 0x0a, index > 0, kept[index - 1] == 0x0d { continue }
            text.append(byte == 0x0d ? 0x0a : byte)
        }
        if text.last == 0x0a { text.removeLast() }
        return .text(text)
    }

    private mutating func keep(_ byte: UInt8) {
        size += 1
        if byte == 0 { isHoldingNUL = true }
        if size <= limit {
            kept.append(byte)
        } else {
            kept = []
        }
    }
}
