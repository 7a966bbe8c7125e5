import CLISupport
import ChatProtocol
import Glibc
import SQLite
import System

/// A profile's directory, which nobody else may read or write: with the store in it goes the device's key.
package struct ProfileDirectory: Equatable, Sendable {
    package let profile: UserName
    package let path: String
    /// Where the prompt's history goes.
    package let statePath: String
    private let base: String

    package init(paths: Paths, profile: UserName) {
        self.profile = profile
        base = paths.data
        path = paths.data + "/" + profile.text
        statePath = paths.state + "/" + profile.text
    }

    package var storeFile: String { path + "/store.sqlite" }
    /// Touched after each commit that readers wait for.
    package var wakeFile: String { path + "/wake" }
    /// Room for the message that says that there is no room.
    package var reserveFile: String { path + "/reserve" }
    /// Held locked by the process that uses the resume point.
    package func resumeLockFile(_ name: UserName) -> String { path + "/resume." + name.text + ".lock" }
    /// Held locked by the process that logs the profile in by an identity file.
    var identityLockFile: String { path + "/identity.lock" }

    package enum Standing: Equatable, Sendable {
        /// There is no store yet.
        case absent
        case usable
    }

    /// Looks whether a store is there, and refuses one that others could read, replace or share.
    ///
    /// - Throws: `unsafe_store` (78).
    package func check() throws(Problem) -> Standing {
        guard let directory = try FileStatus(of: path) else { return .absent }
        try require(directory.isDirectory, path, "is \(directory.kind), not a directory")
        try requirePrivate(directory, path)
        if let kind = NetworkFileSystem.name(at: path) {
            throw unsafe(path, "lies on a network file system (\(kind)), where locks cannot be trusted")
        }
        guard let store = try FileStatus(of: storeFile) else { return .absent }
        for suffix in ["", "-wal", "-shm"] {
            let file = storeFile + suffix
            guard let status = suffix.isEmpty ? store : try FileStatus(of: file) else { continue }
            try require(status.isRegular, file, "is \(status.kind), not a file")
            try requirePrivate(status, file)
        }
        return .usable
    }

    /// Makes the directory where it is missing, readable by its owner alone, and checks it.
    ///
    /// - Throws: `cannot_create` (73), `unsafe_store` (78).
    package func create() throws(Problem) {
        for directory in [base, path] { try PrivateDirectory.create(directory) }
        _ = try check()
    }

    /// Makes the state directory where it is missing.
    package func createState() throws(Problem) { try PrivateDirectory.create(statePath) }

    private func requirePrivate(_ status: FileStatus, _ path: String) throws(Problem) {
        try require(status.owner == geteuid(), path, "belongs to user \(status.owner), not to user \(geteuid())")
        try require(status.mode & 0o077 == 0, path, "is open to others (mode \(String(status.mode, radix: 8)))")
    }

    private func require(_ holds: Bool, _ path: String, _ reason: String) throws(Problem) {
        guard holds else { throw unsafe(path, reason) }
    }

    private func unsafe(_ path: String, _ reason: String) -> Problem {
        Problem(
            .unsafeStore, "\(path) \(reason)",
            hint: "keep the profile in a directory of your own, mode 0700 with files 0600, on a local disk")
    }
}

package enum PrivateDirectory {
    /// Makes `path` and what is missing above it, each of mode 0700.
    package static func create(_ path: String) throws(Problem) {
        if mkdir(path, 0o700) == 0 || errno == EEXIST { return }
        if errno == ENOENT, let slash = path.lastIndex(of: "/"), slash != path.startIndex {
            try create(String(path[..<slash]))
            if mkdir(path, 0o700) == 0 || errno == EEXIST { return }
        }
        throw Problem(
            .cannotCreate, "cannot create \(path): \(SystemError.text(errno))",
            hint: "make its parent writable, or set XDG_DATA_HOME, XDG_CONFIG_HOME and XDG_STATE_HOME")
    }
}

extension PrivateDirectory {
    /// Refuses a file or a directory that everybody can write, or that belongs to somebody else: who writes there says
    /// which servers are trusted. What is not there cannot be wrong.
    ///
    /// - Throws: `unsafe_store` (78).
    static func refuseForeign(_ path: String) throws(Problem) {
        var status = stat()
        guard stat(path, &status) == 0 else { return }
        let isOurs = status.st_uid == geteuid() || status.st_uid == 0
        guard !isOurs || status.st_mode & 0o002 != 0 else { return }
        let reason = isOurs ? "can be written by everybody" : "belongs to user \(status.st_uid)"
        throw Problem(
            .unsafeStore, "\(path) \(reason)",
            hint: "make it yours alone: chown and chmod go-w; then look whether what it says is true")
    }
}

/// What `lstat` says of a file: a symbolic link is itself.
struct FileStatus {
    let mode: mode_t
    let owner: uid_t
    private let format: mode_t

    /// Nil where there is nothing.
    init?(of path: String) throws(Problem) {
        var status = stat()
        guard lstat(path, &status) == 0 else {
            let error = SystemError.last
            if error.isOfMissingFile { return nil }
            throw Problem(.inputOutput, "cannot look at \(path): \(error.text)")
        }
        mode = status.st_mode & 0o7777
        format = status.st_mode & S_IFMT
        owner = status.st_uid
    }

    /// Whether nobody else can read the configuration; what is no file on disk has no mode that counts.
    static func isPrivate(configurationAt path: String) -> Bool {
        var status = stat()
        guard stat(path, &status) == 0, status.st_mode & S_IFMT == S_IFREG else { return true }
        return status.st_mode & 0o077 == 0
    }

    var isDirectory: Bool { format == S_IFDIR }
    var isRegular: Bool { format == S_IFREG }
    var kind: String {
        switch format {
        case S_IFLNK: "a symbolic link"
        case S_IFDIR: "a directory"
        case S_IFREG: "a file"
        default: "something special"
        }
    }
}
