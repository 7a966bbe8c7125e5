import Glibc
import System
import WireCodec

/// How a server tells the clients on its own machine which key is its own, so that they need not ask at first use.
///
/// A file named after the key, in a directory that only the server's user can write: `chatd` makes it at its start, a
/// client looks for the key that a server on loopback has shown. A file that outlives its server does no harm: the key
/// is still that user's.
package enum PublishedKey {
    /// Where the servers of root publish theirs.
    package static let systemDirectory = "/run/chatd/published"

    /// Where the servers of one user publish theirs.
    ///
    /// - Parameter stateHome: `$XDG_STATE_HOME`, or `~/.local/state`.
    package static func userDirectory(stateHome: String) -> String { stateHome + "/chatd/published" }

    /// Publishes `pin`. The directory must exist, of mode 0700, or 0755 for the system's.
    ///
    /// - Returns: 0, or the error's number.
    package static func publish(_ pin: PublicKeyPin, in directory: String, mode: mode_t = 0o600) -> Int32 {
        let descriptor = open(path(pin, directory), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC | O_NOFOLLOW, mode)
        guard descriptor >= 0 else { return errno }
        defer { close(descriptor) }
        return Descriptor.write(Array("\(pin)\n".utf8), to: descriptor) ?? 0
    }

    /// Takes back what `publish` made, where it is still there.
    package static func withdraw(_ pin: PublicKeyPin, in directory: String) { unlink(path(pin, directory)) }

    /// Whether `pin` was published in `directory` by `owner` or root, where nobody else could have done it.
    package static func isPublished(_ pin: PublicKeyPin, in directory: String, owner: uid_t) -> Bool {
        isSafe(directory, S_IFDIR, owner) && isSafe(path(pin, directory), S_IFREG, owner)
    }

    private static func isSafe(_ path: String, _ format: mode_t, _ owner: uid_t) -> Bool {
        var status = stat()
        guard lstat(path, &status) == 0 else { return false }
        return status.st_mode & S_IFMT == format && status.st_mode & 0o022 == 0
            && (status.st_uid == owner || status.st_uid == 0)
    }

    private static func path(_ pin: PublicKeyPin, _ directory: String) -> String {
        directory + "/" + Hexadecimal.text(pin.digest)
    }
}
