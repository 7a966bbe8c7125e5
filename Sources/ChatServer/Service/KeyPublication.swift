import Glibc
import Logging
import System
import Transport

/// Tells the clients on this machine which key is ours, so that one on a loopback address is trusted unasked.
///
/// The machine's server, which is root's and has its data in the usual place, tells every user; any other tells the
/// user that it runs as.
struct KeyPublication {
    let data: DataDirectory

    /// Publishes the key where a loopback address is among those listened on.
    func publish(_ pin: PublicKeyPin, for addresses: [NetworkAddress], log: Logger) {
        guard addresses.contains(where: { $0.isLoopback || ["0.0.0.0", "::"].contains($0.host) }) else { return }
        guard let place = directory() else {
            return log.info("the key is not published: no home directory", metadata: ["fingerprint": "\(pin)"])
        }
        Self.makeDirectories(place.path, mode: place.isSystem ? 0o755 : 0o700)
        let failure = PublishedKey.publish(pin, in: place.path, mode: place.isSystem ? 0o644 : 0o600)
        if failure != 0 {
            log.info(
                "the key is not published",
                metadata: ["path": "\(place.path)", "error": "\(SystemError.text(failure))"])
        }
    }

    /// Takes the key back: whoever gets the port after us is not us.
    func withdraw(_ pin: PublicKeyPin) {
        if let place = directory() { PublishedKey.withdraw(pin, in: place.path) }
    }

    private func directory() -> (path: String, isSystem: Bool)? {
        if geteuid() == 0, data.path == DataDirectory.system { return (PublishedKey.systemDirectory, true) }
        let variable = DataDirectory.environment
        if let home = variable("XDG_STATE_HOME"), home.hasPrefix("/") {
            return (PublishedKey.userDirectory(stateHome: home), false)
        }
        if let home = variable("HOME"), home.hasPrefix("/") {
            return (PublishedKey.userDirectory(stateHome: home + "/.local/state"), false)
        }
        return nil
    }

    private static func makeDirectories(_ path: String, mode: mode_t) {
        let parts = path.split(separator: "/")
        for index in parts.indices { mkdir("/" + parts[...index].joined(separator: "/"), mode) }
    }
}
