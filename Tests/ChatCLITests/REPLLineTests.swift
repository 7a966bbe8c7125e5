import CLISupport
import ChatClient
import ChatProtocol
import Foundation
import TestSupport
import Testing

@testable import ChatCLI

@Suite struct REPLLineTests {
    private static let bob = name("bob")

    private static func name(_ text: String) -> UserName {
        guard let name = UserName(text) else { preconditionFailure("\(text) is no name") }
        return name
    }

    @Test(arguments: [
        ("", REPLLine.blank), (" \t", .blank), ("hi", .text("hi")), (" /who", .text(" /who")), ("# no", .text("# no")),
        ("//", .text("/")), ("//who", .text("/who")), ("///", .text("//")), ("a\nb", .text("a\nb")),
        ("/to bob", .target(.user(bob))), ("/to  BOB ", .target(.user(bob))), ("/to all", .target(.everyone)),
        ("/dm bob hi", .direct(bob, "hi")), ("/dm Bob  hi ", .direct(bob, " hi ")),
        ("/dm bob a\n  b", .direct(bob, "a\n  b")), ("/dm bob\nhi", .direct(bob, "hi")),
        ("/all hello all", .broadcast("hello all")), ("/reply yes", .reply("yes")), ("/who", .who), ("/who ", .who),
        ("/users", .users), ("/history", .history(nil)), ("/history 5", .history(5)), ("/edit", .edit),
        ("/help", .help(nil)), ("/help dm", .help(.dm)), ("/help /dm", .help(.dm)), ("/quit", .quit),
    ]) func `a line is understood as what it says`(line: String, as expected: REPLLine) throws {
        #expect(try REPLLine(line) == expected)
    }

    @Test(arguments: [
        "/", "/ who", "/whoo", "/to", "/to bob carol", "/to me", "/to everyone", "/to a/b", "/dm", "/dm bob",
        "/dm bob ",
        "/dm me hi", "/all", "/all ", "/reply", "/who now", "/history 0", "/history +5", "/history 1 2", "/history x",
        "/history 10001", "/help nothing", "/quit now", "/edit x", "/to \u{202e}bob", "/WHO",
    ]) func `refuses with usage`(line: String) {
        #expect(performing: { try REPLLine(line) }, throws: { ($0 as? Problem)?.exit == .usage })
    }

    @Test(arguments: [
        ("whoo", "who"), ("hsitory", "history"), ("q", "quit"), ("mesage", nil), ("romos", "rooms"), ("TO", "to"),
        ("exit", "edit"), ("", nil), (String(repeating: "x", count: 100), nil),
    ]) func `suggests what was meant`(word: String, expected: String?) {
        let names = REPLCommandTable.entries.map(\.verb.rawValue)
        #expect(Suggestion.nearest(to: word, among: names) == expected)
    }

    @Test func `an unknown command names the nearest and the way out`() throws {
        let problem = #expect(throws: Problem.self) { try REPLLine("/hlep") }
        #expect(problem?.hint?.contains("/help") == true)
        #expect(problem?.hint?.contains("//") == true)
    }

    @Test func `a long unknown command is not repeated whole`() throws {
        let problem = #expect(throws: Problem.self) { try REPLLine("/" + String(repeating: "x", count: 60_000)) }
        #expect((problem?.text.utf8.count ?? 1000) < 100)
    }

    @Test(arguments: [("", true), ("  ", true), ("# remark", true), ("#", true), (" # text", false), ("x", false)])
    func `what a script says to itself is skipped`(line: String, isSkipped: Bool) {
        #expect(REPLLine.isSkipped(line) == isSkipped)
    }

    @Test func `the table has each command once and help names all`() {
        #expect(REPLCommandTable.entries.map(\.verb) == REPLCommandTable.Verb.allCases)
        let help = REPLCommandTable.help(nil).joined(separator: "\n")
        for entry in REPLCommandTable.entries {
            #expect(help.contains(entry.usage))
            #expect(REPLCommandTable.help(entry.verb).count == 1)
        }
    }

    @Test func `the manual has the commands of the table and no others`() throws {
        let manual = try String(contentsOf: Binaries.root.appendingPathComponent("man/chat.1"), encoding: .utf8)
        let prefix = ".It Ic /"
        let listed = manual.split(separator: "\n").filter { $0.hasPrefix(prefix) }
            .map { $0.dropFirst(prefix.count).prefix { $0 != " " } }
            .filter { $0 != "/" }
        #expect(listed.map(String.init) == REPLCommandTable.Verb.allCases.map(\.rawValue))
    }
}
