/// Why a text is not taken as JSON, and at which byte.
package struct JSONError: Error, Equatable, Sendable {
    package enum Reason: String, Sendable {
        case unexpectedEnd = "the text ends too early"
        case unexpectedByte = "a character that JSON does not have here"
        case trailingBytes = "more text behind the value"
        case duplicateKey = "a key that stands twice in its object"
        case loneSurrogate = "half of a surrogate pair"
        case tooDeep = "nesting over 64"
        case notUTF8 = "bytes that are not UTF-8"
        case badNumber = "a number that JSON does not have"
        case badEscape = "an escape that JSON does not have"
        case controlCharacter = "a control character that is not escaped"
    }

    package var reason: Reason
    /// Offset of the byte, from 0.
    package var offset: Int

    /// For people, who count from 1.
    package var text: String { "\(reason.rawValue), at byte \(offset + 1)" }
}

extension JSONValue {
    /// Arrays and objects that may lie in one another.
    package static let maximumDepth = 64

    /// Reads one value, which must be the whole text. Stricter than RFC 8259 asks: a key that stands twice, half a
    /// surrogate pair and nesting over 64 are refused, because readers differ about what they mean.
    package init(parsing text: [UInt8]) throws(JSONError) {
        var parser = JSONParser(bytes: text)
        self = try parser.parseDocument()
    }

    package init(parsing text: String) throws(JSONError) {
        try self.init(parsing: Array(text.utf8))
    }
}

private struct JSONParser {
    let bytes: [UInt8]
    var position = 0

    init(bytes: [UInt8]) { self.bytes = bytes }

    mutating func parseDocument() throws(JSONError) -> JSONValue {
        let value = try parseValue(depth: 0)
        skipSpace()
        guard position == bytes.count else { throw failure(.trailingBytes) }
        return value
    }

    private func failure(_ reason: JSONError.Reason, at offset: Int? = nil) -> JSONError {
        JSONError(reason: reason, offset: offset ?? position)
    }

    private mutating func skipSpace() {
        while position < bytes.count, [0x20, 0x09, 0x0a, 0x0d].contains(bytes[position]) { position += 1 }
    }

    private func peek() throws(JSONError) -> UInt8 {
        guard position < bytes.count else { throw failure(.unexpectedEnd) }
        return bytes[position]
    }

    private mutating func expect(_ byte: UInt8) throws(JSONError) {
        guard try peek() == byte else { throw failure(.unexpectedByte) }
        position += 1
    }

    private mutating func parseValue(depth: Int) throws(JSONError) -> JSONValue {
        skipSpace()
        switch try peek() {
        case UInt8(ascii: "{"): return .object(try parseObject(depth: depth + 1))
        case UInt8(ascii: "["): return .array(try parseArray(depth: depth + 1))
        case UInt8(ascii: "\""): return .string(try parseString())
        case UInt8(ascii: "t"): return try parseWord("true", .bool(true))
        case UInt8(ascii: "f"): return try parseWord("false", .bool(false))
        case UInt8(ascii: "n"): return try parseWord("null", .null)
        case UInt8(ascii: "-"), 0x30...0x39: return try parseNumber()
        default: throw failure(.unexpectedByte)
        }
    }

    private mutating func parseWord(_ word: StaticString, _ value: JSONValue) throws(JSONError) -> JSONValue {
        for byte in word.description.utf8 { try expect(byte) }
        return value
    }

    private mutating func parseObject(depth: Int) throws(JSONError) -> JSONObject {
        guard depth <= JSONValue.maximumDepth else { throw failure(.tooDeep) }
        position += 1
        var object = JSONObject()
        var keys: Set<String> = []
        skipSpace()
        if try peek() == UInt8(ascii: "}") {
            position += 1
            return object
        }
        while true {
            skipSpace()
            let start = position
            guard try peek() == UInt8(ascii: "\"") else { throw failure(.unexpectedByte) }
            let key = try parseString()
            guard keys.insert(key).inserted else { throw failure(.duplicateKey, at: start) }
            skipSpace()
            try expect(UInt8(ascii: ":"))
            object.append(key, try parseValue(depth: depth))
            if try parseSeparator(end: UInt8(ascii: "}")) { return object }
        }
    }

    private mutating func parseArray(depth: Int) throws(JSONError) -> [JSONValue] {
        guard depth <= JSONValue.maximumDepth else { throw failure(.tooDeep) }
        position += 1
        var values: [JSONValue] = []
        skipSpace()
        if try peek() == UInt8(ascii: "]") {
            position += 1
            return values
        }
        while true {
            values.append(try parseValue(depth: depth))
            if try parseSeparator(end: UInt8(ascii: "]")) { return values }
        }
    }

    /// True at the closing bracket, false at a comma.
    private mutating func parseSeparator(end: UInt8) throws(JSONError) -> Bool {
        skipSpace()
        let byte = try peek()
        guard byte == end || byte == UInt8(ascii: ",") else { throw failure(.unexpectedByte) }
        position += 1
        return byte == end
    }

    // MARK: numbers

    /// RFC 8259 §6: `-? (0 | [1-9][0-9]*) (. [0-9]+)? ([eE] [+-]? [0-9]+)?`
    private mutating func parseNumber() throws(JSONError) -> JSONValue {
        let start = position
        if bytes[position] == UInt8(ascii: "-") { position += 1 }
        let leading = position
        let digits = skipDigits()
        guard digits > 0, digits == 1 || bytes[leading] != UInt8(ascii: "0") else {
            throw failure(.badNumber, at: start)
        }
        var isInteger = true
        if position < bytes.count, bytes[position] == UInt8(ascii: ".") {
            isInteger = false
            position += 1
            guard skipDigits() > 0 else { throw failure(.badNumber, at: start) }
        }
        if position < bytes.count, bytes[position] | 0x20 == UInt8(ascii: "e") {
            isInteger = false
            position += 1
            if position < bytes.count, [UInt8(ascii: "+"), UInt8(ascii: "-")].contains(bytes[position]) {
                position += 1
            }
            guard skipDigits() > 0 else { throw failure(.badNumber, at: start) }
        }
        let text = String(decoding: bytes[start..<position], as: UTF8.self)
        if isInteger, let value = Int64(text), text != "-0" { return .integer(value) }
        return .number(text)
    }

    private mutating func skipDigits() -> Int {
        let start = position
        while position < bytes.count, (0x30...0x39).contains(bytes[position]) { position += 1 }
        return position - start
    }

    // MARK: strings

    private mutating func parseString() throws(JSONError) -> String {
        position += 1
        var text: [UInt8] = []
        var runStart = position
        while true {
            let byte = try peek()
            switch byte {
            case UInt8(ascii: "\""):
                text += bytes[runStart..<position]
                let end = position
                position += 1
                guard let string = String(validating: text, as: UTF8.self) else {
                    throw failure(.notUTF8, at: end)
                }
                return string
            case UInt8(ascii: "\\"):
                text += bytes[runStart..<position]
                text += UTF8.encode(try parseEscape()) ?? .init()
                runStart = position
            case 0..<0x20: throw failure(.controlCharacter)
            default: position += 1
            }
        }
    }

    private mutating func parseEscape() throws(JSONError) -> Unicode.Scalar {
        let start = position
        position += 1
        let byte = try peek()
        position += 1
        switch byte {
        case UInt8(ascii: "\""): return "\""
        case UInt8(ascii: "\\"): return "\\"
        case UInt8(ascii: "/"): return "/"
        case UInt8(ascii: "b"): return "\u{8}"
        case UInt8(ascii: "f"): return "\u{c}"
        case UInt8(ascii: "n"): return "\n"
        case UInt8(ascii: "r"): return "\r"
        case UInt8(ascii: "t"): return "\t"
        case UInt8(ascii: "u"): return try parseUnicodeEscape(start: start)
        default: throw failure(.badEscape, at: start)
        }
    }

    private mutating func parseUnicodeEscape(start: Int) throws(JSONError) -> Unicode.Scalar {
        let unit = try parseHex(start: start)
        guard UTF16.isLeadSurrogate(unit) else {
            guard let scalar = Unicode.Scalar(unit) else { throw failure(.loneSurrogate, at: start) }
            return scalar
        }
        guard position + 1 < bytes.count, bytes[position] == UInt8(ascii: "\\"),
            bytes[position + 1] == UInt8(ascii: "u")
        else { throw failure(.loneSurrogate, at: start) }
        position += 2
        let trail = try parseHex(start: start)
        guard UTF16.isTrailSurrogate(trail),
            let scalar = Unicode.Scalar(0x10000 + (UInt32(unit) - 0xd800) << 10 + (UInt32(trail) - 0xdc00))
        else { throw failure(.loneSurrogate, at: start) }
        return scalar
    }

    private mutating func parseHex(start: Int) throws(JSONError) -> UInt16 {
        var value: UInt16 = 0
        for _ in 0..<4 {
            guard let digit = Character(Unicode.Scalar(try peek())).hexDigitValue else {
                throw failure(.badEscape, at: start)
            }
            value = value << 4 | UInt16(digit)
            position += 1
        }
        return value
    }
}
