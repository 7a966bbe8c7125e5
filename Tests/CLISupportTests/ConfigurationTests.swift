import Testing

@testable import CLISupport

@Suite struct ConfigurationTests {
    private func parse(_ text: String) throws(ConfigurationError) -> Configuration {
        try Configuration(parsing: Array(text.utf8), file: "f.toml")
    }

    @Test func `a file of all kinds of values is read`() throws {
        let configuration = try parse(
            """
            # a comment
            server = "chat.example.org:7420"   # behind a value
            literal = 'C:\\path "x"'
            escaped = "tab\\tquote\\"\\u00e9\\U0001F600"
            quiet=true\r
            never = false
            [limits]
            rate = 1_000
            low = -5
            [ listen ]
            at = [
                "127.0.0.1:7420", # v4
                '[::1]:7420',
            ]
            none = []
            """)
        #expect(try configuration.string("server") == "chat.example.org:7420")
        #expect(try configuration.string("literal") == "C:\\path \"x\"")
        #expect(try configuration.string("escaped") == "tab\tquote\"é😀")
        #expect(try configuration.bool("quiet") == true)
        #expect(try configuration.bool("never") == false)
        #expect(try configuration.integer("limits.rate", in: 1...5000) == 1000)
        #expect(try configuration.integer("limits.low", in: -10...0) == -5)
        #expect(try configuration.strings("listen.at") == ["127.0.0.1:7420", "[::1]:7420"])
        #expect(try configuration.strings("listen.none") == [])
        #expect(try configuration.string("absent") == nil)
        #expect(configuration.entries["limits.rate"]?.line == 8)
    }

    @Test(arguments: ["", "\n", "# only\n", "  \t\n\r\n"]) func `an empty file is empty`(text: String) throws {
        #expect(try parse(text).entries.isEmpty)
    }

    @Test(arguments: [
        ("a", 1), ("a =", 1), ("= 1", 1), ("\na = b", 2), ("a = 1\na = 2", 2), ("a = \"x", 1), ("a = \"x\ny\"", 1),
        ("a = \"\\q\"", 1), ("a = \"\\ud800\"", 1), ("a = \"\\u12\"", 1), ("a = 1 2", 1), ("a = 01", 1),
        ("a = 1__0", 1), ("a = 1.5", 1), ("a = 0x10", 1), ("a = 1979-05-27", 1), ("a = 99999999999999999999", 1),
        ("a = truthy", 1), ("a = [1]", 1), ("a = [\"x\" \"y\"]", 1), ("a = [\"x\",\n\n3]", 3), ("a = [", 1),
        ("[s", 1), ("[s]\n[s]", 2), ("[[s]]", 1), ("[]", 1), ("a.b = 1", 1), ("\"a\" = 1", 1), ("a = {}", 1),
        ("a = \"\u{1}\"", 1), ("é = 1", 1), ("a = 1\rb = 2", 1), ("a = \"\"\"x\"\"\"", 1), ("[s] a = 1", 1),
    ])
    func `what is outside the subset is refused by line`(text: String, line: Int) {
        #expect { try parse(text) } throws: { error in
            (error as? ConfigurationError)?.line == line && (error as? ConfigurationError)?.file == "f.toml"
        }
    }

    @Test(arguments: [
        ("a = \"\u{1}\"", "a control character in a text; write it as \\uXXXX"),
        ("a = '\u{1}'", "a control character in a text; write it as \\uXXXX within double quotes"),
    ])
    func `who writes a control character is told an escape that will be understood`(text: String, advice: String) {
        #expect { try parse(text) } throws: { ($0 as? ConfigurationError)?.reason == advice }
    }

    @Test func `a value of another kind is refused by line`() throws {
        let configuration = try parse("a = 1\nb = \"x\"\nd = \"5 minutes\"")
        #expect { try configuration.string("a") } throws: {
            ($0 as? ConfigurationError)?.text == "f.toml:1: a must be a text in quotes, not a whole number"
        }
        #expect(throws: ConfigurationError.self) { try configuration.integer("b", in: 0...1) }
        #expect { try configuration.integer("a", in: 5...9) } throws: {
            ($0 as? ConfigurationError)?.text == "f.toml:1: a must be from 5 to 9, not 1"
        }
        #expect(throws: ConfigurationError.self) { try configuration.bool("b") }
        #expect(throws: ConfigurationError.self) { try configuration.strings("b") }
        #expect(throws: ConfigurationError.self) { try configuration.duration("d") }
    }

    @Test func `an unknown key is refused at the first line that has one`() throws {
        let configuration = try parse("server = \"x\"\nservre = \"y\"\ncolour = \"z\"")
        #expect { try configuration.refuseUnknownKeys(["server", "color"]) } throws: {
            ($0 as? ConfigurationError)?.text == "f.toml:2: unknown key servre; known are color, server"
        }
    }

    @Test func `bytes that are not UTF-8 and files over 1 MiB are refused`() {
        #expect(throws: ConfigurationError.self) { try Configuration(parsing: [0x61, 0xff], file: "f") }
        #expect(throws: ConfigurationError.self) {
            try Configuration(parsing: [UInt8](repeating: 0x0a, count: 1 << 20 + 1), file: "f")
        }
    }

    @Test func `an error is bad configuration for the program`() {
        let problem = ConfigurationError(file: "f", line: 3, reason: "r").problem
        #expect(problem.exit == .badConfiguration)
        #expect(problem.text == "f:3: r")
    }
}
