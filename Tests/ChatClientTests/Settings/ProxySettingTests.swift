import CLISupport
import Testing
import Transport

@testable import ChatClient

@Suite struct ProxySettingTests {
    private static let server = "chat.example.org:7420"

    private func setting(
        flag: String? = nil, _ variables: [String: String] = [:], line: String? = nil, isPrivate: Bool = true
    ) throws(Problem) -> ProxySetting {
        try ProxySetting(
            flag: flag, environment: Environment { variables[$0] },
            line: line.map { url in
                ProxySetting.Line(url: url, isPrivate: isPrivate) { Problem(.badConfiguration, "config:1: \($0)") }
            })
    }

    /// What a server is reached through.
    private func way(_ setting: ProxySetting, to server: String = server) throws -> String? {
        try setting.proxy(for: try #require(ServerAddress(server)))?.description
    }

    @Test(arguments: [
        ("socks5h://proxy", "socks5h://proxy:1080"), ("SOCKS5://[::1]:9/", "socks5://[::1]:9"),
        ("http://u:p@10.0.0.1:3128", "http://10.0.0.1:3128"), ("http://u%40x:%3a%2F@h:1", "http://h:1"),
        ("socks5://u@h", "socks5://h:1080"),
    ])
    func `a proxy is named by its URL`(url: String, text: String) {
        #expect(Proxy(url: url)?.description == text)
    }

    @Test func `user and password are decoded`() {
        #expect(
            Proxy(url: "http://u%40x:%3a%2F@h:1")?.credentials
                == Proxy.Credentials(user: Array("u@x".utf8), password: Array(":/".utf8)))
    }

    @Test(arguments: [
        "", "proxy:1080", "https://proxy", "socks4://proxy", "http://", "http://:80", "http://a b", "http://h:0",
        "http://:p@h", "http://u%4:p@h", "http://u:%zz@h", "http://h/path", "http://h?x", "http://a%3ab:c@h",
        "http://" + String(repeating: "u", count: 256) + "@h",
    ])
    func `everything else is no proxy`(url: String) {
        #expect(Proxy(url: url) == nil)
    }

    @Test func `a flag goes over the environment over the file over none`() throws {
        let variables = ["ALL_PROXY": "http://env:1", "NO_PROXY": "other.example"]
        #expect(try way(setting(flag: "http://flag:1", variables, line: "http://file:1")) == "http://flag:1")
        #expect(try way(setting(variables, line: "http://file:1")) == "http://env:1")
        #expect(try way(setting(line: "http://file:1")) == "http://file:1")
        #expect(try way(setting()) == nil)
        #expect(try way(setting(flag: "none", variables, line: "http://file:1")) == nil)
        #expect(try way(setting(["all_proxy": "socks5://small"].merging(variables) { $1 })) == "socks5://small:1080")
    }

    @Test func `this machine is never reached through a proxy`() throws {
        for server in ["127.0.0.1", "localhost", "[::1]"] {
            #expect(try way(setting(flag: "http://flag:1"), to: server) == nil)
        }
    }

    @Test(arguments: [
        ("*", true), ("example.org", true), (".example.org", true), ("*.example.org", true),
        ("chat.example.org:7420", true), ("chat.example.org:1", false), ("ample.org", false), ("a,EXAMPLE.org b", true),
        ("", false), ("10.0.0.0/8", false), ("chat.example.org.", false), ("org/x", false),
    ])
    func `names in NO_PROXY are reached without one`(exceptions: String, isDirect: Bool) throws {
        let setting = try setting(["ALL_PROXY": "http://env:1", "NO_PROXY": exceptions])
        #expect(try way(setting) == (isDirect ? nil : "http://env:1"))
    }

    @Test(arguments: [
        ("10.1.2.3", "10.0.0.0/8", true), ("11.1.2.3", "10.0.0.0/8", false), ("10.1.2.3", "10.1.2.3", true),
        ("10.1.2.3:5", "10.1.2.3:6", false), ("[2001:db8::1]", "2001:db8::/32", true),
        ("[2001:db8::1]", "2001:db8::1", true), ("[2001:db8::1]:9", "[2001:db8::1]:9", true),
        ("10.1.2.3", "10.0.0.0/33", false), ("10.1.2.3", "0.0.0.0/0", true), ("chat.example", "0.0.0.0/0", false),
    ])
    func `addresses and networks in NO_PROXY are reached without one`(
        server: String, exceptions: String, isDirect: Bool
    ) throws {
        let setting = try setting(["NO_PROXY": exceptions], line: "http://file:1")
        #expect(try way(setting, to: server) == (isDirect ? nil : "http://file:1"))
    }

    @Test func `a flag holds whatever NO_PROXY says`() throws {
        #expect(try way(setting(flag: "http://flag:1", ["NO_PROXY": "*"])) == "http://flag:1")
    }

    @Test func `a password stands only where others cannot read it, and is never told`() throws {
        let url = "http://ann:secret@h:1"
        #expect(try way(setting(line: url)) == "http://h:1")
        #expect(try way(setting(["ALL_PROXY": url])) == "http://h:1")
        let problems = [
            #expect(throws: Problem.self) { try setting(line: url, isPrivate: false) },
            #expect(throws: Problem.self) { try setting(flag: url) },
            #expect(throws: Problem.self) { try setting(line: "ftp://ann:secret@h:1") },
            #expect(throws: Problem.self) { try way(setting(["ALL_PROXY": "ftp://ann:secret@h:1"])) },
        ]
        #expect(problems.map(\.?.exit) == [.badConfiguration, .usage, .badConfiguration, .badConfiguration])
        for problem in problems { #expect(problem.map { "\($0)".contains("secret") } == false) }
    }

    @Test func `an environment that is for others harms only who connects`() throws {
        let setting = try setting(["ALL_PROXY": "https://proxy:1", "NO_PROXY": "example.org"])
        #expect(try way(setting) == nil)
        #expect(try way(setting, to: "localhost") == nil)
        #expect(throws: Problem.self) { try way(setting, to: "other.example") }
    }
}
