import Foundation
import Testing

/// What is absent is part of the design; each rule says why.
@Suite struct HouseTests {
    /// Start-up: the full Foundation costs milliseconds and 50 MB, and everything `chat` links pays.
    @Test func `nothing that chat links imports the full Foundation`() throws {
        let apart = ["ChatServer", "chatd", "mls-interop"]
        let linked = try FileManager.default.contentsOfDirectory(atPath: House.sources.path)
            .filter { !apart.contains($0) }
        for file in try House.files(of: linked) {
            #expect(!file.imports.contains("Foundation"), "\(file.path)")
        }
    }

    /// One door to the network, to each library of cryptography and to the C library's details, so that each can be
    /// audited in one place, and what is asked of the kernel is asked in one way. Waiting, too: a continuation that somebody
    /// forgets waits for ever.
    @Test func `each door to the world is used by one target`() throws {
        for file in try House.files() where !file.path.path.contains("/Sources/MLS/Crypto/") {
            let calls = file.imports.intersection(["Crypto", "_CryptoExtras", "CryptoExtras", "CryptoBoringWrapper"])
            #expect(calls.isEmpty, "\(file.path) imports \(calls)")
        }
        for file in try House.files() where file.target != "Transport" {
            #expect(!file.imports.contains("COpenSSL"), "\(file.path)")
            for call in ["ClientBootstrap(", "ServerBootstrap(", "DatagramBootstrap(", " socket(", "= connect("] {
                #expect(!file.code.contains(call), "\(file.path) uses \(call)")
            }
        }
        for file in try House.files() where file.target != "System" {
            #expect(!file.imports.contains("CGlibc"), "\(file.path)")
            let calls = [
                "strerror", "getpwuid", "clock_gettime(", "flock(", "opendir(", "fsync(", "Glibc.write(",
                "memfd_create(", "Continuation {", "Continuation(",
            ]
            for call in calls { #expect(!file.code.contains(call), "\(file.path) asks for \(call) past System") }
        }
    }

    /// SQL in two kinds of files: whoever changes a schema finds every statement. The server's engine can be another one:
    /// nothing but its implementation knows SQLite.
    @Test func `SQL stands only in stores and schemas, and the server's behind its store`() throws {
        let statement = try Regex(
            #""[^"]*\b(SELECT\s.+\sFROM|INSERT\s+(OR\s+\w+\s+)?INTO|UPDATE\s+\w+\s+SET|DELETE\s+FROM|CREATE\s+TABLE)\b"#
        )
        for file in try House.files() where file.target != "SQLite" {
            let name = file.path.lastPathComponent
            guard !name.hasSuffix("Store.swift"), !name.hasSuffix("Schema.swift") else { continue }
            #expect(file.code.firstMatch(of: statement) == nil, "\(file.path)")
        }
        for file in try House.files(of: ["ChatServer", "chatd"]) where !file.path.path.contains("/Storage/SQLite/") {
            #expect(
                file.imports.isDisjoint(with: ["SQLite", "CSQLite", "StoredValues"]),
                "\(file.path) goes around the store")
        }
    }

    /// What people pipe into `jq` has one author, and a process ends where a reader expects it.
    @Test func `one file of ChatCLI writes to stdout, and only entry points end the process`() throws {
        let writers = try House.files(of: ["ChatCLI"]).filter { file in
            file.code.contains("STDOUT_FILENO") || file.code.firstMatch(of: #/\bprint\(/#) != nil
        }
        #expect(writers.count <= 1, "\(writers.map(\.path))")
        for file in try House.files() where !["chat", "chatd"].contains(file.target) {
            for call in [" exit(", "\texit(", " _exit("] { #expect(!file.code.contains(call), "\(file.path)") }
        }
    }

    /// What helps is an `Advice`, worded for whoever reads it: the command line, the prompt, a program that speaks JSON.
    @Test func `no text of ChatClient names a command or a flag`() throws {
        let verbs = try House.files(of: ["ChatCLI"]).flatMap { file in
            file.code.matches(of: #/commandName: "([a-z]+)"/#).map { String($0.1) }
        }
        try #require(verbs.count > 30)
        let command = try Regex(#""[^"]*\bchat (\#(verbs.joined(separator: "|")))\b"#)
        for file in try House.files(of: ["ChatClient"]) {
            // What a message's identifier is made of, which is no text, and stays as it is for ever.
            let told = file.code.split(separator: "\n").filter {
                $0.contains("chat ") && $0.firstMatch(of: command) != nil && !$0.contains(#" key: "chat ask"#)
            }
            #expect(told.isEmpty, "\(file.path): \(told)")
            #expect(file.code.firstMatch(of: #/"[^"\n]*--[a-z]/#) == nil, "\(file.path) names a flag")
        }
    }

    /// A sender, a connection, whoever attends to it, and those who listen or wait for answers are given what they need. One that called
    /// back into the façade would need all of it, and could be used and tested with nothing less.
    @Test func `below the façade of ChatClient nobody knows it, and no sender at all`() throws {
        let files = try House.files(of: ["ChatClient"]).filter {
            let name = $0.path.lastPathComponent
            return name != "Client.swift" && !name.hasPrefix("Client+")
        }
        try #require(files.count > 100)
        for file in files {
            let sends = file.path.pathComponents.contains("Sending")
            // Its verbs may stand beside what they are about, and a key for logins is made in one place.
            let named = file.code.split(separator: "\n").filter {
                $0.firstMatch(of: #/\bClient\b(?!\.newKey\()/#) != nil && (sends || $0 != "extension Client {")
            }
            #expect(named.isEmpty, "\(file.path): \(named)")
        }
        for file in try House.files(of: ["ChatClient"]) where file.path.pathComponents.contains("Sending") {
            let name = file.path.lastPathComponent
            #expect(!name.hasPrefix("Client+") || !file.code.contains("await self."), "\(name) has senders call back")
        }
    }

    /// What waits holds its thread up, and with it everything of an executor: it stands in System, whose callers have a lane for
    /// it, in SQLite's handler, which has no other form, or in a file that has a thread of its own.
    @Test func `nothing sleeps, and a descriptor is waited for where a thread may`() throws {
        let sleep = #/(?:^|[^A-Za-z.])(usleep|nanosleep|sleep)\(/#
        let wait = #/\bpoll\([^\n]*-1\)/#
        let sleepers = ["OutputFile.swift", "BusyHandler.swift"]
        let waiters = [
            "Descriptor.swift", "TerminalQuestion.swift", "OutputCapture.swift", "OutputRelay.swift", "Output.swift",
        ]
        for file in try House.files() {
            let name = file.path.lastPathComponent
            for line in file.code.split(separator: "\n") where line.contains("sleep(") || line.contains("poll(") {
                #expect(line.firstMatch(of: sleep) == nil || sleepers.contains(name), "\(file.path) sleeps")
                #expect(line.firstMatch(of: wait) == nil || waiters.contains(name), "\(file.path) waits")
            }
        }
    }

    /// Pure ground is tested with hand-moved clocks and chosen bytes; it can be, because it has neither. `MLS` is given its
    /// time and its randomness, but for keys, which swift-crypto draws; and it knows no chat. `GroupRules` decides alike in the server
    /// and in every member, because there is nothing in it by which they could differ.
    @Test func `the pure targets have no clock, no randomness and no doors`() throws {
        for file in try House.files(of: ["WireCodec", "ChatProtocol", "CLISupport", "MLS", "GroupRules"]) {
            let own = ["ContinuousClock", "SystemRandomNumberGenerator", ".random(in", "clock_gettime", "= open("]
            for word in own {
                #expect(!file.code.contains(word), "\(file.path) uses \(word)")
            }
            for door in ["NIOCore", "NIOPosix", "CSQLite", "COpenSSL", "Transport", "SQLite", "Logging", "System"] {
                #expect(!file.imports.contains(door), "\(file.path) imports \(door)")
            }
            let ground: Set = ["MLS", "ChatProtocol", "WireCodec"]
            #expect(file.target != "GroupRules" || file.imports.isSubset(of: ground), "\(file.path)")
            let chat = file.imports.filter { $0.hasPrefix("Chat") || $0 == "CLISupport" }
            #expect(file.target != "MLS" || chat.isEmpty, "\(file.path) imports \(chat)")
        }
    }

    /// The server cannot read what is encrypted: one file of it follows groups, by the part of `MLS` that knows no secret. Plain
    /// contents it stores without opening them.
    @Test func `the server does not open payloads`() throws {
        for file in try House.files(of: ["ChatServer", "chatd"]) {
            #expect(!file.code.contains("Content("), "\(file.path) opens a payload")
            let follows = file.path.lastPathComponent == "GroupFollower.swift"
            #expect(!file.imports.contains("MLS") || follows, "\(file.path): GroupFollower.swift alone may")
            for secret in [#/\bGroup\b/#, #/\bStoredGroup\b/#, #/\bKeyPackageSecrets\b/#] where follows {
                #expect(file.code.firstMatch(of: secret) == nil, "\(file.path) uses what members have")
            }
        }
    }
}

/// The sources, read as text.
private enum House {
    struct File {
        var target: String
        var path: URL
        /// The text without what stands behind `//`.
        var code: String
        var imports: Set<String>
    }

    static let sources = URL(fileURLWithPath: #filePath)
        .deletingLastPathComponent().deletingLastPathComponent().deletingLastPathComponent()
        .appendingPathComponent("Sources")

    static func files(of targets: [String]? = nil) throws -> [File] {
        let names = try targets ?? FileManager.default.contentsOfDirectory(atPath: sources.path)
        return try names.flatMap { name -> [File] in
            let folder = sources.appendingPathComponent(name)
            let paths = FileManager.default.enumerator(at: folder, includingPropertiesForKeys: nil)
            return try (paths?.compactMap { $0 as? URL } ?? [])
                .filter { $0.pathExtension == "swift" }
                .map { try file($0, target: name) }
        }
    }

    private static func file(_ path: URL, target: String) throws -> File {
        let lines = try String(contentsOf: path, encoding: .utf8).split(separator: "\n")
        let code = lines.map { line in line.range(of: "//").map { line[..<$0.lowerBound] } ?? line }
        let imports = code.compactMap { line -> String? in
            let words = line.split(separator: " ")
            guard let index = words.firstIndex(of: "import"), index + 1 < words.count else { return nil }
            let kinds: Set<Substring> = ["struct", "class", "enum", "func", "protocol", "let", "var", "typealias"]
            let module =
                kinds.contains(words[index + 1]) && index + 2 < words.count ? words[index + 2] : words[index + 1]
            return module.split(separator: ".").first.map(String.init)
        }
        return File(target: target, path: path, code: code.joined(separator: "\n"), imports: Set(imports))
    }
}
