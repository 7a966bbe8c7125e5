import Testing

@testable import CLISupport

@Suite struct InertTextTests {
    /// The Unicode standard's ranges, independent of the library's tables.
    static let dangerous: [ClosedRange<UInt32>] = [
        0...0x1f, 0x7f...0x9f, 0xad...0xad, 0x600...0x605, 0x61c...0x61c, 0x6dd...0x6dd, 0x70f...0x70f,
        0x180e...0x180e, 0x200b...0x200f, 0x2028...0x202e, 0x2060...0x2064, 0x2066...0x206f, 0xfeff...0xfeff,
        0xfff9...0xfffb, 0xe0001...0xe0001, 0xe0020...0xe007f,
    ]

    @Test func `every control, format and separator character is shown and never sent`() {
        for value in Self.dangerous.joined() {
            guard let scalar = Unicode.Scalar(value) else { continue }
            let text = "a" + String(Character(scalar)) + "b"
            #expect(scalar.actsOnTerminal)
            let line = InertText.line(text)
            #expect(!line.unicodeScalars.contains(scalar), "U+\(String(value, radix: 16))")
            #expect(line.unicodeScalars.allSatisfy { !$0.actsOnTerminal })
            #expect(InertText.body(text).unicodeScalars.allSatisfy { $0 == "\n" || !$0.actsOnTerminal })
        }
    }

    @Test(arguments: [
        ("\u{1b}]52;c;ZXZpbA==\u{7}", "^[]52;c;ZXZpbA==^G"), ("\u{1b}]0;title\u{1b}\\", "^[]0;title^[\\"),
        ("\u{9b}2J", "<U+009B>2J"), ("abc\u{202e}def", "abc<U+202E>def"), ("a\u{200b}b", "a<U+200B>b"),
        ("a\tb\rc", "a^Ib^Mc"), ("\0\u{7f}", "^@^?"), ("a\nb", "a^Jb"), ("\u{e0041}", "<U+E0041>"),
        ("plain é 日本語 😀", "plain é 日本語 😀"), ("\u{1b}[31m", "^[[31m"), ("", ""),
    ])
    func `a sequence is shown on one line`(text: String, shown: String) {
        #expect(InertText.line(text) == shown)
    }

    @Test func `further lines of a body are indented`() {
        #expect(InertText.body("one\ntwo\r\nthree\n", indent: "  ") == "one\n  two^M\n  three\n  ")
    }

    @Test func `a line separator does not begin a line`() {
        #expect(InertText.body("a\u{2028}b\u{2029}c\u{85}d\u{b}e\u{c}") == "a<U+2028>b<U+2029>c<U+0085>d^Ke^L")
    }

    @Test func `letters and marks of any script pass unchanged`() {
        for value: UInt32 in 0...0x10ffff {
            guard let scalar = Unicode.Scalar(value) else { continue }
            switch scalar.properties.generalCategory {
            case .control, .format, .lineSeparator, .paragraphSeparator: #expect(scalar.actsOnTerminal)
            default: #expect(!scalar.actsOnTerminal)
            }
        }
    }
}
