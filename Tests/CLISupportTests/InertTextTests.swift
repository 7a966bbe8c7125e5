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

    @Test(arguments: [
        "👩\u{200d}👩\u{200d}👧", "❤\u{fe0f}\u{200d}🔥", "🏴\u{200d}☠\u{fe0f}", "👩🏽\u{200d}🚀",
        "می\u{200c}خواهم", "क्\u{200d}ष", "क्\u{200c}ष", "ශ්\u{200d}රී", "ന്\u{200d} അവന്\u{200d}",
    ])
    func `a joiner between letters or emoji that need it passes`(text: String) {
        #expect(InertText.line(text) == text)
        #expect(InertText.body(text) == text)
    }

    @Test(arguments: [
        ("a\u{200d}b", "a<U+200D>b"), ("pay\u{200c}pal", "pay<U+200C>pal"), ("\u{200d}👩", "<U+200D>👩"),
        ("👩\u{200d}", "👩<U+200D>"), ("👩\u{200d}\u{200d}👩", "👩<U+200D><U+200D>👩"),
        ("👩\u{200d}a", "👩<U+200D>a"), ("1\u{200d}2", "1<U+200D>2"), ("می\u{200c}", "می<U+200C>"),
        ("می\u{200c} خ", "می<U+200C> خ"), ("می\u{200c}x", "می<U+200C>x"), ("ب\u{200f}ب", "ب<U+200F>ب"),
        ("ب\u{202e}ب", "ب<U+202E>ب"), ("ب\u{200b}ب", "ب<U+200B>ب"), ("👩\u{200c}👩", "👩<U+200C>👩"),
        ("a\u{fe0f}\u{200d}👩", "a\u{fe0f}<U+200D>👩"),
    ])
    func `any other joiner, and every other format character, is shown`(text: String, shown: String) {
        #expect(InertText.line(text).unicodeScalars.elementsEqual(shown.unicodeScalars), "\(InertText.line(text))")
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
