import Glibc
import System

/// Notices that a server's data are taken away while it runs: what is written goes nowhere then, and another server
/// could begin in the same place.
struct DataWatch: Sendable {
    /// How often it is looked: what is acknowledged in between may be lost with the data.
    static let interval = Duration.milliseconds(500)

    private struct Mark: Equatable {
        var device: dev_t
        var inode: ino_t
    }
    private let marks: [(path: String, mark: Mark)]

    /// Remembers what is there now.
    init(_ directory: DataDirectory) {
        marks = [directory.path, directory.lock, directory.database].compactMap { path in
            if case .success(let mark) = Self.look(path), let mark { (path, mark) } else { nil }
        }
    }

    /// What is not there any more, or is another file by now; nil where all is as it was. What cannot be looked at for
    /// another reason is not taken for gone.
    func loss() -> String? {
        for (path, mark) in marks {
            switch Self.look(path) {
            case .success(nil): return "\(path) was removed"
            case .success(let found?) where found != mark: return "\(path) was replaced"
            default: continue
            }
        }
        return nil
    }

    /// Looks again and again until something is lost, and reports that once.
    func watch(_ report: @escaping @Sendable (String) -> Void) -> Task<Void, Never> {
        Task {
            while (try? await Task.sleep(for: Self.interval)) != nil {
                guard let loss = loss() else { continue }
                return report(loss)
            }
        }
    }

    private static func look(_ path: String) -> Result<Mark?, SystemError> {
        var status = stat()
        guard stat(path, &status) == 0 else {
            let error = SystemError.last
            return error.isOfMissingFile ? .success(nil) : .failure(error)
        }
        return .success(Mark(device: status.st_dev, inode: status.st_ino))
    }
}
