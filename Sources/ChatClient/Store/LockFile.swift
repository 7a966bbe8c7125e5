import CLISupport
import ChatProtocol
import Glibc
import System

/// A file that one process at a time holds locked, and that says which. The kernel gives it free when the process ends, however it
/// ends: nothing goes stale.
final class LockFile: Sendable {
    private let descriptor: Int32

    /// - Parameter refusal: the problem while another process has it, which is named where the file says it.
    init(_ path: String, _ refusal: (Int32?) -> Problem) throws(Problem) {
        descriptor = try Self.take(path, refusal)
        FileLock.noteHolder(descriptor)
    }

    // Apart: what throws in `init` once all is set ends in `deinit`, too, which would close another's file by then.
    private static func take(_ path: String, _ refusal: (Int32?) -> Problem) throws(Problem) -> Int32 {
        let descriptor = open(path, O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0o600)
        guard descriptor >= 0 else {
            throw Problem(.cannotCreate, "cannot create \(path): \(SystemError.text(errno))")
        }
        guard FileLock.takeDescription(descriptor) else {
            let holder = FileLock.holder(descriptor)
            close(descriptor)
            throw refusal(holder)
        }
        return descriptor
    }

    deinit {
        ftruncate(descriptor, 0)
        close(descriptor)
    }

    /// The process that holds it; nil where nobody does, and 0 where the file does not say who.
    static func holder(of path: String) -> Int32? {
        let descriptor = open(path, O_RDWR | O_CLOEXEC | O_NOFOLLOW)
        guard descriptor >= 0 else { return nil }
        defer { close(descriptor) }
        guard FileLock.isDescriptionTaken(descriptor) else { return nil }
        return FileLock.holder(descriptor) ?? 0
    }
}

extension LockFile {
    /// Holds a resume point for this process.
    ///
    /// - Throws: `resume_point_in_use` (75), naming the process that has it.
    static func resumePoint(_ name: UserName, in directory: ProfileDirectory) throws(Problem) -> LockFile {
        try LockFile(directory.resumeLockFile(name)) { holder in
            Problem(
                .resumePointInUse,
                "the resume point \(name) is in use by \(holder.map { "process \($0)" } ?? "another process")",
                hint: "end it, or take another name")
        }
    }

    /// One process at a time logs a profile in by an identity file: a second use of the same would end what the first has begun.
    ///
    /// - Throws: `busy` (75) while another process does.
    static func identity(in directory: ProfileDirectory) throws(Problem) -> LockFile {
        try LockFile(directory.identityLockFile) { _ in
            Problem(.busy, "another process logs this profile in", hint: "try again", sent: .no)
        }
    }
}
