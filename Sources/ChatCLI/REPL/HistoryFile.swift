import CLISupport
import ChatClient
import Glibc
import System

/// The lines that were typed at a profile's prompts, for its owner alone. Any number of prompts add to it at once.
struct HistoryFile: Sendable {
    let path: String

    /// A line that a person types is at most 64 KiB; a file with more than this before its cut is not ours.
    private static let readLimit = HistoryText.maximumBytes + (256 << 10)

    /// - Throws: 73 where there is no place for it.
    init(_ directory: ProfileDirectory) throws(Problem) {
        try directory.createState()
        path = directory.statePath + "/history"
    }

    init(path: String) { self.path = path }

    /// What was typed before; none where there is no file yet.
    func load() throws(Problem) -> [String] {
        let descriptor = open(path, O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK)
        guard descriptor >= 0 else {
            if errno == ENOENT { return [] }
            throw failure("read", errno)
        }
        defer { close(descriptor) }
        switch SmallFile.read(descriptor: descriptor, limit: Self.readLimit) {
        case .success(let bytes): return HistoryText.decode(bytes)
        case .failure(let error): throw failure("read", error.number)
        }
    }

    /// Adds a line. Lines of several prompts never mix: each is one write at the end of the file, under its lock.
    func append(_ line: String) throws(Problem) {
        let descriptor = try openLocked()
        defer { close(descriptor) }
        if let number = Descriptor.write(HistoryText.encode(line), to: descriptor) { throw failure("write", number) }
        var status = stat()
        guard fstat(descriptor, &status) == 0, status.st_size > HistoryText.maximumBytes else { return }
        try cut(descriptor)
    }

    /// The file may be replaced by its cut between opening and locking it; then it is opened again.
    private func openLocked() throws(Problem) -> Int32 {
        for _ in 0..<100 {
            let descriptor = open(path, O_RDWR | O_APPEND | O_CREAT | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK, 0o600)
            guard descriptor >= 0 else { throw failure("open", errno) }
            var opened = stat()
            var named = stat()
            if (try? FileLock.take(descriptor, waits: true)) == true, fstat(descriptor, &opened) == 0,
                stat(path, &named) == 0, opened.st_ino == named.st_ino, opened.st_dev == named.st_dev
            {
                guard opened.st_mode & S_IFMT == S_IFREG else {
                    close(descriptor)
                    throw failure("write", EINVAL)
                }
                return descriptor
            }
            close(descriptor)
        }
        throw failure("lock", EBUSY)
    }

    private func cut(_ descriptor: Int32) throws(Problem) {
        guard lseek(descriptor, 0, SEEK_SET) == 0 else { throw failure("read", errno) }
        switch SmallFile.read(descriptor: descriptor, limit: Self.readLimit) {
        case .failure(let error): throw failure("read", error.number)
        case .success(let bytes):
            do throws(OutputFile.Failure) { try OutputFile.replace(path, with: HistoryText.trimmed(bytes)) } catch {
                throw failure("write", error.number)
            }
        }
    }

    private func failure(_ verb: String, _ number: Int32) -> Problem {
        Problem(
            .inputOutput, "cannot \(verb) the history of the prompt, \(path): \(SystemError.text(number))",
            hint: "what is typed is not kept after this session")
    }
}
