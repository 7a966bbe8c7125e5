import CLISupport
import ChatProtocol
import GroupRules
import System

package enum ColorChoice: String, CaseIterable, Sendable { case auto, always, never }

/// What flags say; nil where they say nothing.
package struct SettingsFlags: Sendable {
    package var server: String?
    package var profile: String?
    package var config: String?
    package var trust: String?
    package var color: String?
    package var connectTimeout: Duration?
    package var proxy: String?
    package var keys: String?

    package init(
        server: String? = nil, profile: String? = nil, config: String? = nil, trust: String? = nil,
        color: String? = nil, connectTimeout: Duration? = nil, proxy: String? = nil, keys: String? = nil
    ) {
        self.server = server
        self.profile = profile
        self.config = config
        self.trust = trust
        self.color = color
        self.connectTimeout = connectTimeout
        self.proxy = proxy
        self.keys = keys
    }
}

/// What holds for this run: flag over environment over file over default.
package struct ClientSettings: Sendable {
    package static let defaultConnectTimeout = Duration.seconds(10)
    /// Transactions take well under a millisecond; a hundred processes that sync at once on a slow disk need seconds.
    package static let storePatience = Duration.seconds(20)
    package static let defaultProfile = "default"

    package var paths: Paths
    /// The configuration file that was read or, where there is none, would be.
    package var configurationFile: String
    /// What this run was asked for, by flag or environment; nil: the profile's own server. Another than that is refused.
    package var requestedServer: ServerAddress?
    /// The configuration's, for profiles that were not logged in yet.
    package var configuredServer: ServerAddress?
    package var profile: UserName
    package var trust: TrustSetting
    package var color: ColorChoice
    /// Whether what was shown is told to the senders.
    package var receipts: Bool
    package var connectTimeout: Duration
    package var proxy = ProxySetting.none
    /// Who may be written to directly.
    package var keys = KeyPolicy.tofu
    /// A file of keys that count as verified.
    package var keysFile: String?
    /// How long texts stay; nil: as the profile's own way of login says.
    package var keep: KeepPolicy?
    /// How long another process's transaction is waited for.
    package private(set) var storePatience = storePatience

    package init(
        paths: Paths, profile: UserName, requestedServer: ServerAddress? = nil, trust: TrustSetting = .ask,
        color: ColorChoice = .auto, receipts: Bool = true, connectTimeout: Duration = defaultConnectTimeout
    ) {
        self.paths = paths
        configurationFile = paths.configurationFile
        self.requestedServer = requestedServer
        self.profile = profile
        self.trust = trust
        self.color = color
        self.receipts = receipts
        self.connectTimeout = connectTimeout
    }

    /// As these, for what may take so long in all: whoever holds the store is given up while there is time to say so.
    package func within(_ timeout: Duration?) -> Self {
        guard let timeout else { return self }
        var settings = self
        settings.storePatience = min(storePatience, timeout - min(timeout / 4, .seconds(1)))
        return settings
    }

    /// Where a profile goes that belongs to no server yet.
    package var serverOfNewProfiles: ServerAddress { requestedServer ?? configuredServer ?? .default }

    /// Where this run's profile lives.
    package var profileDirectory: ProfileDirectory { ProfileDirectory(paths: paths, profile: profile) }
}

extension ClientSettings {
    private static let knownKeys: Set<String> = [
        "server", "profile", "color", "trust", "receipts", "proxy", "keys", "keys_file", "keep",
    ]

    /// - Throws: 64 for a flag, 78 for an environment variable or a line of the file that cannot be what it is, 66
    ///   where a file was named and is not there.
    package init(flags: SettingsFlags, environment: Environment) throws(Problem) {
        let paths = try Paths(environment: environment)
        var named = flags.config
        if named == nil { named = try environment.path("CHAT_CONFIG") }
        let file = try Self.read(named ?? paths.configurationFile, named: named != nil)
        try self.init(flags: flags, environment: environment, paths: paths, file: file)
    }

    /// - Parameter file: the configuration that counts; empty where there is none.
    init(flags: SettingsFlags, environment: Environment, paths: Paths, file: Configuration) throws(Problem) {
        self.paths = paths
        configurationFile = file.file
        do throws(ConfigurationError) {
            try file.refuseUnknownKeys(Self.knownKeys)
            receipts = try file.bool("receipts") ?? true
        } catch { throw error.problem }

        let server = Setting("server", ServerAddress.form) { ServerAddress($0) }
        requestedServer = try server.choose(flags.server, environment["CHAT_SERVER"], "CHAT_SERVER", nil)
        configuredServer = try server.choose(nil, nil, "", file)
        let profile = try Setting("profile", "a name, \(UserName.grammar)") { UserName(typed: $0) }
            .choose(flags.profile, environment["CHAT_PROFILE"], "CHAT_PROFILE", file)
        guard let profile = profile ?? UserName(Self.defaultProfile) else {
            throw Problem(.internalFault, "the default profile has no name")
        }
        self.profile = profile
        trust = try Setting("trust", TrustSetting.form) { TrustSetting($0) }.choose(flags.trust, nil, "", file) ?? .ask
        color =
            try Setting("color", "auto, always or never") { ColorChoice(rawValue: $0) }
            .choose(flags.color, nil, "", file) ?? .auto
        connectTimeout = flags.connectTimeout ?? Self.defaultConnectTimeout
        proxy = try Self.proxy(flags.proxy, environment, file)
        keys =
            try Setting("keys", "tofu or verified") { KeyPolicy(rawValue: $0) }.choose(flags.keys, nil, "", file)
            ?? .tofu
        keep = try Setting("keep", KeepPolicy.form) { KeepPolicy($0) }.choose(nil, nil, "", file)
        keysFile = try Setting("keys_file", "a path") { $0.isEmpty || $0.utf8.contains(0) ? nil : $0 }
            .choose(nil, nil, "", file).map { Self.absolute($0, besides: configurationFile) }
    }

    /// The profile's name where commands have to give it: nil for the default one.
    package var namedProfile: String? { profile.text == Self.defaultProfile ? nil : profile.text }

    /// A path that does not begin at the root begins where the configuration file lies.
    private static func absolute(_ path: String, besides file: String) -> String {
        guard !path.hasPrefix("/"), let slash = file.lastIndex(of: "/") else { return path }
        return file[...slash] + path
    }

    private static func proxy(
        _ flag: String?, _ environment: Environment, _ file: Configuration
    ) throws(Problem) -> ProxySetting {
        var line: ProxySetting.Line?
        do throws(ConfigurationError) {
            if let url = try file.string("proxy") {
                line = ProxySetting.Line(url: url, isPrivate: FileStatus.isPrivate(configurationAt: file.file)) {
                    file.failure(at: "proxy", $0).problem
                }
            }
        } catch { throw error.problem }
        return try ProxySetting(flag: flag, environment: environment, line: line)
    }

    /// A file that somebody names may be a pipe; it is read before anything else runs, so the thread may block.
    private static func read(_ path: String, named: Bool) throws(Problem) -> Configuration {
        switch SmallFile.read(path, limit: Configuration.maximumBytes, patience: named ? .short : .none) {
        case .success(let bytes):
            do throws(ConfigurationError) { return try Configuration(parsing: bytes, file: path) } catch {
                throw error.problem
            }
        case .failure(let failure) where failure.isOfMissingFile:
            guard named else { return Configuration(file: path) }
            throw Problem(.missingFile, "\(path): no such file", hint: "name a configuration file that exists")
        case .failure(let failure):
            throw Problem(
                .badConfiguration, "\(path): \(failure.text)", hint: "make the file readable, or name another")
        }
    }
}

/// One setting, wherever it comes from.
private struct Setting<Value> {
    let key: String
    let form: String
    let parse: (String) -> Value?

    init(_ key: String, _ form: String, _ parse: @escaping (String) -> Value?) {
        self.key = key
        self.form = form
        self.parse = parse
    }

    func choose(
        _ flag: String?, _ variable: String?, _ variableName: String, _ file: Configuration?
    ) throws(Problem) -> Value? {
        if let flag {
            guard let value = parse(flag) else { throw Problem(.usage, "--\(key) must be \(form), not \"\(flag)\"") }
            return value
        }
        if let variable {
            guard let value = parse(variable) else {
                throw Problem(.badConfiguration, "\(variableName) must be \(form), not \"\(variable)\"")
            }
            return value
        }
        guard let file else { return nil }
        do throws(ConfigurationError) {
            guard let text = try file.string(key) else { return nil }
            guard let value = parse(text) else {
                throw file.failure(at: key, "\(key) must be \(form), not \"\(text)\"")
            }
            return value
        } catch { throw error.problem }
    }
}
