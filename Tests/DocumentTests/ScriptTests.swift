import Foundation
import TestSupport
import Testing

/// What the documents promise, tried with the real programs in the words of the scenarios.
@Suite struct ScriptTests {
    @Test func `a client written from the protocol's page alone logs in, sends, receives and acknowledges`()
        async throws
    {
        try await run("python-client")
    }

    @Test func `the recipes of the README do what it says of them`() async throws { try await run("cookbook") }

    @Test func `the examples of the manual pages do what they say`() async throws { try await run("examples") }

    @Test func `the keys of the configuration are those of the page`() async throws { try await run("configuration") }

    @Test func `the JSON lines of chatd have the keys of the page`() async throws { try await run("chatd-json") }

    @Test func `the transcript of the README is what happens`() async throws { try await run("transcript") }

    @Test func `the commands of the prompt are those of the page`() async throws { try await run("prompt-help") }

    private func run(_ name: String) async throws {
        let scratch = try Scratch()
        let vocabulary = Binaries.root.appending(path: "Tests/ScenarioTests/Scripts/vocabulary.bash")
        let outcome = try await Places.worlds.occupy {
            try await Program.run(
                URL(filePath: "/bin/bash"), [vocabulary.path, "../../DocumentTests/Scripts/\(name)"],
                environment: [
                    "CHAT_BINARIES": Binaries.folder.path, "SCRATCH": scratch.url.path,
                    "VECTORS_ROOT": Binaries.root.path,
                ],
                in: scratch.url, deadline: .endurance)
        }
        #expect(outcome.status == 0, "\(name):\n\(outcome.output)\n\(outcome.errors)")
    }
}
