import ArgumentParser
import CLISupport
import Logging
import Transport

struct RunCommand: ChatdCommand {
    static let configuration = CommandConfiguration(commandName: "run", abstract: "Run the server.")

    @Option(
        parsing: .unconditionalSingleValue,
        help: ArgumentHelp("Where to listen; may be repeated (default: 127.0.0.1:7420).", valueName: "address"),
        transform: RunCommand.address)
    var listen: [NetworkAddress] = []

    @Option(
        parsing: .unconditional,
        help: ArgumentHelp(
            "Where to tell metrics: a loopback address with its port, or a socket's path.", valueName: "address"),
        transform: RunCommand.metricsAddress)
    var metrics: LocalAddress?

    @Option(
        parsing: .unconditional,
        help: ArgumentHelp("A certificate and its chain, PEM (default: its own).", valueName: "file"))
    var tlsCert: String?

    @Option(parsing: .unconditional, help: ArgumentHelp("The certificate's private key, PEM.", valueName: "file"))
    var tlsKey: String?

    @Option(
        parsing: .unconditional,
        help: ArgumentHelp(
            "Who can make an account: open, invite or closed (default: open on loopback alone, else invite).",
            valueName: "policy"), transform: RunCommand.choice)
    var registration: RegistrationPolicy?

    @Option(
        parsing: .unconditional,
        help: ArgumentHelp(
            "Who can write to everyone: all or admins (default: all on loopback alone, else admins).",
            valueName: "policy"), transform: RunCommand.choice)
    var broadcast: BroadcastPolicy?

    @Option(
        parsing: .unconditional,
        help: ArgumentHelp("How large the store can grow, such as 10G.", valueName: "size"),
        transform: RunCommand.size)
    var maxStore: UInt64?

    @Option(
        parsing: .unconditional,
        help: ArgumentHelp("The form of the log on stderr: logfmt or json.", valueName: "form"),
        transform: RunCommand.choice)
    var logFormat: LogFormat?

    @OptionGroup var shared: SharedOptions

    mutating func validate() throws {
        guard (tlsCert == nil) == (tlsKey == nil) else {
            throw ValidationError("--tls-cert and --tls-key come together")
        }
    }

    private static func address(_ text: String) throws -> NetworkAddress {
        guard let address = ListenAddress.parse(text) else { throw ValidationError("expected \(ListenAddress.form)") }
        return address
    }

    private static func metricsAddress(_ text: String) throws -> LocalAddress {
        guard let address = MetricsAddress.parse(text) else {
            throw ValidationError("expected \(MetricsAddress.form)")
        }
        return address
    }

    private static func size(_ text: String) throws -> UInt64 {
        guard let bytes = SizeText.bytes(text) else { throw ValidationError("expected \(SizeText.form)") }
        return bytes
    }

    private static func choice<Choice: RawRepresentable<String> & CaseIterable>(_ text: String) throws -> Choice {
        guard let choice = Choice(rawValue: text) else {
            throw ValidationError("expected one of \(Choice.allCases.map(\.rawValue).joined(separator: ", "))")
        }
        return choice
    }

    private var flags: ServerConfiguration.Flags {
        var flags = ServerConfiguration.Flags()
        flags.listen = listen
        flags.metrics = metrics
        flags.certificate = tlsCert
        flags.key = tlsKey
        flags.registration = registration
        flags.broadcast = broadcast
        flags.maxStore = maxStore
        flags.logFormat = logFormat
        return flags
    }

    func run(in context: CommandContext) async throws(Problem) -> ExitStatus {
        let directory = try shared.directory()
        let configuration = try shared.configuration(in: directory, flags: flags)
        let level = shared.logLevel
        let log = Logger(label: "chatd") { _ in LineLog(format: configuration.logFormat, level: level) }
        let runner = ServiceRunner(
            directory: directory, configuration: configuration,
            reread: { (bound: [NetworkAddress]) throws(Problem) in
                try shared.configuration(in: directory, flags: flags, bound: bound)
            }, log: log,
            announce: { line in _ = context.write(line) })
        try await runner.run()
        return .done
    }
}
