import Testing

@testable import ChatClient

@Suite struct TextSearchTests {
    struct Row: Sendable, CustomStringConvertible {
        var law: String
        var text: String
        var body: String
        var isFound = true
        var description: String { law }
    }

    private static let rows = [
        Row(law: "a part is found", text: "at", body: "what is it"),
        Row(law: "capitals do not count", text: "WHAT", body: "so what?"),
        Row(law: "nor does what is no letter become one", text: "[a", body: "{A", isFound: false),
        Row(law: "a sign that is written like a letter's capital is that letter", text: "kb", body: "4 \u{212a}B"),
        Row(law: "capitals of other scripts do not count, either", text: "ÜBUNG привет", body: "übung ПРИВЕТ!"),
        Row(law: "a letter with two small forms is one", text: "ΟΔΥΣΣΕΥΣ", body: "ὁ οδυσσευς"),
        Row(law: "what is written in two letters is found by one", text: "STRASSE", body: "die Straße"),
        Row(law: "one sign finds two", text: "caf\u{e9}", body: "un cafe\u{301} noir"),
        Row(law: "two signs find one", text: "cafe\u{301}", body: "un CAF\u{c9} noir"),
        Row(law: "signs of a pattern mean themselves", text: "100%_\\", body: "100%_\\ sure"),
        Row(law: "and nothing else", text: "1%s", body: "100 sure", isFound: false),
        Row(law: "another accent is another letter", text: "\u{e8}", body: "\u{e9}", isFound: false),
        Row(law: "a part of a cluster is found as it was", text: "\u{915}", body: "\u{915}\u{94d}\u{937}"),
        Row(law: "nothing is in everything", text: "", body: "x"),
        Row(law: "what is longer is in nothing", text: "xx", body: "x", isFound: false),
    ]

    @Test(arguments: rows) func `a text is found as people mean it`(row: Row) {
        let isFound = Array(row.body.utf8).withUnsafeBufferPointer(TextSearch(row.text).matches)
        #expect(isFound == row.isFound, "\(row.law)")
    }
}
