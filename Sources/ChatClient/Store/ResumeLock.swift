import CLISupport
import ChatProtocol
import Glibc
import System

/// Holds a resume point for this process. The kernel gives it free when the process ends, however it ends: nothing goes
/// stale.
final class ResumeLock: Sendable {
    private let descriptor: Int32

    /// - Throws: `resume_point_in_use` (75), naming the process that has it.
    init(_ name: UserName, in directory: ProfileDirectory) throws(Problem) {
        let path = directory.resumeLockFile(name)
        descriptor = open(path, O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0o600)
        guard descriptor >= 0 else {
            throw Problem(.cannotCreate, "cannot create \(path): \(SystemError.text(errno))")
        }
        guard Self.control(descriptor, Self.setLock) != nil else {
            let holder = Self.holder(descriptor).map { "process \($0)" } ?? "another process"
            close(descriptor)
            throw Problem(
                .resumePointInUse, "the resume point \(name) is in use by \(holder)",
                hint: "end it, or take another name")
        }
        let text = Array("\(getpid())\n".utf8)
        ftruncate(descriptor, 0)
        _ = pwrite(descriptor, text, text.count, 0)
    }

    deinit {
        ftruncate(descriptor, 0)
        close(descriptor)
    }

    /// The process that holds a resume point; nil where nobody does.
    static func holder(of name: UserName, in directory: ProfileDirectory) -> Int32? {
        let descriptor = open(directory.resumeLockFile(name), O_RDWR | O_CLOEXEC | O_NOFOLLOW)
        guard descriptor >= 0 else { return nil }
        defer { close(descriptor) }
        guard let found = control(descriptor, getLock), found != F_UNLCK else { return nil }
        return holder(descriptor) ?? 0
    }

    // Locks of the open file description (fcntl(2)): unlike the process's own they outlive the closing of another
    // descriptor of the file. The constants stand behind _GNU_SOURCE.
    private static let getLock: Int32 = 36
    private static let setLock: Int32 = 37

    /// Asks for, or asks about, a lock on the whole file; the type of lock that was found, nil where it was refused.
    private static func control(_ descriptor: Int32, _ command: Int32) -> Int32? {
        var lock = flock()
        lock.l_type = Int16(F_WRLCK)
        lock.l_whence = Int16(SEEK_SET)
        guard fcntl(descriptor, command, &lock) == 0 else { return nil }
        return Int32(lock.l_type)
    }

    private static func holder(_ descriptor: Int32) -> Int32? {
        var buffer = [UInt8](repeating: 0, count: 16)
        let count = pread(descriptor, &buffer, buffer.count, 0)
        guard count > 0 else { return nil }
        return Int32(String(decoding: buffer[..<count].prefix { $0 != 0x0a }, as: UTF8.self))
    }
}
