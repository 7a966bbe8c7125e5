import Testing

@testable import CLISupport

@Suite struct JSONTests {
    @Test(arguments: [
        ("null", JSONValue.null), (" true ", .bool(true)), ("false\n", .bool(false)), ("0", .integer(0)),
        ("-17", .integer(-17)), ("9223372036854775807", .integer(.max)),
        ("9223372036854775808", .number("9223372036854775808")), ("1.50", .number("1.50")),
        ("-0", .number("-0")), ("1E+2", .number("1E+2")), (#""a\/b""#, .string("a/b")),
        (#""\ud83d\ude00\u00e9""#, .string("😀é")), (#""\u0000""#, .string("\0")),
        ("[]", .array([])), ("[1,[2]]", .array([.integer(1), .array([.integer(2)])])),
    ])
    func `a value is read exactly`(text: String, value: JSONValue) throws {
        #expect(try JSONValue(parsing: text) == value)
    }

    @Test(arguments: [
        ("", JSONError.Reason.unexpectedEnd, 0), ("{", .unexpectedEnd, 1), ("[1,", .unexpectedEnd, 3),
        ("\"ab", .unexpectedEnd, 3), ("tru", .unexpectedEnd, 3), ("nul1", .unexpectedByte, 3),
        ("[1,]", .unexpectedByte, 3), ("{\"a\":1,}", .unexpectedByte, 7), ("{a:1}", .unexpectedByte, 1),
        ("'a'", .unexpectedByte, 0), ("[1 2]", .unexpectedByte, 3), ("NaN", .unexpectedByte, 0),
        ("1 2", .trailingBytes, 2), ("{}x", .trailingBytes, 2), ("\u{feff}{}", .unexpectedByte, 0),
        (#"{"a":1,"b":2,"a":3}"#, .duplicateKey, 13), (#"{"a":1,"\u0061":2}"#, .duplicateKey, 7),
        (#""\ud800""#, .loneSurrogate, 1), (#""\udc00""#, .loneSurrogate, 1),
        (#""\ud800\ud800""#, .loneSurrogate, 1), (#""x\ud800x""#, .loneSurrogate, 2),
        ("01", .badNumber, 0), ("-", .badNumber, 0), ("1.", .badNumber, 0), ("1e", .badNumber, 0),
        ("+1", .unexpectedByte, 0), (".5", .unexpectedByte, 0), (#""\x""#, .badEscape, 1),
        (#""\u12g4""#, .badEscape, 1), ("\"a\nb\"", .controlCharacter, 2), ("\"\t\"", .controlCharacter, 1),
    ])
    func `what is not strict JSON is refused at its place`(text: String, reason: JSONError.Reason, offset: Int) {
        #expect(throws: JSONError(reason: reason, offset: offset)) { try JSONValue(parsing: text) }
    }

    @Test func `keys that differ only in normalisation are one key to Swift and are refused`() {
        #expect(throws: JSONError.self) { try JSONValue(parsing: "{\"\u{e9}\":1,\"e\u{301}\":2}") }
    }

    @Test func `nesting of 64 is taken and 65 is refused`() throws {
        let deep = { (count: Int) in String(repeating: "[", count: count) + String(repeating: "]", count: count) }
        #expect(throws: Never.self) { try JSONValue(parsing: deep(64)) }
        #expect(throws: JSONError(reason: .tooDeep, offset: 64)) { try JSONValue(parsing: deep(65)) }
        #expect(throws: JSONError.self) { try JSONValue(parsing: String(repeating: "[", count: 1_000_000)) }
    }

    @Test(arguments: [
        [0x22, 0xff, 0x22], [0x22, 0xc3, 0x22], [0x22, 0xed, 0xa0, 0x80, 0x22], [0x22, 0xc0, 0x80, 0x22],
    ])
    func `a string that is not UTF-8 is refused`(bytes: [UInt8]) {
        #expect(throws: JSONError.self) { try JSONValue(parsing: bytes) }
    }

    @Test func `every truncation of a document is refused`() throws {
        let text = Array(#"{"to":"bob","body":"h\u00e9\n\"x\"","n":[1,2.5e3,true,null,{"deep":{}}]}"#.utf8)
        #expect(throws: Never.self) { try JSONValue(parsing: text) }
        for count in 0..<text.count {
            #expect(throws: JSONError.self, "\(count) bytes") { try JSONValue(parsing: Array(text.prefix(count))) }
        }
    }

    @Test func `members keep their order and nil takes one away`() {
        var object = JSONObject(head: "ack")
        object["id"] = .string("1")
        object["conv"] = nil
        object["seq"] = .integer(2)
        object["id"] = .string("3")
        #expect(object.text == #"{"v":1,"head":"ack","id":"3","seq":2}"#)
    }

    @Test func `no character that acts on a terminal is written, and every text comes back exact`() throws {
        for value: UInt32 in 0...0x10ffff {
            guard let scalar = Unicode.Scalar(value), scalar.actsOnTerminal || value < 0x3000 else { continue }
            let text = "a" + String(Character(scalar)) + "b"
            let written = JSONValue.string(text).text
            #expect(!written.unicodeScalars.contains { $0.actsOnTerminal }, "U+\(String(value, radix: 16))")
            let read = try JSONValue(parsing: written).string
            #expect(read.map { Array($0.unicodeScalars) } == Array(text.unicodeScalars))
        }
    }

    @Test func `escapes are those that every reader knows`() {
        #expect(
            JSONValue.string("\"\\\n\r\t\u{1b}\u{7f}\u{9b}\u{202e}\u{2028}").text
                == #""\"\\\n\r\t\u001b\u007f\u009b\u202e\u2028""#)
        #expect(JSONValue.string("\u{e0041}").text == #""\udb40\udc41""#)
        #expect(JSONValue.string("é😀/").text == "\"é😀/\"")
    }
}
