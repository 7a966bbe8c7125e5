import Foundation
import TestSupport
import Testing

/// The completions, loaded and tried in the real shells.
struct CompletionTests {
    /// Names as a hostile server could have put them into the store: none may run, none may be offered.
    static let hostile = [
        "$(touch pwned)", ";touch pwned", "`touch pwned`", "al$(touch pwned)", "al;touch pwned", "al pha", "-x", "*",
        "al\u{1b}]0;x\u{7}", "Alice", "alice\ttouch", "", "al/../x", String(repeating: "a", count: 33),
    ]
    static let identifier = "01936f6e-0f3a-7c1e-8d2b-5a4f3c2b1a09"
    static let server = "chat.example.org:7420"
    static let names = hostile + ["alice", "albert", "bob", "a", String(repeating: "b", count: 32), identifier, server]

    @Test(arguments: Shell.allCases)
    func `names are completed, and hostile ones neither run nor are offered`(shell: Shell) async throws {
        guard shell.path != nil else { return Self.skipped(shell) }
        let scratch = try Scratch()
        let longest = String(repeating: "b", count: 32)
        let all = ["a", "albert", "alice", longest, "bob"]
        let cases: [(String, [String])] = [
            ("chat send --to ", all),
            ("chat send --to al", ["albert", "alice"]),
            ("chat send --to bo", ["bob"]),
            ("chat send hello --to alb", ["albert"]),
            ("chat --json send --to bob --to alb", ["albert"]),
            ("chat --profile alice send --to bo", ["bob"]),
            ("chat --profile=alice send --to bo", ["bob"]),
            ("chat --config /etc/x listen --from bo", ["bob"]),
            ("chat reply --allow bo", ["bob"]),
            ("chat reply --allow alice --from al", ["albert", "alice"]),
            ("chat reply --resume al", ["albert", "alice"]),
            ("chat run --on-failure --to bo", ["bob"]),
            ("chat history --with al", ["albert", "alice"]),
            ("chat who --wait al", ["albert", "alice"]),
            ("chat --profile al", ["albert", "alice"]),
            ("chat listen --resume al", ["albert", "alice"]),
            ("chat resume rm al", ["albert", "alice"]),
            ("chat outbox drop 0193", [Self.identifier]),
            ("chat server forget chat.ex", [Self.server]),
            ("chat --profile $(touch pwned) send --to bo", ["bob"]),
            ("chat --profile '$(touch pwned)' send --to bo", ["bob"]),
            ("chat send --to '$(touch pw", []),
        ]
        let offers = try await shell.offers(for: cases.map(\.0), names: Self.names, in: scratch.url)
        for (line, expected) in cases { #expect(offers.byLine[line] == expected, "\(shell): \(line)") }
        #expect(!FileManager.default.fileExists(atPath: scratch.url.appending(path: "pwned").path))
        let asked = try String(contentsOf: scratch.url.appending(path: "asked"), encoding: .utf8)
        #expect(asked.contains("--profile alice __complete users\n") || asked.contains("--profile=alice __complete"))
        #expect(asked.contains("--config /etc/x __complete users\n"))
        #expect(asked.contains("__complete profiles\n"))
        #expect(asked.contains("__complete resume-points\n"))
        #expect(asked.contains("__complete outbox\n") && asked.contains("__complete servers\n"))
    }

    @Test(arguments: Shell.allCases)
    func `commands, options and fixed values are completed where they can stand`(shell: Shell) async throws {
        guard shell.path != nil else { return Self.skipped(shell) }
        let scratch = try Scratch()
        try Data().write(to: scratch.url.appending(path: "identity-of-the-box"))
        let cases: [(String, [String])] = [
            ("chat se", ["send", "server"]),
            ("chat --quiet se", ["send", "server"]),
            ("chat outbox ", ["drop", "flush", "list"]),
            ("chat send --wait ", ["accepted", "delivered", "read"]),
            ("chat send --queue --wait d", ["delivered"]),
            ("chat --color a", ["always", "auto"]),
            ("chat send -m x --jso", ["--json", "--jsonl"]),
            ("chat --conf", ["--config"]),
            ("chat login --identity identity-of", ["identity-of-the-box"]),
            // `--count` has a value here and none there.
            ("chat listen --count 3 --mark", ["--mark-read"]),
            ("chat unread --count --wat", ["--watch"]),
            ("chat run --tail 3 --la", ["--label"]),
            ("chat run --to bob -- cat identity-of", ["identity-of-the-box"]),
            ("chatd user im", ["import"]),
            ("chatd run --registration i", ["invite"]),
            ("chatd --data /x user dis", ["disable"]),
        ]
        let offers = try await shell.offers(for: cases.map(\.0), names: ["x"], in: scratch.url)
        for (line, expected) in cases { #expect(offers.byLine[line] == expected, "\(shell): \(line)") }
    }

    @Test func `names are never given to what evaluates them`() throws {
        for file in ["chat.bash", "chatd.bash", "_chat", "_chatd", "chat.fish", "chatd.fish"] {
            let code = try Repository.text("completions/\(file)").split(separator: "\n")
                .filter { !$0.drop { $0 == " " }.hasPrefix("#") }
            for evaluating in ["compgen -W", "compgen -C", "compgen -F", "eval ", "(e)", "source "] {
                let found = code.filter { $0.contains(evaluating) }
                #expect(found.isEmpty, "\(file)")
            }
        }
    }

    private static func skipped(_ shell: Shell) {
        print("SKIPPED: \(shell) is not installed, its completion was not tried")
    }
}
