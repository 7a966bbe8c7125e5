import Testing
import WireCodec

@Suite struct LineSplitterTests {
    private let text = Array("a\n\nbc\r\n0123456789\nlast".utf8)

    private func lines(_ pieces: [[UInt8]]) -> [LineSplitter.Line] {
        var splitter = LineSplitter(limit: 9)
        var lines = pieces.flatMap { splitter.take($0) }
        if let last = splitter.finish() { lines.append(last) }
        return lines
    }

    @Test func `lines are the same however the bytes come`() {
        let wanted: [LineSplitter.Line] = [
            .bytes([0x61]), .bytes([]), .bytes(Array("bc\r".utf8)), .tooLong, .bytes(Array("last".utf8)),
        ]
        #expect(lines([text]) == wanted)
        #expect(lines(text.map { [$0] }) == wanted)
        for cut in 0...text.count { #expect(lines([Array(text[..<cut]), Array(text[cut...])]) == wanted) }
    }

    @Test func `the last line counts without its newline, and an empty rest is none`() {
        #expect(lines([Array("a\n".utf8)]).count == 1)
        #expect(lines([Array("a".utf8)]).count == 1)
        #expect(lines([]).isEmpty)
        #expect(lines([Array("\n".utf8)]) == [.bytes([])])
    }

    @Test func `a line of exactly the limit is taken and one byte more is not`() {
        #expect(lines([Array("123456789\n".utf8)])[0] == .bytes(Array("123456789".utf8)))
        #expect(lines([Array("1234567890".utf8)])[0] == .tooLong)
    }

    @Test func `a line that is too long already is known before it ends, and nothing of it is kept`() {
        var splitter = LineSplitter(limit: 9)
        #expect(splitter.take(Array("a\n1234567890".utf8)) == [.bytes([0x61])])
        #expect(splitter.isTooLong && splitter.remainder.isEmpty)
        #expect(splitter.take(Array("1\nb".utf8)) == [.tooLong])
        #expect(!splitter.isTooLong && splitter.remainder == [0x62])
    }
}
