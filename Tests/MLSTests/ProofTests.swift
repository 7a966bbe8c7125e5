import Foundation
import Testing

@testable import MLS

/// The tests of this folder, read as text.
private struct TestSources {
    /// What stands in each test, by "Suite.name of the test".
    let bodies: [String: String]

    init() throws {
        let folder = URL(fileURLWithPath: #filePath).deletingLastPathComponent()
        let files = try FileManager.default.contentsOfDirectory(at: folder, includingPropertiesForKeys: nil)
        var bodies: [String: String] = [:]
        for file in files where file.pathExtension == "swift" && file.lastPathComponent != "ProofTests.swift" {
            let text = try String(contentsOf: file, encoding: .utf8)
            var suite = ""
            var name: String?
            var isTest = false
            for line in text.split(separator: "\n", omittingEmptySubsequences: false) {
                if let match = line.prefixMatch(of: #/(?:@Suite )?(?:struct|extension) (\w+)/#) {
                    suite = String(match.1)
                    name = nil
                }
                if line.hasPrefix("    @Test") { isTest = true }
                if let match = line.prefixMatch(of: #/    (?:@Test |private )*func (?:`([^`]+)`|\w+)/#) {
                    name = isTest ? match.1.map { "\(suite).\($0)" } : nil
                    isTest = false
                }
                if let name { bodies[name, default: ""] += line + "\n" }
            }
        }
        self.bodies = bodies
    }

    func body(_ tests: [String]) -> String { tests.compactMap { bodies[$0] }.joined(separator: "\n") }
}

extension String {
    /// Whether it has `.name` as a whole word.
    fileprivate func names(_ check: Check) -> Bool {
        let word = ".\(check)"
        var rest = self[...]
        while let range = rest.range(of: word) {
            let after = rest[range.upperBound...].first
            if after == nil || !(after?.isLetter ?? false) { return true }
            rest = rest[range.upperBound...]
        }
        return false
    }

    /// Whether a follower is asked in it.
    fileprivate var asksFollower: Bool {
        let text = filter { !$0.isWhitespace }
        return ["expectRefusal(of:", "follower", "PublicGroup(", "tryrefuse("].contains { text.contains($0) }
    }
}

/// What is proven where.
@Suite struct ProofTests {
    private func check(_ rules: [ProvenRule], _ sources: TestSources) {
        #expect(Set(rules.map(\.id)).count == rules.count)
        for rule in rules {
            #expect(!rule.tests.isEmpty, "\(rule.id)")
            for test in rule.tests { #expect(sources.bodies[test] != nil, "\(rule.id): no test \(test)") }
            let body = sources.body(rule.tests)
            for check in rule.checks { #expect(body.names(check), "\(rule.id): \(check) is not asserted") }
            switch rule.reach {
            case .both: #expect(!rule.checks.isEmpty && body.asksFollower, "\(rule.id): no follower refuses it")
            case .members(let reason): #expect(!reason.isEmpty && !rule.checks.isEmpty, "\(rule.id)")
            case .nobody: break
            }
        }
    }

    @Test
    func `each check that OpenMLS publishes has its checks and tests here, which exist and assert them`() throws {
        check(PublishedChecks.all, try TestSources())
        let numbered = PublishedChecks.sets.enumerated().flatMap { set, count in
            (1...count).map { number in
                "valn" + [set + 1, number].map { $0 < 10 ? "0\($0)" : "\($0)" }.joined()
            }
        }
        let ids = PublishedChecks.all.map(\.id)
        #expect(ids.filter { $0.hasPrefix("valn") } == numbered)
        #expect(numbered.count == 97 && ids.count { $0.hasPrefix("ValSem") } == 42)
    }

    @Test
    func `each known fault of other libraries has its tests here, which exist and assert them`() throws {
        check(KnownFaults.all, try TestSources())
    }

    /// What a follower cannot meet, or not as a refusal of its own.
    private static let membersOnly: [Check: String] = [
        .encryptionFailed: "a follower encrypts nothing", .decryptionFailed: "a follower decrypts nothing",
        .invalidPrivateKey: "a follower has no private key", .membershipTag: "it has no membership key",
        .senderDataInvalid: "private messages", .paddingNotZero: "private messages",
        .generationUsed: "private messages", .generationTooFar: "private messages",
        .generationExhausted: "private messages", .ratchetMissing: "private messages",
        .leafOutOfRange: "private messages", .ownMessage: "it sends nothing", .stateRolledBack: "it sends nothing",
        .pskUnknown: "it knows no PSK", .pathNotForUs: "it opens no path", .pathSecretMismatch: "it opens no path",
        .privateKeyMissing: "it has no private key", .confirmationTag: "it has no confirmation key",
        .welcomeNotForUs: "it joins nothing", .welcomeSuite: "it joins nothing", .welcomeDuplicate: "it joins nothing",
        .groupKnown: "it joins nothing", .ownLeafMissing: "it joins nothing", .pathSecretMissing: "it joins nothing",
        .pathSecretUnexpected: "it joins nothing", .externalPubMissing: "it joins nothing",
        .predecessorMissing: "it joins nothing", .predecessorEpoch: "it joins nothing",
        .predecessorMismatch: "it joins nothing", .predecessorMembers: "it joins nothing",
        .notMember: "it is none", .groupReInitialised: "it sends nothing", .groupNotReInitialised: "it founds nothing",
        .proposalsWaiting: "it sends nothing", .commitPending: "it commits nothing",
        .noPendingCommit: "it commits nothing", .malformed: "decoders are the same for all",
        .duplicateExtension: "what arrives with one does not decode", .epochExhausted: "one function for both",
        .storeMissing: "the storage protocol is the same for both", .storeMalformed: "the same",
        .storeFailed: "the same",
    ]

    @Test
    func `each check refuses something in a test, and a follower's too unless there is a reason`() throws {
        let sources = try TestSources()
        for check in Check.allCases {
            let tests = sources.bodies.filter { $0.value.names(check) }
            #expect(!tests.isEmpty, "\(check) (\(check.rawValue)) refuses nothing in any test")
            guard Self.membersOnly[check] == nil else { continue }
            #expect(tests.values.contains { $0.asksFollower }, "\(check): no follower refuses by it")
        }
    }
}
