import CLISupport
import Glibc
import System

/// The process's environment. An empty value counts as none.
package struct Environment: Sendable {
    private let bytes: @Sendable (String) -> [UInt8]?

    package init(bytes: @escaping @Sendable (String) -> [UInt8]?) { self.bytes = bytes }
    package init(_ lookUp: @escaping @Sendable (String) -> String?) {
        self.init(bytes: { lookUp($0).map { Array($0.utf8) } })
    }

    package static let process = Environment(bytes: { name in
        getenv(name).map { Array(UnsafeRawBufferPointer(start: $0, count: strlen($0))) }
    })

    /// As text; bytes that are none are replaced.
    package subscript(name: String) -> String? {
        guard let value = bytes(name), !value.isEmpty else { return nil }
        return String(decoding: value, as: UTF8.self)
    }

    /// As the name of a file or directory: one that is not text would become the name of another one.
    package func path(_ name: String) throws(Problem) -> String? {
        guard let value = bytes(name), !value.isEmpty else { return nil }
        return try Paths.text(value, of: name)
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
            if let value = try environment.path(variable), value.hasPrefix("/") { return value + "/chat" }
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
        if let home = try environment.path("HOME"), home.hasPrefix("/") { return home }
        if let home = try homeOfUserDatabase() { return home }
        throw Problem(
            .badConfiguration, "no home directory: HOME is not set and the user database names none",
            hint: "set HOME, or XDG_CONFIG_HOME, XDG_DATA_HOME and XDG_STATE_HOME")
    }

    static func text(_ bytes: [UInt8], of source: String) throws(Problem) -> String {
        guard let text = String(validating: bytes, as: UTF8.self) else {
            throw Problem(
                .badConfiguration, "\(source) names a directory or file whose name is not UTF-8",
                hint: "set HOME, or XDG_CONFIG_HOME, XDG_DATA_HOME and XDG_STATE_HOME, to one whose name is")
        }
        return text
    }

    private static func homeOfUserDatabase() throws(Problem) -> String? {
        guard let user = UserDatabase.own else { return nil }
        let home = try text(user.home, of: "the user database")
        return home.hasPrefix("/") ? home : nil
    }
}
