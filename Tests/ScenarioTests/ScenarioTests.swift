import Foundation
import TestSupport
import Testing

/// The real programs, driven by shell scripts with named actors; the scripts' vocabulary is in `Scripts/vocabulary.bash`.
///
/// One script can be tried by hand: `CHAT_BINARIES=.build/debug bash Tests/ScenarioTests/Scripts/vocabulary.bash NAME`.
@Suite struct ScenarioTests {
    @Test(arguments: try Scripts.names())
    func `a scenario comes to its end`(name: String) async throws {
        let scratch = try Scratch()
        let outcome = try await Places.worlds.occupy {
            try await Program.run(
                URL(fileURLWithPath: "/bin/bash"), [Scripts.vocabulary.path, name],
                environment: [
                    "CHAT_BINARIES": Binaries.folder.path, "SCRATCH": scratch.url.path,
                    "VECTORS_ROOT": Binaries.root.path,
                ],
                in: scratch.url, deadline: .endurance)
        }
        #expect(outcome.status == 0, "\(name):\n\(outcome.output)\n\(outcome.errors)")
    }
}

enum Scripts {
    static let folder = URL(fileURLWithPath: #filePath).deletingLastPathComponent().appendingPathComponent("Scripts")
    static var vocabulary: URL { folder.appendingPathComponent("vocabulary.bash") }

    static func names() throws -> [String] {
        try FileManager.default.contentsOfDirectory(atPath: folder.path)
            .filter { $0.hasSuffix(".sh") }.map { String($0.dropLast(3)) }.sorted()
    }
}
