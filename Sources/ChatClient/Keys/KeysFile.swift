import CLISupport
import Glibc
import Synchronization
import System

/// The file of keys that count as verified in every profile (`keys_file`). It is looked at anew each time; as long as it is the same
/// file, it is not read again.
final class KeysFile: Sendable {
    let path: String
    private let known = Mutex<(mark: Mark, lines: KeyLines)?>(nil)

    init(path: String) { self.path = path }

    /// - Throws: `bad_configuration` (78), with file and line: where it cannot be read nobody is known to be verified.
    func read() throws(Problem) -> KeyLines {
        let mark = Mark(path)
        if let mark, let known = known.withLock({ $0 }), known.mark == mark { return known.lines }
        // Who can write it says who is who.
        try PrivateDirectory.refuseForeign(path)
        switch SmallFile.read(path, limit: KeyLines.maximumBytes) {
        case .success(let bytes):
            let lines = try KeyLines(parsing: bytes, file: path, code: .badConfiguration)
            if let mark { known.withLock { $0 = (mark, lines) } }
            return lines
        case .failure(let failure):
            throw Problem(
                .badConfiguration, "\(path): \(failure.text)",
                hint: "make the file of keys readable, or take keys_file out of the configuration")
        }
    }

    /// As `read`; where that cannot be done now, as while somebody replaces the file, what it said last.
    func readOrLast() throws(Problem) -> KeyLines {
        do throws(Problem) { return try read() } catch {
            guard let last = known.withLock({ $0 })?.lines else { throw error }
            return last
        }
    }

    /// By what a file is seen to be the same.
    private struct Mark: Equatable {
        let device, inode: UInt64
        let size: Int64
        let modified, changed: [Int]

        init?(_ path: String) {
            var status = stat()
            guard stat(path, &status) == 0 else { return nil }
            device = UInt64(status.st_dev)
            inode = UInt64(status.st_ino)
            size = Int64(status.st_size)
            modified = [status.st_mtim.tv_sec, status.st_mtim.tv_nsec]
            changed = [status.st_ctim.tv_sec, status.st_ctim.tv_nsec]
        }
    }
}
