import Foundation
import TestSupport
import Testing

/// The vectors of links, renewals, certificates, policies and the log hash, which chat-protocol(7) can point to.
@Suite struct RuleVectorTests {
    private static let folder = URL(fileURLWithPath: #filePath).deletingLastPathComponent().appending(path: "Vectors")
    private static let file = folder.appending(path: "rules.json")

    @Test func `the vectors are what the program makes, byte for byte`() async throws {
        let made = try await Program.run(Binaries.folder.appending(path: "mls-interop"), ["rules"])
        #expect(made.status == 0, "\(made.errors)")
        #expect(made.output == (try String(contentsOf: Self.file, encoding: .utf8)))
    }

    @Test func `the vectors hold for a reader that knows nothing of ours`() async throws {
        let read = try await Program.run(
            URL(filePath: "/usr/bin/env"),
            ["python3", "-B", Self.folder.appending(path: "read.py").path, Self.file.path])
        #expect(read.status == 0 && read.output == "all hold\n", "\(read.errors)")
    }
}
