import ArgumentParser
import CLISupport
import Logging
import Transport

/// What every command of `chatd` takes, before or behind its name.
struct SharedOptions: ParsableArguments, Sendable {
    @Option(parsing: .unconditional, help: ArgumentHelp("The data directory.", valueName: "dir"))
    var data: String?

    @Option(
        parsing: .unconditional,
        help: ArgumentHelp("The configuration (default: chatd.toml in the data directory).", valueName: "file"))
    var config: String?

    @Flag(help: "Print JSON, one object a line; errors too, on stderr.")
    var json = false

    @Flag(help: "Never ask anything.")
    var noInput = false

    @Flag(name: .shortAndLong, help: "Say nothing on stderr but errors.")
    var quiet = false

    @Flag(name: .shortAndLong, help: "Log more on stderr; repeat it for more.")
    var verbose: Int

    func directory() throws(Problem) -> DataDirectory {
        guard let data else { return try DataDirectory.standard() }
        guard !data.isEmpty else { throw Problem(.usage, "--data needs a directory") }
        var path = data
        while path.utf8.count > 1 && path.hasSuffix("/") { path.removeLast() }
        return DataDirectory(path)
    }

    /// The configuration's file; an empty one where none is there and none was asked for.
    func file(in directory: DataDirectory) throws(Problem) -> Configuration {
        let path = config ?? directory.configuration
        guard let bytes = try WholeFile.read(path, limit: Configuration.maximumBytes) else {
            guard config == nil else { throw Problem(.missingFile, "there is no configuration \(path)") }
            return Configuration(file: path)
        }
        do throws(ConfigurationError) {
            return try Configuration(parsing: bytes, file: path)
        } catch { throw error.problem }
    }

    func configuration(
        in directory: DataDirectory, flags: ServerConfiguration.Flags = .init(), bound: [NetworkAddress]? = nil
    ) throws(Problem) -> ServerConfiguration {
        try Owner.check(directory)
        return try ServerConfiguration(file: try file(in: directory), flags: flags, bound: bound)
    }

    var logLevel: Logger.Level {
        if quiet { return .error }
        return verbose == 0 ? .info : verbose == 1 ? .debug : .trace
    }
}
