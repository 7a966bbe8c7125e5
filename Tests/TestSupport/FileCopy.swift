import Foundation

/// Copies of files that others go on writing.
package enum FileCopy {
    /// By what is there at one look: `copyItem` goes on for ever where the file becomes shorter meanwhile, as a write-ahead log does.
    package static func make(of path: String, at target: String) throws {
        let bytes = try Data(contentsOf: URL(fileURLWithPath: path))
        try bytes.write(to: URL(fileURLWithPath: target))
        try FileManager.default.setAttributes([.posixPermissions: 0o600], ofItemAtPath: target)
    }

    /// A store of SQLite: its file, and its write-ahead log where there is one.
    package static func makeStore(of path: String, at target: String) throws {
        for suffix in ["", "-wal"] where FileManager.default.fileExists(atPath: path + suffix) {
            try make(of: path + suffix, at: target + suffix)
        }
    }

    /// A folder with all that is in it but for what `isLeftOut` says of its path; what is gone before its turn is not in it.
    package static func makeFolder(of path: String, at target: String, leavingOut isLeftOut: (String) -> Bool) throws {
        let files = FileManager.default
        try files.createDirectory(
            atPath: target, withIntermediateDirectories: true, attributes: [.posixPermissions: 0o700])
        for name in try files.contentsOfDirectory(atPath: path) where !isLeftOut(path + "/" + name) {
            let (old, new) = (path + "/" + name, target + "/" + name)
            let kind = try? files.attributesOfItem(atPath: old)[.type] as? FileAttributeType
            switch kind {
            case .typeDirectory?: try makeFolder(of: old, at: new, leavingOut: isLeftOut)
            case .typeRegular?: try? make(of: old, at: new)
            default: break
            }
        }
    }
}
