import CLISupport
import Glibc
import System

/// One process at a time logs a profile in by an identity file: a second use of the same would end what the first has begun. The kernel
/// gives it free when the process ends, however it ends: nothing goes stale.
final class IdentityLock: Sendable {
    private let descriptor: Int32

    /// - Throws: `busy` (75) while another process has it.
    init(_ directory: ProfileDirectory) throws(Problem) {
        descriptor = try Self.take(directory.identityLockFile)
    }

    // Apart: what throws in `init` once all is set ends in `deinit`, too.
    private static func take(_ path: String) throws(Problem) -> Int32 {
        let descriptor = open(path, O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0o600)
        guard descriptor >= 0 else {
            throw Problem(.cannotCreate, "cannot create \(path): \(SystemError.text(errno))")
        }
        guard FileLock.takeDescription(descriptor) else {
            close(descriptor)
            throw Problem(.busy, "another process logs this profile in", hint: "try again", sent: .no)
        }
        return descriptor
    }

    deinit { close(descriptor) }
}
