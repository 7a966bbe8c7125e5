import Foundation
import Testing

@testable import GroupRules

/// Which test proves which named rule. A rule without tests is open: nothing is built yet that could keep or break it.
enum RuleTable {
    static let proven: [String: [String]] = [
        "C1": ["ChainTests", "OwnDeviceLawTests"], "C2": ["ChainTests"], "C3": ["ChainTests"],
        "C4": ["PinTests", "ChainStoreTests", "ChainTests", "GroupGateTests"],
        "C5": ["ChainTests", "EnrolmentContractTests"],
        "C6": ["ChainTests"],
        "J1": ["LeafTests", "PathTests"], "J2": ["LeafTests"], "J3": ["LeafTests"],
        "J4": ["CommitTests", "PathTests", "RoomChangeTests"],
        "J5": ["CommitTests", "RoomChangeTests"],
        "J6": ["CommitTests", "GroupServerTests", "CommittingTests"], "J7": ["CommitTests", "RoomJoinerTests"],
        "J8": ["CommitTests"],
        "J9": ["CommitTests"],
        "K1": ["PackageContractTests", "PackageRequestTests", "BundleContractTests"], "K2": ["PackageContractTests"],
        "K3": ["KeyPackageTests", "PackageContractTests"],
        "K4": ["JoinerTests"], "K5": ["WelcomeTests", "WelcomedGroupTests"],
        "R1": ["RemovalTests", "RoomTests", "CommittingTests", "GroupCourseTests"],
        "R2": ["RemovalTests", "RoomTests"],
        "R3": ["RemovalTests"],
        "I1": ["GroupServerTests", "RoomTests"], "E1": ["GroupContractTests"], "E6": ["GroupServerTests"],
        "S1": ["HeldGroupTests", "OpenerTests"], "E2": ["OpenerTests"],
        "E3": ["GroupCrashTests", "WaitingCommitTests", "OpenerTests", "OpeningLifeTests"],
        "E4": ["SealerTests", "OpenerTests"], "E5": ["SendQueueTests"], "M1": ["MessageTests", "OpenerTests"],
        "M2": ["SealerTests", "OpenerTests"],
    ]

    /// Of these the pure part is proven; what server and client do about it is open.
    static let begun: [String: [String]] = [
        "E7": ["GroupContractTests", "ReportTests"], "S3": ["ReportTests", "ReturningTests"],
        "S4": ["GenerationTests", "ReturningTests", "IncarnationTests", "GroupCourseTests"],
        "G1": ["GateTests", "JoinerTests", "GroupGateTests", "CommittingTests"],
        "G2": ["PinTests", "GroupGateTests", "MarkTests"],
        "I2": ["IncarnationTests", "ReturningTests", "GroupCourseTests"],
        "M3": ["MessageTests", "MarkTests"], "E8": ["CommitPlanTests", "FreshKeysTests"],
    ]

    static let open = [
        "E9", "S2", "S5",
    ]

    /// How many rules each letter has in the design.
    static let counts = ["C": 6, "J": 9, "K": 5, "I": 2, "E": 9, "R": 3, "G": 2, "M": 3, "S": 5]
}

@Suite struct RuleTableTests {
    /// The names of the tests of this folder, of the server's and of the client's, by suite.
    private func tests() throws -> [String: [String]] {
        let own = URL(fileURLWithPath: #filePath).deletingLastPathComponent()
        let others = ["ChatServerTests", "ChatClientTests"].map { own.deletingLastPathComponent().appending(path: $0) }
        let files = ([own] + others).flatMap { folder in
            let paths = FileManager.default.enumerator(at: folder, includingPropertiesForKeys: nil)
            return paths?.compactMap { $0 as? URL } ?? []
        }
        var found: [String: [String]] = [:]
        for file in files where file.pathExtension == "swift" {
            var suite = ""
            for line in try String(contentsOf: file, encoding: .utf8).split(separator: "\n") {
                if let match = line.prefixMatch(of: #/@Suite(?:\(.*\))? struct (\w+)/#) { suite = String(match.1) }
                if let match = line.firstMatch(of: #/func `([^`]+)`/#) {
                    found[suite, default: []].append(String(match.1))
                }
            }
        }
        return found
    }

    @Test func `every rule that is built has a test that begins with its name`() throws {
        let tests = try tests()
        for (rule, suites) in RuleTable.proven.merging(RuleTable.begun, uniquingKeysWith: +) {
            for suite in suites {
                #expect(tests[suite]?.contains { $0.hasPrefix("\(rule): ") } == true, "\(rule) in \(suite)")
            }
        }
        for rule in Rule.allCases {
            #expect(RuleTable.proven[rule.rawValue] != nil || RuleTable.begun[rule.rawValue] != nil, "\(rule)")
        }
        // And what a test is called after is in the table.
        for (suite, names) in tests {
            for name in names {
                guard let rule = name.prefixMatch(of: #/([A-Z]\d): /#).map({ String($0.1) }) else { continue }
                let known = RuleTable.proven[rule] ?? RuleTable.begun[rule] ?? []
                #expect(known.contains(suite), "\(suite): \(name)")
            }
        }
    }

    @Test func `every rule of the design is in the table, once`() {
        let all = RuleTable.counts.flatMap { letter, count in (1...count).map { "\(letter)\($0)" } }
        let listed = Array(RuleTable.proven.keys) + Array(RuleTable.begun.keys) + RuleTable.open
        #expect(listed.sorted() == all.sorted())
    }
}
