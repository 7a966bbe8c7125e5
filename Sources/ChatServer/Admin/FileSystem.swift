import CLISupport
import Glibc
import System

/// Small files, whole: read and written so that a crash leaves the old one or the new one. What fails is told.
enum WholeFile {
    /// All bytes of a file.
    ///
    /// - Returns: nil where there is none.
    static func read(_ path: String, limit: Int) throws(Problem) -> [UInt8]? {
        switch SmallFile.read(path, limit: limit, patience: .endless) {
        case .success(let bytes): return bytes
        case .failure(let error) where error.isOfMissingFile: return nil
        case .failure(let error) where error.number == EFBIG:
            throw Problem(.invalidData, "\(path) is larger than \(limit) bytes")
        case .failure(let error): throw Problem(.inputOutput, "cannot read \(path): \(error.text)")
        }
    }

    /// Puts `bytes` at `path`, mode 0600, synced before it takes the place of what was there.
    static func replace(_ path: String, with bytes: [UInt8]) throws(Problem) {
        do throws(OutputFile.Failure) { try OutputFile.replace(path, with: bytes) } catch {
            throw Problem(error.action == .create ? .cannotCreate : .inputOutput, error.text)
        }
    }

    /// Renames, and syncs the directory that holds the new name.
    static func move(_ source: String, to target: String) throws(Problem) {
        guard rename(source, target) == 0 else {
            throw Problem(.inputOutput, "cannot rename \(source) to \(target): \(SystemError.last.text)")
        }
        FilePath.syncFolder(of: target)
    }

    /// The names in a directory; none where it cannot be read.
    static func names(in directory: String) -> [String] { (try? FilePath.names(in: directory).get()) ?? [] }
}
