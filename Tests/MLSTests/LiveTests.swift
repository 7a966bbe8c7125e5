import Foundation
import TestSupport
import Testing

/// Live against mls-rs.
@Suite struct LiveTests {
    /// What a command printed, and how it ended.
    private func run(_ command: [String], in folder: URL) async throws -> (status: Int32, text: String) {
        let outcome = try await Program.run(
            URL(fileURLWithPath: "/usr/bin/env"), command, environment: ProcessInfo.processInfo.environment,
            in: folder, deadline: .endurance)
        return (outcome.status, outcome.output + outcome.errors)
    }

    /// The program beside the tests.
    private var interop: String {
        let own = (try? FileManager.default.destinationOfSymbolicLink(atPath: "/proc/self/exe")) ?? ""
        return URL(fileURLWithPath: own).deletingLastPathComponent().appendingPathComponent("mls-interop").path
    }

    @Test
    func `groups with members of both live, founded by either, with public and private handshakes`() async throws {
        let folder = FileManager.default.temporaryDirectory.appendingPathComponent("mls-live-\(UUID().uuidString)")
        try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
        defer { try? FileManager.default.removeItem(at: folder) }
        guard FileManager.default.isExecutableFile(atPath: interop),
            (try? await run(["python3", "-m", "venv", "venv"], in: folder).status) == 0
        else {
            print("SKIPPED: live against mls-rs, since mls-interop or python3 with venv is not here")
            return
        }
        let pip = ["venv/bin/pip", "install", "-q", "--retries", "0", "--timeout", "10"]
        let installed = try await run(pip + ["agentvault-mls-rs-uniffi==0.1.1"], in: folder)
        guard installed.status == 0 else {
            print("SKIPPED: live against mls-rs, since its wheel cannot be had: \(installed.text.prefix(200))")
            return
        }
        let script = folder.appendingPathComponent("peer.py")
        try Data(MLSRSPeer.script.utf8).write(to: script)
        let result = try await run(["venv/bin/python", script.path, interop], in: folder)
        #expect(result.status == 0 && result.text.contains("all agree"), "\(result.text)")
    }
}
