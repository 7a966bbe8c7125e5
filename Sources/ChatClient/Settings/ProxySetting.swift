import CLISupport
import Transport

/// Through which proxy servers are reached: flag over environment over file.
///
/// What the environment says is for every program: where it makes no sense here it is told only when a connection is
/// wanted.
package struct ProxySetting: Sendable {
    private enum Choice {
        case direct
        case proxy(Proxy, obeysExceptions: Bool)
        case unusable(Problem)
    }

    private let choice: Choice
    private let exceptions: ProxyExceptions

    private init() {
        choice = .direct
        exceptions = ProxyExceptions("")
    }

    package static let none = ProxySetting()

    /// The configuration's line.
    struct Line {
        var url: String
        /// Whether nobody else can read the file.
        var isPrivate: Bool
        /// What is wrong with the line, with file and number.
        var fault: (String) -> Problem
    }

    /// - Parameter flag: it holds whatever `NO_PROXY` says.
    /// - Throws: 64 for a flag that is no proxy, or has a password; 78 for such a line, or a password that others can
    ///   read.
    init(flag: String?, environment: Environment, line: Line?) throws(Problem) {
        // Lower case goes first, as in curl.
        exceptions = ProxyExceptions(environment["no_proxy"] ?? environment["NO_PROXY"] ?? "")
        if let flag {
            choice = try Self.choose(flag: flag)
        } else if let (variable, url) = Self.variable(environment) {
            choice = Self.read(url, obeysExceptions: true) ?? .unusable(Self.unusable(variable))
        } else if let line {
            choice = try Self.choose(line)
        } else {
            choice = .direct
        }
    }

    private static func variable(_ environment: Environment) -> (name: String, url: String)? {
        for name in ["all_proxy", "ALL_PROXY"] {
            if let url = environment[name] { return (name, url) }
        }
        return nil
    }

    /// The proxy for a server; nil: none. This machine is never reached through one.
    ///
    /// - Throws: 78 where the environment names what is none.
    package func proxy(for server: ServerAddress) throws(Problem) -> Proxy? {
        guard !server.isLoopback else { return nil }
        switch choice {
        case .direct: return nil
        case .proxy(let proxy, let obeysExceptions):
            return obeysExceptions && exceptions.contain(server) ? nil : proxy
        case .unusable(let problem):
            if exceptions.contain(server) { return nil }
            throw problem
        }
    }

    private static func choose(flag: String) throws(Problem) -> Choice {
        guard let choice = read(flag, obeysExceptions: false) else {
            throw Problem(.usage, "a proxy must be \(Proxy.form)")
        }
        // Everybody on the machine can read the arguments of a process.
        if case .proxy(let proxy, _) = choice, proxy.credentials != nil {
            throw Problem(
                .usage, "a proxy that is an argument has no user and password: others could read them",
                hint: "put proxy = \"…\" into a configuration file of mode 600")
        }
        return choice
    }

    private static func choose(_ line: Line) throws(Problem) -> Choice {
        guard let choice = read(line.url, obeysExceptions: true) else {
            throw line.fault("proxy must be \(Proxy.form)")
        }
        if case .proxy(let proxy, _) = choice, proxy.credentials != nil, !line.isPrivate {
            var problem = line.fault("the proxy's password is open to others")
            problem.hint = "chmod 600 the file"
            throw problem
        }
        return choice
    }

    /// What a text means; the text itself may hold a password and is never told.
    private static func read(_ text: String, obeysExceptions: Bool) -> Choice? {
        if text == "none" { return .direct }
        return Proxy(url: text).map { .proxy($0, obeysExceptions: obeysExceptions) }
    }

    private static func unusable(_ variable: String) -> Problem {
        Problem(
            .badConfiguration, "\(variable) names no proxy that can be used; it must be \(Proxy.form)",
            advice: .setAnotherProxy, sent: .no)
    }
}
