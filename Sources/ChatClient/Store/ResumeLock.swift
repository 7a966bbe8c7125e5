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
        descriptor = try Self.take(name, directory.resumeLockFile(name))
        FileLock.noteHolder(descriptor)
    }

    // Apart: what throws in `init` once all is set ends in `deinit`, too, which would close another's file by then.
    private static func take(_ name: UserName, _ path: String) throws(Problem) -> Int32 {
        let descriptor = open(path, O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0o600)
        guard descriptor >= 0 else {
            throw Problem(.cannotCreate, "cannot create \(path): \(SystemError.text(errno))")
        }
        guard FileLock.takeDescription(descriptor) else {
            let holder = FileLock.holder(descriptor).map { "process \($0)" } ?? "another process"
            close(descriptor)
            throw Problem(
                .resumePointInUse, "the resume point \(name) is in use by \(holder)",
                hint: "end it, or take another name")
        }
        return descriptor
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
        guard FileLock.isDescriptionTaken(descriptor) else { return nil }
        return FileLock.holder(descriptor) ?? 0
    }
}
