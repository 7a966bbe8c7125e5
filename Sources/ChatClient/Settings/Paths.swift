import CLISupport
import Glibc

/// The process's environment. An empty value counts as none.
package struct Environment: Sendable {
    private let lookUp: @Sendable (String) -> String?

    package init(_ lookUp: @escaping @Sendable (String) -> String?) { self.lookUp = lookUp }

    package static let process = Environment { name in getenv(name).map { String(cString: $0) } }

    package subscript(name: String) -> String? {
        guard let value = lookUp(name), !value.isEmpty else { return nil }
        return value
    }
}

/// Where this user's files are (XDG Base Directory Specification 0.8).
package struct Paths: Equatable, Sendable {
    /// `…/chat` with the configuration and the known servers.
    package var configuration: String
    /// `…/chat` with a directory a profile.
    package var data: String
    /// `…/chat` with a directory a profile.
    package var state: String

    package init(configuration: String, data: String, state: String) {
        self.configuration = configuration
        self.data = data
        self.state = state
    }

    /// - Throws: `bad_configuration` where neither the environment nor the user database names a home.
    package init(environment: Environment) throws(Problem) {
        var home: String?
        func directory(_ variable: String, _ fallback: String) throws(Problem) -> String {
            // The specification: a relative path is invalid and to be ignored.
            if let value = environment[variable], value.hasPrefix("/") { return value + "/chat" }
            if let home { return home + fallback + "/chat" }
            let base = try Self.home(environment)
            home = base
            return base + fallback + "/chat"
        }
        configuration = try directory("XDG_CONFIG_HOME", "/.config")
        data = try directory("XDG_DATA_HOME", "/.local/share")
        state = try directory("XDG_STATE_HOME", "/.local/state")
    }

    package var configurationFile: String { configuration + "/config.toml" }
    /// The directory in which programs keep their state, without our own name.
    var stateHome: String { state.hasSuffix("/chat") ? String(state.dropLast(5)) : state }
    package var knownServersFile: String { configuration + "/known_servers" }

    private static func home(_ environment: Environment) throws(Problem) -> String {
        if let home = environment["HOME"], home.hasPrefix("/") { return home }
        if let home = homeOfUserDatabase() { return home }
        throw Problem(
            .badConfiguration, "no home directory: HOME is not set and the user database names none",
            hint: "set HOME, or XDG_CONFIG_HOME, XDG_DATA_HOME and XDG_STATE_HOME")
    }

    private static func homeOfUserDatabase() -> String? {
        var record = passwd()
        var result: UnsafeMutablePointer<passwd>?
        var buffer = [CChar](repeating: 0, count: 16 << 10)
        guard getpwuid_r(getuid(), &record, &buffer, buffer.count, &result) == 0, result != nil,
            let directory = record.pw_dir
        else { return nil }
        let home = String(cString: directory)
        return home.hasPrefix("/") ? home : nil
    }
}
