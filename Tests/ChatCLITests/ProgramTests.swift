import CLISupport
import Foundation
import TestSupport
import Testing

@testable import ChatCLI

/// The real program, where it needs no server.
@Suite struct ProgramTests {
    private func chat(_ words: String..., input: String? = nil) async throws -> Outcome {
        let scratch = try Scratch()
        return try await Program.run(
            Binaries.chat, words, environment: ["HOME": scratch.url.path], input: input.map { Data($0.utf8) })
    }

    private func shell(_ script: String) async throws -> Outcome {
        let scratch = try Scratch()
        return try await Program.run(
            URL(fileURLWithPath: "/bin/bash"), ["-c", script],
            environment: ["HOME": scratch.url.path, "CHAT": Binaries.chat.path])
    }

    @Test func `version and help are data and end with 0`() async throws {
        let version = try await chat("--version")
        #expect(version.status == 0 && version.output == "chat \(ChatProgram.version)\n" && version.errors.isEmpty)
        for words in [["--help"], ["send", "-h"], ["help", "listen"], ["device", "--help"]] {
            let scratch = try Scratch()
            let help = try await Program.run(Binaries.chat, words, environment: ["HOME": scratch.url.path])
            #expect(help.status == 0 && help.output.contains("USAGE: chat") && help.errors.isEmpty, "\(words)")
        }
    }

    @Test(arguments: [
        ["nonsense"], ["send"], ["send", "--to", "bob", "--nonsense"], ["send", "--to"], ["send", "hi"],
        ["send", "--to", "b b", "hi"], ["send", "--to", "me", "hi"], ["send", "--to", "bob", "-m", "x", "y"],
        ["send", "--to", "bob", "--lines", "--jsonl"], ["send", "--everyone", "--wait", "read", "hi"],
        ["send", "--to", "bob", "--expires", "1d", "hi"], ["send", "--to", "bob", "--timeout", "1", "hi"],
        ["send", "--to", "bob", "--reply-to", "x", "hi"], ["send", "--to", "bob", "--id", "", "hi"],
        ["listen", "x"], ["listen", "--new", "--since", "1h"], ["listen", "--count", "0"],
        ["listen", "--", "no-such-program-here"], ["history", "--with", "bob", "--everyone"],
        ["send", "--to", "bob", "--timeout", "0", "hi"], ["listen", "--idle", "0"], ["--connect-timeout", "0", "who"],
        ["who", "--wait", "bob", "--timeout", "0"], ["who", "--users", "--watch"], ["who", "--timeout", "1s"],
        ["device"], ["outbox", "drop", "x"],
        ["whoami", "extra"], ["--connect-timeout", "x", "whoami"], ["--color", "red", "whoami"],
        ["--trust", "maybe", "whoami"], ["--server", "::::", "whoami"], ["server", "trust", "host", "SHA256:short"],
        ["login", "--password-stdin", "--password-file", "x", "bob"],
    ])
    func `a usage error is one line, 64, and nothing on stdout`(words: [String]) async throws {
        let scratch = try Scratch()
        let environment = ["HOME": scratch.url.path]
        let plain = try await Program.run(Binaries.chat, words, environment: environment)
        #expect(plain.status == 64 && plain.output.isEmpty, "\(plain)")
        #expect(plain.errors.hasPrefix("chat: ") && plain.errors.filter { $0 == "\n" }.count == 1, "\(plain.errors)")

        let json = try await Program.run(Binaries.chat, ["--json"] + words, environment: environment)
        #expect(json.status == 64 && json.output.isEmpty)
        let error = try JSONValue(parsing: json.errors).object
        #expect(error?["head"] == .string("error") && error?["exit"] == .integer(64))
        #expect(error?["code"] == .string("usage"))
    }

    @Test(arguments: [
        (["send", "--to", "bob\ncarol", "hi"], "bob^Jcarol"), (["send", "--to=bob\r\n", "hi"], "bob^M^J"),
        (["ask", "--to", "b", "--timeout", "\n", "x"], "'^J'"), (["login", "a\nb"], "a^Jb"),
        (["who", "--wait", "x\ny"], "x^Jy"),
    ])
    func `a value with a line break is shown, and the reason stands behind it`(words: [String], shown: String)
        async throws
    {
        let scratch = try Scratch()
        for json in [[], ["--json"]] {
            let outcome = try await Program.run(Binaries.chat, json + words, environment: ["HOME": scratch.url.path])
            #expect(outcome.status == 64)
            #expect(outcome.errors.contains(shown) && outcome.errors.contains("expected"), "\(outcome.errors)")
        }
        let server = try await Program.run(Binaries.chatd, ["run", "--registration", "a\nb"])
        #expect(server.status == 64 && server.errors.contains("a^Jb") && server.errors.contains("open"), "\(server)")
    }

    @Test(arguments: ["", "a\0b", String(repeating: "x", count: 65_537)])
    func `a message that cannot be sent is refused before anything else`(body: String) async throws {
        let outcome = try await chat("send", "--to", "bob", input: body)
        #expect(outcome.status == 65 && outcome.output.isEmpty, "\(outcome)")
    }

    @Test func `an argument that is not UTF-8 is refused and never mended`() async throws {
        for words in ["send --to bob $'a\\xffb'", "send --to bob -m $'a\\xffb'", "$'\\xff'"] {
            let outcome = try await shell("\"$CHAT\" --json \(words)")
            #expect(outcome.status == 65 && outcome.errors.contains(#""code":"not_utf8""#), "\(words): \(outcome)")
        }
    }

    @Test func `one that is too long is not read to its end`() async throws {
        let outcome = try await shell("yes | \"$CHAT\" send --to bob; echo ${PIPESTATUS[*]}")
        #expect(outcome.output == "141 65\n" && outcome.errors.contains("65536"), "\(outcome)")
    }

    @Test func `a reader that has gone away ends it as SIGPIPE does, without a word`() async throws {
        let outcome = try await shell("{ sleep 0.2; \"$CHAT\" schema; echo $? >&2; } | :")
        #expect(outcome.errors == "141\n", "\(outcome)")
    }

    @Test func `closed and full outputs are errors`() async throws {
        let closed = try await shell("\"$CHAT\" schema >&-")
        #expect(closed.status == 74 && closed.errors.hasPrefix("chat: cannot write the output"), "\(closed)")
        let full = try await shell("\"$CHAT\" schema >/dev/full")
        #expect(full.status == 74, "\(full)")
        let silent = try await shell("\"$CHAT\" nonsense 2>&-")
        #expect(silent.status == 64 && silent.output.isEmpty)
    }

    @Test func `nothing is asked where nobody can be`() async throws {
        let outcome = try await chat("login", "bob")
        #expect(outcome.status == 64 && outcome.errors.contains("--password-file"), "\(outcome)")
        let missing = try await chat("login", "bob", "--password-file", "/no/such/file")
        #expect(missing.status == 66, "\(missing)")
    }

    @Test func `the schema is one strict document, and names its parts`() async throws {
        let whole = try JSONValue(parsing: try await chat("schema").output).object
        let definitions = try #require(whole?["$defs"]?.object)
        #expect(definitions.keys == LineShape.all.map(\.head))
        #expect(whole?["exit"]?.object?.keys == ExitStatus.allCases.map { String($0.rawValue) })
        let one = try JSONValue(parsing: try await chat("schema", "dm").output).object
        #expect(one?["properties"]?.object == definitions["dm"]?.object?["properties"]?.object)
        #expect(try await chat("schema", "nonsense").status == 67)
    }

    @Test func `completions never fail and never speak`() async throws {
        for kind in ["users", "profiles", "resume-points", "servers", "outbox", "nonsense", "$(touch x)"] {
            let outcome = try await chat("__complete", kind)
            #expect(outcome.status == 0 && outcome.output.isEmpty && outcome.errors.isEmpty, "\(kind): \(outcome)")
        }
    }
}
