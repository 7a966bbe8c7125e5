import CLISupport
import Foundation
import TestSupport
import Testing

@testable import ChatCLI

@Suite struct REPLTypingTests {
    // MARK: pasting

    private static let mark = "\u{1b}[201~"

    private func paste(_ text: String, limit: Int = 100, chunk: Int = .max) -> (BracketedPaste.Outcome, rest: [UInt8])?
    {
        var paste = BracketedPaste(limit: limit)
        let bytes = Array(text.utf8)
        var queue: ArraySlice<UInt8> = []
        var next = 0
        while next < bytes.count {
            let end = chunk == .max ? bytes.count : min(bytes.count, next + chunk)
            queue += bytes[next..<end]
            next = end
            if paste.take(&queue) {
                var rest: [UInt8] = []
                while let byte = queue.popFirst() { rest.append(byte) }
                return (paste.outcome, rest + bytes[next...])
            }
        }
        return nil
    }

    @Test(arguments: [
        ("", ""), ("a", "a"), ("a\rb\r", "a\nb"), ("a\r\nb", "a\nb"), ("a\n\n", "a\n"), ("\t x", "\t x"),
        ("\u{1b}[31mred", "\u{1b}[31mred"), ("\u{1b}[20\u{1b}[201", "\u{1b}[20\u{1b}[201"), ("日本\r語", "日本\n語"),
        ("\u{1b}\u{1b}", "\u{1b}\u{1b}"), ("\r\r", "\n"),
    ]) func `a paste is its text whatever pieces it comes in`(pasted: String, expected: String) {
        for chunk in [1, 2, 3, Int.max] {
            let found = paste(pasted + Self.mark + "\r", chunk: chunk)
            #expect(found?.0 == .text(Array(expected.utf8)))
            #expect(found?.rest == [0x0d])
        }
    }

    @Test func `a paste without its end is waited for`() {
        #expect(paste("abc\u{1b}[201") == nil)
    }

    @Test func `a paste over the limit is counted and not kept`() {
        #expect(paste(String(repeating: "x", count: 100) + Self.mark)?.0 == .text(Array(repeating: 0x78, count: 100)))
        #expect(paste(String(repeating: "x", count: 101) + Self.mark)?.0 == .tooLong(101))
        #expect(paste(String(repeating: "x", count: 1 << 20) + Self.mark, chunk: 4096)?.0 == .tooLong(1 << 20))
        #expect(paste("a\0b" + Self.mark)?.0 == .holdsNUL)
    }

    @Test func `a paste that fits the screen stays as it is and a longer one is folded until it is entered`() {
        var folder = PasteFolder()
        let short = Array("a\nb\nc".utf8)
        #expect(folder.fold(short, onto: [], rows: 24, columns: 80) == short)
        #expect(folder.hiddenBytes == 0)
        let long = Array(repeatElement("row\n", count: 100).joined().utf8)
        let label = folder.fold(long, onto: Array("see: ".utf8), rows: 24, columns: 80)
        #expect(String(decoding: label, as: UTF8.self) == "[pasted 101 lines, 400 bytes]")
        #expect(folder.hiddenBytes == 400 - label.count)
        let line = Array("see: ".utf8) + label + Array(" !".utf8)
        #expect(folder.unfold(line) == Array("see: ".utf8) + long + Array(" !".utf8))
    }

    @Test func `two folded pastes are told apart whatever they hold`() {
        var folder = PasteFolder()
        let first = Array(repeatElement("[pasted 31 lines, 700 bytes]", count: 25).joined(separator: "\n").utf8)
        let label = folder.fold(first, onto: [], rows: 10, columns: 80)
        let again = folder.fold(first, onto: label, rows: 10, columns: 80)
        #expect(label != again)
        #expect(folder.unfold(again + [0x20] + label) == first + [0x20] + first)
        #expect(folder.unfold(Array("[pasted 1 line]".utf8)) == Array("[pasted 1 line]".utf8))
        // A label that was edited is text like any other.
        #expect(folder.unfold(Array(label.dropLast())) == Array(label.dropLast()))
        folder.removeAll()
        #expect(folder.unfold(label) == label)
    }

    // MARK: history

    @Test(arguments: ["a", "two\nlines", "back\\slash\\n", "日本語", "\\", "tab\t"])
    func `a typed line comes back as it was`(line: String) {
        #expect(HistoryText.decode(HistoryText.encode(line)) == [line])
    }

    @Test func `what is no line of ours is left out`() {
        #expect(
            HistoryText.decode(Array("a\nb\\x\nc\\\n\nd".utf8) + [0x0a, 0xff, 0x0a, 0x61, 0x00, 0x0a]) == ["a", "d"])
    }

    @Test(arguments: [
        ("a", nil, true), ("a", "b", true), ("a", "a", false), (" secret", nil, false), ("", nil, false),
        ("\n\t", nil, false),
    ]) func `a line is kept`(line: String, last: String?, expected: Bool) {
        #expect(HistoryText.keeps(line, after: last) == expected)
    }

    @Test func `the file is bounded and keeps the newest`() {
        let lines = (0..<3000).map { "line \($0)" }
        let kept = HistoryText.decode(HistoryText.trimmed(lines.flatMap(HistoryText.encode)))
        #expect(kept == Array(lines.suffix(HistoryText.maximumLines)))
        let long = (0..<40).map { String(repeating: "x", count: 60_000) + "\($0)" }
        let trimmed = HistoryText.trimmed(long.flatMap(HistoryText.encode))
        #expect(trimmed.count <= HistoryText.maximumBytes / 2)
        #expect(HistoryText.decode(trimmed).last == long.last)
    }

    @Test func `many prompts add to one file and no line is lost or mixed`() async throws {
        let scratch = try Scratch()
        let path = scratch.url.appendingPathComponent("history").path
        await withTaskGroup(of: Void.self) { group in
            for writer in 0..<8 {
                group.addTask {
                    for line in 0..<50 { try? HistoryFile(path: path).append("writer \(writer) line \(line)") }
                }
            }
        }
        let lines = try HistoryFile(path: path).load()
        #expect(Set(lines).count == 400)
        for writer in 0..<8 {
            #expect(
                lines.filter { $0.hasPrefix("writer \(writer) ") } == (0..<50).map { "writer \(writer) line \($0)" })
        }
        let attributes = try FileManager.default.attributesOfItem(atPath: path)
        #expect(attributes[.posixPermissions] as? Int == 0o600)
    }

    @Test func `a file that has grown is cut once`() throws {
        let scratch = try Scratch()
        let path = scratch.url.appendingPathComponent("history").path
        let filler = String(repeating: "x", count: 2000)
        for line in 0..<600 { try HistoryFile(path: path).append("\(line) \(filler)") }
        let size = try #require(FileManager.default.attributesOfItem(atPath: path)[.size] as? Int)
        #expect(size < HistoryText.maximumBytes)
        #expect(try HistoryFile(path: path).load().last?.hasPrefix("599 ") == true)
    }

    @Test func `a symbolic link is not followed`() throws {
        let scratch = try Scratch()
        let target = scratch.url.appendingPathComponent("target")
        try Data("precious\n".utf8).write(to: target)
        let link = scratch.url.appendingPathComponent("history")
        try FileManager.default.createSymbolicLink(at: link, withDestinationURL: target)
        #expect(throws: Problem.self) { try HistoryFile(path: link.path).append("line") }
        #expect(throws: Problem.self) { try HistoryFile(path: link.path).load() }
        #expect(try String(contentsOf: target, encoding: .utf8) == "precious\n")
    }

    // MARK: the editor's command line

    @Test(
        arguments: [
            ("vi", ["vi"]), ("  vim  -u NONE ", ["vim", "-u", "NONE"]), ("'my editor' -x", ["my editor", "-x"]),
            ("a\"b c\"d", ["ab cd"]), ("a\\ b", ["a b"]), ("'a\\b'", ["a\\b"]), ("x ''", ["x", ""]), ("", nil),
            ("   ", nil), ("'open", nil), ("a\\", nil), ("''", nil),
            ("vi; $(reboot) `x`", ["vi;", "$(reboot)", "`x`"]),
        ] as [(String, [String]?)]) func `words are cut without a shell`(text: String, expected: [String]?)
    {
        #expect(CommandWords.split(text) == expected)
    }
}
