import CLISupport
import Glibc
import System
import Transport

/// The kernel's lock on a data directory: whoever has it may open the database. It ends with the process, however
/// that ends, so it cannot go stale; the file itself is never removed.
package final class DirectoryLock {
    private let descriptor: Int32
    /// Whether the data lie on a disk that cannot be written. Then nothing but reading is possible.
    package let isReadOnly: Bool

    private init(descriptor: Int32, isReadOnly: Bool = false) {
        self.descriptor = descriptor
        self.isReadOnly = isReadOnly
    }

    deinit { if descriptor >= 0 { close(descriptor) } }

    /// Takes the lock.
    ///
    /// - Returns: nil where another process has it.
    package static func take(_ directory: DataDirectory) throws(Problem) -> DirectoryLock? {
        var descriptor = open(directory.lock, O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0o600)
        let isReadOnly = descriptor < 0 && errno == EROFS
        if isReadOnly {
            descriptor = open(directory.lock, O_RDONLY | O_CLOEXEC | O_NOFOLLOW)
            // Nobody can have what is not there and cannot be made.
            if descriptor < 0 && errno == ENOENT { return DirectoryLock(descriptor: -1, isReadOnly: true) }
        }
        guard descriptor >= 0 else {
            throw Problem(.cannotCreate, "cannot open \(directory.lock): \(SystemError.text(errno))")
        }
        // It is closed where it is not returned.
        let lock = DirectoryLock(descriptor: descriptor, isReadOnly: isReadOnly)
        do throws(SystemError) { guard try FileLock.take(descriptor) else { return nil } } catch {
            throw Problem(.inputOutput, "cannot lock \(directory.lock): \(error.text)")
        }
        if !isReadOnly { FileLock.noteHolder(descriptor) }
        return lock
    }

    /// The process that took the lock last.
    package static func holder(_ directory: DataDirectory) -> Int32? {
        let descriptor = open(directory.lock, O_RDONLY | O_CLOEXEC | O_NOFOLLOW)
        guard descriptor >= 0 else { return nil }
        defer { close(descriptor) }
        return FileLock.holder(descriptor)
    }
}
