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

    private static func link(at path: String) -> String? {
        var buffer = [CChar](repeating: 0, count: Int(PATH_MAX))
        let count = readlink(path, &buffer, buffer.count)
        guard count > 0 else { return nil }
        return String(decoding: buffer[..<count].map(UInt8.init(bitPattern:)), as: UTF8.self)
    }
}
