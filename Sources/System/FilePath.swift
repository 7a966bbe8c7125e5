import CGlibc
import Glibc

/// Paths that lead somewhere.
package enum FilePath {
    /// Links that are followed, as by the kernel.
    private static let patience = 40

    /// The path behind the symbolic links that stand at `path`; the last one may lead to what is not there yet.
    ///
    /// - Returns: nil where they lead in a circle.
    package static func followingLinks(_ path: String) -> String? {
        var path = path
        for _ in 0..<patience {
            guard let next = link(at: path) else { return path }
            path = next.hasPrefix("/") ? next : folder(of: path) + "/" + next
        }
        return nil
    }

    /// The folder that a path's last name stands in.
    package static func folder(of path: String) -> String {
        guard let slash = path.utf8.lastIndex(of: 0x2f) else { return "." }
        return slash == path.startIndex ? "/" : String(path[..<slash])
    }

    /// Has the disk keep the names in the folder of `path`.
    package static func syncFolder(of path: String) {
        let descriptor = open(folder(of: path), O_RDONLY | O_DIRECTORY | O_CLOEXEC)
        guard descriptor >= 0 else { return }
        fsync(descriptor)
        close(descriptor)
    }

    /// As `rename`, with EEXIST where something is there already.
    static func renameToFresh(_ old: String, _ new: String) -> Int32 {
        let code = renameat2(AT_FDCWD, old, AT_FDCWD, new, 1 /* RENAME_NOREPLACE */)
        // Not every file system can; most of these have links.
        guard code != 0, errno == EINVAL || errno == ENOSYS else { return code }
        guard Glibc.link(old, new) == 0 else { return -1 }
        return unlink(old)
    }

    package static func exists(_ path: String) -> Bool { access(path, F_OK) == 0 }

    /// The names in a folder.
    package static func names(in folder: String) -> Result<[String], SystemError> {
        guard let stream = opendir(folder) else { return .failure(.last) }
        defer { closedir(stream) }
        var names: [String] = []
        while let entry = readdir(stream) {
            let name = withUnsafePointer(to: &entry.pointee.d_name) {
                $0.withMemoryRebound(to: CChar.self, capacity: 256) { String(cString: $0) }
            }
            if name != "." && name != ".." { names.append(name) }
        }
        return .success(names)
    }

    private static func link(at path: String) -> String? {
        var buffer = [CChar](repeating: 0, count: Int(PATH_MAX))
        let count = readlink(path, &buffer, buffer.count)
        guard count > 0 else { return nil }
        return String(decoding: buffer[..<count].map(UInt8.init(bitPattern:)), as: UTF8.self)
    }
}
