import CLISupport
import ChatProtocol
import Glibc
import System
import TestSupport
import Testing

@testable import ChatClient

@Suite struct ServerAddressTests {
    @Test(arguments: [
        ("chat.example.org", "chat.example.org:7420"), ("Chat.Example.ORG:1", "chat.example.org:1"),
        ("127.0.0.1", "127.0.0.1:7420"), ("127.0.0.1:65535", "127.0.0.1:65535"), ("[::1]", "[::1]:7420"),
        ("[0:0::0001]:9", "[::1]:9"), ("localhost:7420", "localhost:7420"), ("a_b:5", "a_b:5"),
    ])
    func `addresses are read in their canonical form`(text: String, canonical: String) {
        #expect(ServerAddress(text)?.text == canonical)
    }

    @Test(arguments: [
        "", ":", ":1", "a:", "a:0", "a:65536", "a:-1", "a:+1", "a:1x", "::1", "[::1", "[::1]x", "[::1]:", "[a]",
        "[127.0.0.1]", "127.1", "1", "-a", "a-", "a..b", ".a", "a b", "a/b", "user@a", "ä.example", "a:１",
        String(repeating: "a", count: 64), "fe80::1%eth0",
    ])
    func `everything else is refused`(text: String) {
        #expect(ServerAddress(text) == nil)
    }

    @Test func `loopback is known`() {
        for text in ["127.0.0.1", "127.9.9.9", "[::1]", "localhost"] {
            #expect(ServerAddress(text)?.isLoopback == true, "\(text)")
        }
        for text in ["128.0.0.1", "localhost.example.org", "[::2]", "127.example"] {
            #expect(ServerAddress(text)?.isLoopback == false, "\(text)")
        }
    }
}

@Suite struct SettingsTests {
    private func environment(_ values: [String: String]) -> Environment {
        Environment { values[$0] }
    }

    private func home(_ configuration: String? = nil) throws -> (Scratch, [String: String]) {
        let scratch = try Scratch()
        if let configuration {
            let directory = scratch.url.path + "/.config/chat"
            try PrivateDirectory.create(directory)
            try SmallFile.create(directory + "/config.toml", with: Array(configuration.utf8)).get()
        }
        return (scratch, ["HOME": scratch.url.path])
    }

    @Test func `a flag goes over the environment over the file over the default`() throws {
        let (scratch, home) = try home("server = \"file.example\"\nprofile = \"file\"\ntrust = \"strict\"\n")
        defer { _ = scratch }
        var settings = try ClientSettings(flags: SettingsFlags(), environment: environment(home))
        #expect(settings.serverOfNewProfiles.text == "file.example:7420")
        #expect(settings.requestedServer == nil, "the file binds no profile")
        #expect(settings.profile.text == "file")
        #expect(settings.trust == .strict)
        let variables = home.merging(["CHAT_SERVER": "env.example", "CHAT_PROFILE": "Env"]) { $1 }
        settings = try ClientSettings(flags: SettingsFlags(), environment: environment(variables))
        #expect(settings.requestedServer?.text == "env.example:7420")
        #expect(settings.serverOfNewProfiles.text == "env.example:7420")
        #expect(settings.profile.text == "env")
        settings = try ClientSettings(
            flags: SettingsFlags(server: "flag.example", trust: "accept-new"), environment: environment(variables))
        #expect(settings.requestedServer?.text == "flag.example:7420")
        #expect(settings.trust == .acceptNew)
        let (empty, bare) = try self.home()
        defer { _ = empty }
        settings = try ClientSettings(flags: SettingsFlags(), environment: environment(bare))
        #expect(settings.requestedServer == nil)
        #expect(settings.serverOfNewProfiles == .default)
        #expect(settings.profile.text == "default")
        #expect(settings.receipts)
    }

    @Test(arguments: [
        ("color = \"never\"\ncolour = \"x\"", "config.toml:2"), ("server = \"a b\"", "config.toml:1"),
        ("\nreceipts = 1", "config.toml:2"), ("profile = \"me\"", "config.toml:1"), ("x", "config.toml:1"),
    ])
    func `a wrong line is named`(text: String, place: String) throws {
        let (scratch, home) = try home(text)
        defer { _ = scratch }
        let problem = #expect(throws: Problem.self) {
            try ClientSettings(flags: SettingsFlags(), environment: environment(home))
        }
        #expect(problem?.exit == .badConfiguration)
        #expect(problem?.text.contains(place) == true, "\(problem?.text ?? "")")
    }

    @Test func `wrong flags and variables and missing files have their own status`() throws {
        let (scratch, home) = try home()
        defer { _ = scratch }
        func status(_ flags: SettingsFlags, _ variables: [String: String] = [:]) -> CLISupport.ExitStatus? {
            let merged = home.merging(variables) { $1 }
            do throws(Problem) {
                _ = try ClientSettings(flags: flags, environment: environment(merged))
                return nil
            } catch { return error.exit }
        }
        #expect(status(SettingsFlags(server: "x y")) == .usage)
        #expect(status(SettingsFlags(trust: "never")) == .usage)
        #expect(status(SettingsFlags(), ["CHAT_PROFILE": "all"]) == .badConfiguration)
        #expect(status(SettingsFlags(config: "/nonexistent/c.toml")) == .missingInput)
        #expect(status(SettingsFlags(), ["CHAT_CONFIG": "/nonexistent/c.toml"]) == .missingInput)
        #expect(status(SettingsFlags(config: scratch.url.path)) == .badConfiguration)
        #expect(status(SettingsFlags(), ["CHAT_SERVER": ""]) == nil)
    }

    @Test func `directories follow the specification`() throws {
        let paths = try Paths(
            environment: environment(["HOME": "/h", "XDG_DATA_HOME": "/d", "XDG_STATE_HOME": "relative"]))
        #expect(paths == Paths(configuration: "/h/.config/chat", data: "/d/chat", state: "/h/.local/state/chat"))
        let named = ["XDG_DATA_HOME": "/d", "XDG_STATE_HOME": "/s", "XDG_CONFIG_HOME": "/c"]
        #expect(try Paths(environment: environment(named)).configuration == "/c/chat")
        // Without HOME the user database counts.
        #expect(try Paths(environment: environment([:])).data.hasSuffix("/.local/share/chat"))
    }
}

@Suite struct ProfileDirectoryTests {
    private func directory() throws -> (Scratch, ProfileDirectory) {
        let scratch = try Scratch()
        let home = scratch.url.path
        let paths = Paths(configuration: home + "/c", data: home + "/a/b/d", state: home + "/s")
        return (scratch, ProfileDirectory(paths: paths, profile: try #require(UserName("p"))))
    }

    private func mode(_ path: String) -> mode_t {
        var status = stat()
        return lstat(path, &status) == 0 ? status.st_mode & 0o777 : 0
    }

    @Test func `what is made is private`() throws {
        let (scratch, directory) = try directory()
        defer { _ = scratch }
        #expect(try directory.check() == .absent)
        try directory.create()
        _ = try ClientStore(directory, mode: .create)
        #expect(try directory.check() == .usable)
        for path in [directory.path, scratch.url.path + "/a", scratch.url.path + "/a/b/d"] {
            #expect(mode(path) == 0o700, "\(path)")
        }
        for suffix in ["", "-wal", "-shm"] { #expect(mode(directory.storeFile + suffix) == 0o600, "\(suffix)") }
        #expect(mode(directory.wakeFile) == 0o600)
    }

    @Test func `a store that others could reach is refused`() throws {
        let (scratch, directory) = try directory()
        defer { _ = scratch }
        try directory.create()
        _ = try ClientStore(directory, mode: .create)
        func refusal() -> String? {
            do throws(Problem) {
                _ = try directory.check()
                return nil
            } catch { return error.code }
        }
        for path in [directory.path, directory.storeFile, directory.storeFile + "-wal"] {
            let before = mode(path)
            for bits: mode_t in [0o004, 0o010, 0o040, 0o020] {
                chmod(path, before | bits)
                #expect(refusal() == "unsafe_store", "\(path) \(bits)")
            }
            chmod(path, before)
            #expect(refusal() == nil)
        }
        rename(directory.storeFile, directory.storeFile + ".real")
        symlink(directory.storeFile + ".real", directory.storeFile)
        #expect(refusal() == "unsafe_store")
        unlink(directory.storeFile)
        rename(directory.storeFile + ".real", directory.storeFile)
        rename(directory.path, directory.path + "-real")
        symlink(directory.path + "-real", directory.path)
        #expect(refusal() == "unsafe_store")
    }
}
