import ArgumentParser

/// The options that every command takes, before or behind its name, as ArgumentParser knows them: `GlobalFlags` are what they say.
struct GlobalOptions: ParsableArguments, Sendable {
    @Option(help: ArgumentHelp("The server.", valueName: "host[:port]"))
    var server: String?

    @Option(help: ArgumentHelp("The profile to use.", valueName: "name"))
    var profile: String?

    @Option(help: ArgumentHelp("The configuration file.", valueName: "file"))
    var config: String?

    @Option(
        help: ArgumentHelp(
            "What to do with a server that is not known: ask, accept-new, strict, or its fingerprint.",
            valueName: "policy"))
    var trust: String?

    @Flag(help: "Print JSON, one object a line; errors too, on stderr.")
    var json = false

    @Option(help: ArgumentHelp("Colour: auto, always or never.", valueName: "when"))
    var color: String?

    @Flag(name: .shortAndLong, help: "Say nothing on stderr but errors.")
    var quiet = false

    @Flag(name: .shortAndLong, help: "Log on stderr; repeat it for more.")
    var verbose: Int

    @Flag(help: "Never ask anything.")
    var noInput = false

    @Option(
        help: ArgumentHelp("How long connecting and logging in may take (default: 10s).", valueName: "duration"),
        transform: OptionText.limit)
    var connectTimeout: Duration?

    @Option(
        help: ArgumentHelp(
            "Reach the server through socks5://, socks5h:// or http:// and HOST[:PORT], or 'none'.",
            valueName: "proxy"))
    var proxy: String?

    @Option(
        help: ArgumentHelp(
            "Who is written to directly: tofu (whoever has the key that was met first; default) or verified.",
            valueName: "policy"))
    var keys: String?
}
