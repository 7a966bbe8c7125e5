import CGlibc

package enum FileSystemType {
    /// The magic number (statfs(2)) of the file system that `path` lies on; nil where that cannot be told.
    package static func number(at path: String) -> Int? {
        let type = Int(shim_file_system_type(path))
        return type < 0 ? nil : type
    }
}
