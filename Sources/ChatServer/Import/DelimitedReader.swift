/// Cuts a stream of bytes into records: comma-separated as in RFC 4180, or tab-separated with the escapes that
/// `mysql --batch` writes. Strict, and bounded whatever comes: what is too long is dropped and said to be.
///
/// A record is a line, also in quotes, where the RFC would let one go on: no name and no hash has a line break, and a
/// quote that somebody forgot costs its own line and none of those behind it.
struct DelimitedReader {
    enum Dialect: Sendable {
        case comma
        case tab
    }

    enum Fault: String, Equatable, Sendable {
        case tooLong = "longer than 64 KiB"
        case strayQuote = "a quote inside a field that is not quoted"
        case afterQuote = "text behind the closing quote"
        case openQuote = "a quote that is not closed in its line"
        case badEscape = "a backslash that escapes nothing"
    }

    struct Field: Equatable, Sendable {
        var bytes: [UInt8] = []
        var fault: Fault?
        /// Written `\N` or `NULL` in the tab dialect.
        var isNull = false
    }

    struct Record: Equatable, Sendable {
        /// Where it begins, from 1.
        var line: Int
        var fields: [Field]
    }

    /// Bytes of a field: far more than a name or a hash can have.
    static let fieldLimit = 64 << 10
    /// Fields of a record that are kept; one more is enough to know that there are too many.
    static let fieldCount = 16

    private enum State {
        case start, plain, quoted, quoteInQuoted, escape
        /// A record that went wrong is skipped to the end of its line.
        case skipping
    }

    private let dialect: Dialect
    private var state = State.start
    private var line = 1
    private var record = Record(line: 1, fields: [])
    private var field = Field()
    private var endedWithReturn = false

    /// - Parameter line: the number of the first line.
    init(dialect: Dialect, line: Int = 1) {
        self.dialect = dialect
        self.line = line
        record.line = line
    }

    private var separator: UInt8 { dialect == .comma ? 0x2c : 0x09 }
    private static let newline: UInt8 = 0x0a
    private static let carriageReturn: UInt8 = 0x0d
    private static let quote: UInt8 = 0x22
    private static let backslash: UInt8 = 0x5c

    /// The records that `bytes` completes.
    mutating func append(_ bytes: some Sequence<UInt8>) -> [Record] {
        var records: [Record] = []
        for byte in bytes {
            if let complete = take(byte) { records.append(complete) }
            if byte == Self.newline { line += 1 }
        }
        return records
    }

    /// The last record, where it did not end with a newline.
    mutating func finish() -> Record? {
        if state == .quoted { fail(.openQuote) }
        if state == .escape { fail(.badEscape) }
        guard !(record.fields.isEmpty && state == .start && field == Field()) else { return nil }
        return endRecord()
    }

    private mutating func take(_ byte: UInt8) -> Record? {
        switch state {
        case .skipping: return byte == Self.newline ? endRecord() : nil
        case .quoted:
            switch byte {
            case Self.quote: state = .quoteInQuoted
            case Self.newline:
                fail(.openQuote)
                return endRecord()
            default: keep(byte)
            }
            return nil
        case .quoteInQuoted:
            if byte == Self.quote {
                keep(byte)
                state = .quoted
                return nil
            }
            if byte == Self.carriageReturn || byte == separator || byte == Self.newline { return takePlain(byte) }
            fail(.afterQuote)
            return nil
        case .escape:
            takeEscaped(byte)
            return nil
        case .start where dialect == .comma && byte == Self.quote:
            state = .quoted
            return nil
        case .start, .plain: return takePlain(byte)
        }
    }

    private mutating func takePlain(_ byte: UInt8) -> Record? {
        if endedWithReturn && byte != Self.newline {
            keep(Self.carriageReturn)
            endedWithReturn = false
        }
        switch byte {
        case separator: endField()
        case Self.newline: return endRecord()
        case Self.carriageReturn: endedWithReturn = true
        case Self.quote where dialect == .comma: fail(.strayQuote)
        case Self.backslash where dialect == .tab: state = .escape
        default:
            keep(byte)
            state = .plain
        }
        return nil
    }

    private mutating func takeEscaped(_ byte: UInt8) {
        state = .plain
        switch byte {
        case UInt8(ascii: "t"): keep(0x09)
        case UInt8(ascii: "n"): keep(Self.newline)
        case UInt8(ascii: "r"): keep(Self.carriageReturn)
        case UInt8(ascii: "0"): keep(0)
        case Self.backslash: keep(byte)
        case UInt8(ascii: "N") where field.bytes.isEmpty: field.isNull = true
        default: fail(.badEscape)
        }
    }

    private mutating func keep(_ byte: UInt8) {
        guard field.bytes.count < Self.fieldLimit else {
            field.fault = field.fault ?? .tooLong
            return
        }
        field.bytes.append(byte)
    }

    private mutating func fail(_ fault: Fault) {
        field.fault = field.fault ?? fault
        state = .skipping
    }

    private mutating func endField() {
        if dialect == .tab && field.bytes == Array("NULL".utf8) { field.isNull = true }
        if record.fields.count <= Self.fieldCount { record.fields.append(field) }
        field = Field()
        endedWithReturn = false
        state = .start
    }

    private mutating func endRecord() -> Record {
        endField()
        defer { record = Record(line: line + 1, fields: []) }
        return record
    }
}
