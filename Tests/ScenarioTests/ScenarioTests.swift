import Foundation
import TestSupport
import Testing

/// The real programs, driven by shell scripts with named actors; the scripts' vocabulary is in `Scripts/vocabulary.bash`.
///
/// One script can be tried by hand: `CHAT_BINARIES=.build/debug bash Tests/ScenarioTests/Scripts/vocabulary.bash NAME`.
@Suite struct ScenarioTests {
    @Test(arguments: try Scripts.names())
    func scenario(name: String) async throws {
        await Scripts.places.enter()
        let scratch = try Scratch()
        let outcome = try await Program.run(
            URL(fileURLWithPath: "/bin/bash"), [Scripts.vocabulary.path, name],
            environment: [
                "CHAT_BINARIES": Binaries.folder.path, "SCRATCH": scratch.url.path,
                "VECTORS_ROOT": Binaries.root.path,
            ],
            in: scratch.url, deadline: .seconds(600))
        await Scripts.places.leave()
        #expect(outcome.status == 0, "\(name):\n\(outcome.output)\n\(outcome.errors)")
    }
}

enum Scripts {
    static let folder = URL(fileURLWithPath: #filePath).deletingLastPathComponent().appendingPathComponent("Scripts")
    static var vocabulary: URL { folder.appendingPathComponent("vocabulary.bash") }
    /// Scenarios at once: each runs a server and its clients, and bcrypt is honest work.
    fileprivate static let places = Places(3)

    static func names() throws -> [String] {
        try FileManager.default.contentsOfDirectory(atPath: folder.path)
            .filter { $0.hasSuffix(".sh") }.map { String($0.dropLast(3)) }.sorted()
    }
}

/// Lets a bounded number of tests through at once, in the order in which they came.
private actor Places {
    private var free: Int
    private var waiting: [CheckedContinuation<Void, Never>] = []

    init(_ count: Int) { free = count }

    func enter() async {
        if free > 0 {
            free -= 1
        } else {
            await withCheckedContinuation { waiting.append($0) }
        }
    }

    func leave() {
        if waiting.isEmpty { free += 1 } else { waiting.removeFirst().resume() }
    }
}
