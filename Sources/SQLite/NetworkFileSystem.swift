import System

/// File systems over a network: SQLite's locks and shared memory do not hold between the machines that mount them
/// (https://sqlite.org/wal.html).
package enum NetworkFileSystem {
    /// Magic numbers of statfs(2), linux/magic.h and the file systems' own headers.
    private static let names: [Int: String] = [
        0x6969: "nfs", 0x517b: "smb", 0xff53_4d42: "cifs", 0xfe53_4d42: "smb2", 0x5346_414f: "afs",
        0x6b41_4653: "kafs", 0x7375_7245: "coda", 0x564c: "ncp", 0x0102_1997: "9p", 0x00c3_6400: "ceph",
        0x0bd0_0bd0: "lustre", 0x4750_4653: "gpfs", 0x7461_636f: "ocfs2", 0x0116_1970: "gfs2",
    ]

    /// The name of the one that `path` lies on; nil for a local one, and where it cannot be told.
    package static func name(at path: String) -> String? { FileSystemType.number(at: path).flatMap(name(ofType:)) }

    static func name(ofType type: Int) -> String? { names[type] }
}
