import CLISupport
import Glibc
import Synchronization
import System

/// Standard output: data, in whole lines, and nothing else. No other file writes to it.
///
/// Every line is handed to the kernel at once, so that what reads a pipe sees it at once.
final class Output: Sendable {
    /// Whether a person reads it.
    let isTerminal = isatty(STDOUT_FILENO) == 1

    /// Where the output of a command goes that has ours: it is not data of our own.
    static let descriptorOfCommands = STDOUT_FILENO

    private let gone = Atomic(false)
    /// Where writing may wait for a slow reader without holding up anything else.
    private let lane = BlockingLane("stdout")

    /// Whether what read our output has gone away. The process then ends as SIGPIPE ends one.
    var isReaderGone: Bool { gone.load(ordering: .relaxed) }

    /// Writes a line and its newline. May block the caller while the reader is slow: for commands that have nothing
    /// else to do.
    ///
    /// - Throws: `io_failed`; where the reader is gone `isReaderGone` is true.
    func write(line: String) throws(Problem) {
        try write(bytes: Array(line.utf8) + [0x0a])
    }

    func write(lines: [String]) throws(Problem) {
        var bytes: [UInt8] = []
        for line in lines {
            bytes += line.utf8
            bytes.append(0x0a)
        }
        try write(bytes: bytes)
    }

    func write(_ object: JSONObject) throws(Problem) {
        try write(bytes: object.bytes + [0x0a])
    }

    /// Writes a line without holding up the caller's executor while the reader is slow.
    func writeAside(line: String) async throws(Problem) {
        try await writeAside(bytes: Array(line.utf8) + [0x0a])
    }

    /// Writes whole lines without holding up the caller's executor while the reader is slow.
    func writeAside(bytes: [UInt8]) async throws(Problem) {
        try await lane.run { () throws(Problem) in try self.write(bytes: bytes) }
    }

    /// Calls `action` once, as soon as what reads a pipe has gone away, even while there is nothing to write.
    func watchReader(_ action: @escaping @Sendable () -> Void) {
        guard isPipe else { return }
        if let loop = MainThread.servingLoop {
            // An error is told also where nothing is waited for.
            return loop.perform { loop.watch(STDOUT_FILENO, for: 0) { self.readerIsGone(action) } }
        }
        BlockingLane("stdout reader").begin {
            var entry = pollfd(fd: STDOUT_FILENO, events: 0, revents: 0)
            while poll(&entry, 1, -1) < 0 && errno == EINTR {}
            guard entry.revents != 0 else { return }
            self.readerIsGone(action)
        }
    }

    private func readerIsGone(_ action: @Sendable () -> Void) {
        MainThread.servingLoop?.unwatch(STDOUT_FILENO)
        gone.store(true, ordering: .relaxed)
        action()
    }

    private var isPipe: Bool {
        var status = stat()
        guard fstat(STDOUT_FILENO, &status) == 0 else { return false }
        let format = status.st_mode & S_IFMT
        return format == S_IFIFO || format == S_IFSOCK
    }

    private func write(bytes: [UInt8]) throws(Problem) {
        if let number = Descriptor.write(bytes, to: STDOUT_FILENO) {
            if number == EPIPE { gone.store(true, ordering: .relaxed) }
            throw Problem(.inputOutput, "cannot write the output: \(SystemError.text(number))")
        }
    }
}
