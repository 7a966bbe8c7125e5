import Foundation
import TestSupport
import Testing

/// The laws of the prompt with the real programs: under a pseudo-terminal (`prompt.py`), and from a pipe (`script.py`).
///
/// One can be tried by hand: `python3 Tests/ChatCLITests/Terminal/prompt.py .build/debug SCRATCH NAME`.
@Suite struct REPLLawTests {
    @Test(arguments: try Laws.all())
    func `the law holds`(law: Laws.Law) async throws {
        let scratch = try Scratch()
        let outcome = try await Places.worlds.occupy {
            try await Program.run(
                URL(fileURLWithPath: "/usr/bin/env"),
                ["python3", "-B", law.file.path, Binaries.folder.path, scratch.url.path, law.name],
                in: scratch.url, deadline: .endurance)
        }
        #expect(outcome.status == 0, "\(law.name):\n\(outcome.output)\n\(outcome.errors)")
    }
}

/// The functions of the scripts that take a world.
enum Laws {
    struct Law: Sendable, CustomTestStringConvertible {
        var file: URL
        var name: String
        var testDescription: String { name }
    }

    private static let folder = URL(fileURLWithPath: #filePath).deletingLastPathComponent()
        .appendingPathComponent("Terminal")

    static func all() throws -> [Law] {
        try ["prompt.py", "script.py"].flatMap { name in
            let file = folder.appendingPathComponent(name)
            return try String(contentsOf: file, encoding: .utf8).split(separator: "\n")
                .filter { $0.hasPrefix("def ") && $0.hasSuffix("(world):") }
                .map { Law(file: file, name: String($0.dropFirst(4).dropLast("(world):".count))) }
        }
    }
}
