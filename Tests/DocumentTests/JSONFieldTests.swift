import Foundation
import TestSupport
import Testing

/// The section JSON FIELDS of chat(1) against what `chat schema` says.
struct JSONFieldTests {
    @Test func `every line that JSON output has stands in the page with its keys, and every key is explained`()
        async throws
    {
        let outcome = try await Program.run(Binaries.chat, ["schema"])
        let schema = try #require(try JSONSerialization.jsonObject(with: Data(outcome.output.utf8)) as? [String: Any])
        let lines = try #require(schema["$defs"] as? [String: [String: Any]])
        var real: [String: Set<String>] = [:]
        for (head, line) in lines {
            real[head] = Set((line["properties"] as? [String: Any] ?? [:]).keys).subtracting(["v", "head"])
        }
        let section = try ManualPage("chat.1").section("JSON FIELDS")
        #expect(Self.heads(section) == real)
        let used = real.values.reduce(into: Set(["v", "head"])) { $0.formUnion($1) }
        #expect(Self.explained(section) == used)
    }

    @Test func `every exit status stands in the page, and no other`() async throws {
        let outcome = try await Program.run(Binaries.chat, ["schema", "exit"])
        let table = try #require(try JSONSerialization.jsonObject(with: Data(outcome.output.utf8)) as? [String: Any])
        let told = try ManualPage("chat.1").section("EXIT STATUS").filter { $0.hasPrefix(".It ") }
            .map { String($0.dropFirst(4)) }
        #expect(Set(told) == Set(table.keys))
    }

    @Test func `a command that a message is given to finds the head and the conversation of every kind`() throws {
        let section = try ManualPage("chat.1").section("ENVIRONMENT")
        let told = { (name: String) -> Set<String> in
            let item = section.drop { $0 != ".It Ev \(name)" }.dropFirst().prefix { !$0.hasPrefix(".It ") }
            return item.filter { $0.hasPrefix(".Ql ") }.reduce(into: []) { $0.formUnion(Self.words($1.dropFirst(4))) }
        }
        #expect(told("CHAT_HEAD") == ["dm", "room", "bcast"])
        #expect(told("CHAT_CONV") == ["@bob", "#ops", "*"])
    }

    /// `.It Cm dm` and behind it the keys, in one `.Va` line.
    private static func heads(_ section: [String]) -> [String: Set<String>] {
        var result: [String: Set<String>] = [:]
        var head: String?
        for line in section {
            if line.hasPrefix(".It ") { head = line.hasPrefix(".It Cm ") ? String(line.dropFirst(7)) : nil }
            // Text between head and keys may have a name of a key in it; the list is what stands last.
            if let head, line.hasPrefix(".Va ") { result[head] = words(line.dropFirst(4)) }
        }
        return result
    }

    private static func explained(_ section: [String]) -> Set<String> {
        section.filter { $0.hasPrefix(".It Va ") }.reduce(into: []) { $0.formUnion(words($1.dropFirst(7))) }
    }

    private static func words(_ text: Substring) -> Set<String> {
        Set(text.split(separator: " ").map(String.init).filter { $0 != "," && $0 != "." })
    }
}
