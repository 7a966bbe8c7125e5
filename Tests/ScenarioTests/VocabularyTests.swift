import Foundation
import TestSupport
import Testing

/// The words by which scenarios fail: a scenario that cannot fail proves nothing.
@Suite struct VocabularyTests {
    @Test func `what does not come true eventually ends the scenario`() async throws {
        let outcome = try await run("patience=0\neventually false\ntouch \"$SCRATCH/went-on\"")
        #expect(outcome.status == 1 && !outcome.wentOn)
        #expect(outcome.errors.contains("this does not come true in 0 seconds: false"))
    }

    @Test func `it ends the scenario from within a pipeline and a substitution too`() async throws {
        for line in ["eventually false | cat", "cat <<<\"$(eventually false)\"", "(eventually false)"] {
            let outcome = try await run("patience=0\n\(line)\ntouch \"$SCRATCH/went-on\"")
            #expect(outcome.status == 1 && !outcome.wentOn, "\(line)")
        }
    }

    @Test func `what comes true later lets the scenario go on`() async throws {
        let outcome = try await run(
            """
            third() { echo >>"$SCRATCH/tries"; [ "$(wc -l <"$SCRATCH/tries")" -ge 3 ]; }
            eventually third
            touch "$SCRATCH/went-on"
            """)
        #expect(outcome.status == 0 && outcome.wentOn, "\(outcome.errors)")
    }

    @Test func `a condition that may fail is asked by the clock, however long each try takes`() async throws {
        let outcome = try await run(
            """
            slow() { echo >>"$SCRATCH/tries"; sleep 1; false; }
            within 1 slow && exit 3
            [ "$(wc -l <"$SCRATCH/tries")" -le 3 ] || exit 4
            touch "$SCRATCH/went-on"
            """)
        #expect(outcome.status == 0 && outcome.wentOn, "\(outcome.errors)")
    }

    @Test(arguments: try Scripts.names()) func `no scenario goes on from a condition that has not come true`(
        name: String
    ) throws {
        let text = try String(contentsOf: Scripts.folder.appendingPathComponent("\(name).sh"), encoding: .utf8)
        let silent = text.split(separator: "\n").filter {
            let line = $0.drop { $0 == " " }
            return line.hasPrefix("within ") && !["||", "&&", "\\"].contains { line.contains($0) }
        }
        #expect(silent.isEmpty, "'within' alone; 'eventually' ends the scenario")
    }

    @Test func `every refuted claim ends the scenario`() async throws {
        let claims = [
            "exits 1 true", "same a b", "has \"$SCRATCH/text\" dog", "lacks \"$SCRATCH/text\" cat", "fail words",
        ]
        for claim in claims {
            let outcome = try await run("echo cat >\"$SCRATCH/text\"\n\(claim)\ntouch \"$SCRATCH/went-on\"")
            #expect(outcome.status == 1 && !outcome.wentOn && outcome.errors.contains("FAILED: "), "\(claim)")
        }
    }

    @Test(arguments: [
        "nonsense", "nonsense | cat", "exits 127 nonsense", "within 1 nonsense || true", "text=$(nonsense 2>/dev/null)",
        "nonsense >\"$SCRATCH/out\" 2>&1",
    ]) func `a word that nobody knows ends the scenario`(line: String) async throws {
        let outcome = try await run("\(line)\ntouch \"$SCRATCH/went-on\"")
        #expect(outcome.status == 1 && !outcome.wentOn)
        #expect(outcome.errors.contains("there is no word 'nonsense'"))
    }

    private struct Ending {
        var status: Int32
        var errors: String
        var wentOn: Bool
    }

    private func run(_ scenario: String) async throws -> Ending {
        let scratch = try Scratch()
        let script = scratch.url.appendingPathComponent("tried")
        try Data((scenario + "\n").utf8).write(to: script.appendingPathExtension("sh"))
        let outcome = try await Program.run(
            URL(fileURLWithPath: "/bin/bash"), [Scripts.vocabulary.path, script.path],
            environment: ["CHAT_BINARIES": Binaries.folder.path, "SCRATCH": scratch.url.path], in: scratch.url)
        let mark = scratch.url.appendingPathComponent("went-on").path
        return Ending(
            status: outcome.status, errors: outcome.errors, wentOn: FileManager.default.fileExists(atPath: mark))
    }
}
