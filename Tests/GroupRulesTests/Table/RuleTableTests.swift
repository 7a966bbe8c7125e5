import Foundation
import Testing

@testable import GroupRules

@Suite struct RuleTableTests {
    private static let folder = URL(fileURLWithPath: #filePath).deletingLastPathComponent()
        .deletingLastPathComponent().deletingLastPathComponent()

    /// The names of all tests in all folders.
    private func tests() throws -> Set<String> {
        let paths = FileManager.default.enumerator(at: Self.folder, includingPropertiesForKeys: nil)
        var found: Set<String> = []
        for case let file as URL in paths ?? .init() where file.pathExtension == "swift" {
            for match in try String(contentsOf: file, encoding: .utf8).matches(of: #/func `([^`]+)`/#) {
                found.insert(String(match.1))
            }
        }
        return found
    }

    private func scenarios() throws -> Set<String> {
        let folder = Self.folder.appending(path: "ScenarioTests/Scripts")
        return Set(
            try FileManager.default.contentsOfDirectory(atPath: folder.path)
                .filter { $0.hasSuffix(".sh") }.map { String($0.dropLast(3)) })
    }

    @Test func `every test that the table names is there`() throws {
        let (tests, scenarios) = (try tests(), try scenarios())
        for proof in RuleTable.rules + RuleTable.lies + RuleTable.sections {
            #expect(!proof.sentences.isEmpty, "\(proof.name)")
            for sentence in proof.sentences {
                for test in sentence.tests { #expect(tests.contains(test), "\(proof.name): \(test)") }
                for scenario in sentence.scenarios {
                    #expect(scenarios.contains(scenario), "\(proof.name): \(scenario)")
                }
                let isProven = !sentence.tests.isEmpty || !sentence.scenarios.isEmpty
                #expect(isProven || sentence.open != nil, "\(proof.name): \(sentence.says)")
            }
        }
    }

    @Test func `every rule of the design is in the table, once, and every lie`() throws {
        let all = RuleTable.counts.flatMap { letter, count in (1...count).map { "\(letter)\($0)" } }
        #expect(RuleTable.rules.map(\.name).sorted() == all.sorted())
        #expect(Set(RuleTable.lies.map(\.name)).count == RuleTable.lies.count)
        for rule in Rule.allCases { #expect(all.contains(rule.rawValue)) }
    }

    @Test func `a test is called after a rule that there is`() throws {
        for test in try tests() {
            guard let rule = test.prefixMatch(of: #/([A-Z]\d): /#).map({ String($0.1) }) else { continue }
            #expect(RuleTable.rules.contains { $0.name == rule }, "\(test)")
        }
    }
}
