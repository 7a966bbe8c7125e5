import CLISupport
import Transport

/// Where the server's certificate comes from.
package enum CertificateSource: Sendable, Equatable {
    /// Its own, in the data directory, made at first start.
    case own
    case files(certificate: String, key: String)
}

package enum LogFormat: String, CaseIterable, Sendable {
    case logfmt
    case json
}

/// Everything that `chatd run` can be told: flags over file over defaults.
package struct ServerConfiguration: Sendable, Equatable {
    package var listen: [NetworkAddress]
    /// Where metrics are told; nil: nowhere.
    package var metrics: LocalAddress?
    package var certificate: CertificateSource
    package var registration: RegistrationPolicy
    package var broadcast: BroadcastPolicy
    package var logFormat: LogFormat
    package var limits: ServerLimits

    /// What a command line says; nil where it says nothing.
    package struct Flags: Sendable, Equatable {
        package var listen: [NetworkAddress] = []
        package var metrics: LocalAddress?
        package var certificate: String?
        package var key: String?
        package var registration: RegistrationPolicy?
        package var broadcast: BroadcastPolicy?
        package var maxStore: UInt64?
        package var logFormat: LogFormat?

        package init() {}
    }

    /// - Parameter bound: where the server listens already. Who may come in by default follows from these and not
    ///   from what is written now, which counts from the next start.
    /// - Throws: `bad_configuration` with file and line.
    package init(file: Configuration, flags: Flags = Flags(), bound: [NetworkAddress]? = nil) throws(Problem) {
        do throws(ConfigurationError) {
            try self.init(reading: file, flags, bound)
        } catch { throw error.problem }
    }

    private init(
        reading file: Configuration, _ flags: Flags, _ bound: [NetworkAddress]?
    ) throws(ConfigurationError) {
        try file.refuseUnknownKeys(Self.keys)
        listen = flags.listen.isEmpty ? try Self.addresses(file) : flags.listen
        let metrics = try Self.metrics(file)
        self.metrics = flags.metrics ?? metrics
        certificate = try Self.certificate(file, flags)
        // Read even where a flag stands before it, so that a slip in the file never waits for its day.
        let format: LogFormat? = try file.choice("log_format")
        logFormat = flags.logFormat ?? format ?? .logfmt
        limits = try ServerLimits(file)
        if let size = flags.maxStore { limits.maxStore = size }
        // On loopback alone everybody is on this machine already; elsewhere the owner decides who comes in.
        let isPrivate = (bound ?? listen).allSatisfy(\.isLoopback)
        let registration: RegistrationPolicy? = try file.choice("registration")
        self.registration = flags.registration ?? registration ?? (isPrivate ? .open : .invite)
        let broadcast: BroadcastPolicy? = try file.choice("broadcast")
        self.broadcast = flags.broadcast ?? broadcast ?? (isPrivate ? .all : .admins)
        // Nobody but this machine's own users is kept awake by a message to everyone.
        if isPrivate, file.entries["limits.everyone_interval"] == nil { limits.everyoneInterval = .zero }
    }

    /// The keys in which this one differs from what a service was started with, and that count only when it starts
    /// again.
    package func waiting(since started: ServerConfiguration) -> [String] {
        var keys: [String] = []
        if listen != started.listen { keys.append("listen") }
        if metrics != started.metrics { keys.append("metrics") }
        if logFormat != started.logFormat { keys.append("log_format") }
        if limits.passwordThreads != started.limits.passwordThreads { keys.append("limits.password_threads") }
        return keys
    }

    /// The keys of `chatd.toml`.
    package static let keys: Set<String> = ServerLimits.keys.union([
        "listen", "metrics", "tls_cert", "tls_key", "registration", "broadcast", "log_format",
    ])

    private static func addresses(_ file: Configuration) throws(ConfigurationError) -> [NetworkAddress] {
        guard let texts = try file.strings("listen"), !texts.isEmpty else { return [ListenAddress.default] }
        var addresses: [NetworkAddress] = []
        for text in texts {
            guard let address = ListenAddress.parse(text) else {
                throw file.failure(at: "listen", "listen must be \(ListenAddress.form), not \"\(text)\"")
            }
            addresses.append(address)
        }
        return addresses
    }

    private static func metrics(_ file: Configuration) throws(ConfigurationError) -> LocalAddress? {
        guard let text = try file.string("metrics") else { return nil }
        guard let address = MetricsAddress.parse(text) else {
            throw file.failure(at: "metrics", "metrics must be \(MetricsAddress.form), not \"\(text)\"")
        }
        return address
    }

    private static func certificate(
        _ file: Configuration, _ flags: Flags
    ) throws(ConfigurationError) -> CertificateSource {
        let isFlagged = flags.certificate != nil || flags.key != nil
        let certificate = isFlagged ? flags.certificate : try file.string("tls_cert")
        let key = isFlagged ? flags.key : try file.string("tls_key")
        switch (certificate, key) {
        case (nil, nil): return .own
        case (let certificate?, let key?): return .files(certificate: certificate, key: key)
        default:
            throw file.failure(at: certificate == nil ? "tls_key" : "tls_cert", "tls_cert and tls_key come together")
        }
    }
}

extension Configuration {
    /// One of the words of `Choice`.
    fileprivate func choice<Choice: RawRepresentable<String> & CaseIterable>(
        _ key: String
    ) throws(ConfigurationError) -> Choice? {
        guard let text = try string(key) else { return nil }
        guard let choice = Choice(rawValue: text) else {
            let words = Choice.allCases.map { "\"\($0.rawValue)\"" }.joined(separator: ", ")
            throw failure(at: key, "\(key) must be one of \(words), not \"\(text)\"")
        }
        return choice
    }
}
