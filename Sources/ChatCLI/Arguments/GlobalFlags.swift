import ChatClient

/// What the options say that every command takes. Read from the line alone: in a command's own type they are for ArgumentParser, where each
/// is an object that takes as long to make as ten of these.
struct GlobalFlags: Equatable, Sendable {
    var server: String?
    var profile: String?
    var config: String?
    var trust: String?
    var json = false
    var color: String?
    var quiet = false
    var verbose = 0
    var noInput = false
    var connectTimeout: Duration?
    var proxy: String?
    var keys: String?

    var settings: SettingsFlags {
        SettingsFlags(
            server: server, profile: profile, config: config, trust: trust, color: color,
            connectTimeout: connectTimeout, proxy: proxy, keys: keys)
    }
}
