import Glibc

package enum DiskRoom {
    /// Bytes that are free on the disk of `path` for whoever is not root; nil where that cannot be told.
    package static func free(at path: String) -> UInt64? {
        var disk = statvfs()
        guard statvfs(path, &disk) == 0 else { return nil }
        let (bytes, overflow) = UInt64(disk.f_bavail).multipliedReportingOverflow(by: UInt64(disk.f_frsize))
        return overflow ? .max : bytes
    }
}
