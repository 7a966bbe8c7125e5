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
        while flock(descriptor, LOCK_EX | LOCK_NB) != 0 {
            let number = errno
            if number == EINTR { continue }
            close(descriptor)
            if number == EWOULDBLOCK { return nil }
            throw Problem(.inputOutput, "cannot lock \(directory.lock): \(SystemError.text(number))")
        }
        if isReadOnly { return DirectoryLock(descriptor: descriptor, isReadOnly: true) }
        let text = Array("\(getpid())\n".utf8)
        ftruncate(descriptor, 0)
        _ = pwrite(descriptor, text, text.count, 0)
        return DirectoryLock(descriptor: descriptor)
    }

    /// The process that took the lock last.
    package static func holder(_ directory: DataDirectory) -> Int32? {
        guard let bytes = try? WholeFile.read(directory.lock, limit: 64) else { return nil }
        return Int32(String(decoding: bytes.prefix { $0 != 0x0a }, as: UTF8.self))
    }
}
