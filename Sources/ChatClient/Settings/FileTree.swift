import Glibc
import System

/// Removes a directory with what is in it; never follows a symbolic link.
enum FileTree {
    /// - Returns: what could not be removed; nil once it is gone.
    static func remove(_ path: String) -> (path: String, number: Int32)? {
        var status = stat()
        guard lstat(path, &status) == 0 else { return errno == ENOENT ? nil : (path, errno) }
        guard status.st_mode & S_IFMT == S_IFDIR else { return unlink(path) == 0 ? nil : (path, errno) }
        switch FilePath.names(in: path) {
        case .failure(let error): return (path, error.number)
        case .success(let names):
            for name in names {
                if let failure = remove(path + "/" + name) { return failure }
            }
        }
        return rmdir(path) == 0 ? nil : (path, errno)
    }
}
