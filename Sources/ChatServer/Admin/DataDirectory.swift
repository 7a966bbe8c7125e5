import CLISupport
import Glibc
import System
import Transport

/// The directory in which a server keeps everything. It belongs to one user, and nobody else may look into it.
package struct DataDirectory: Sendable, Equatable {
    package let path: String

    package init(_ path: String) { self.path = path }

    package var database: String { path + "/chatd.db" }
    package var certificate: String { path + "/certificate.pem" }
    package var key: String { path + "/key.pem" }
    package var configuration: String { path + "/chatd.toml" }
    package var lock: String { path + "/chatd.lock" }
    package var control: String { path + "/control.sock" }
    /// A restored store that has not taken its place yet: complete where it bears this name.
    package var restored: String { path + "/restore.ready" }
    /// Where a backup is made before it goes to its place.
    package static let temporaryPrefix = "tmp-"
    package func temporary(_ name: String) -> String { "\(path)/\(Self.temporaryPrefix)\(name)" }

    /// Where the machine's server has it, which is root's or runs under systemd.
    package static let system = "/var/lib/chatd"

    /// Where it is by default.
    ///
    /// - Parameter variable: looks an environment variable up.
    package static func standard(variable: (String) -> String? = Self.environment) throws(Problem) -> DataDirectory {
        if geteuid() == 0 { return DataDirectory(system) }
        if let home = variable("XDG_DATA_HOME"), home.hasPrefix("/") { return DataDirectory(home + "/chatd") }
        if let home = variable("HOME"), home.hasPrefix("/") { return DataDirectory(home + "/.local/share/chatd") }
        throw Problem(.badConfiguration, "no place for the data: HOME is not set", hint: "give --data DIR")
    }

    package static func environment(_ name: String) -> String? { getenv(name).map { String(cString: $0) } }

    package var exists: Bool { FilePath.exists(path) }
    package var hasStore: Bool { FilePath.exists(database) }

    /// Makes the directory, and those above it, where it is not there; checks that it is safe.
    package func create() throws(Problem) {
        for ancestor in ancestors where mkdir(ancestor, 0o755) != 0 && errno != EEXIST {
            throw Problem(.cannotCreate, "cannot create \(ancestor): \(SystemError.text(errno))")
        }
        guard mkdir(path, 0o700) == 0 || errno == EEXIST else {
            throw Problem(.cannotCreate, "cannot create \(path): \(SystemError.text(errno))")
        }
        _ = try checkedOwner()
    }

    /// The directories above this one, the highest first.
    private var ancestors: [String] {
        let parts = path.split(separator: "/").dropLast()
        let root = path.hasPrefix("/") ? "/" : "./"
        return parts.indices.map { root + parts[...$0].joined(separator: "/") }
    }

    /// Whose it is.
    ///
    /// - Throws: `missing_file`, and `unsafe_store` where it is no directory or is open to others.
    package func checkedOwner() throws(Problem) -> uid_t {
        var status = stat()
        guard stat(path, &status) == 0 else {
            throw Problem(
                .missingFile, "there are no server's data at \(path): \(SystemError.text(errno))",
                hint: "`chatd run` makes them; --data says where they are")
        }
        guard status.st_mode & S_IFMT == S_IFDIR else { throw Problem(.unsafeStore, "\(path) is not a directory") }
        guard status.st_mode & 0o077 == 0 else {
            throw Problem(
                .unsafeStore, "\(path) is open to others (mode \(String(status.st_mode & 0o777, radix: 8)))",
                hint: "chmod 700 \(path)")
        }
        return status.st_uid
    }

    /// Refuses to begin a new store where the key of another one is: clients would know the server, and their messages
    /// would be gone. A store is made before its key.
    package func refuseStrangeKey() throws(Problem) {
        var status = stat()
        guard FilePath.exists(key), stat(database, &status) != 0 || status.st_size == 0 else { return }
        throw Problem(
            .damagedStore, "there is a key at \(key), but the store \(database) is empty or gone",
            hint: "restore a backup, or remove key.pem and certificate.pem too, to begin a new server")
    }

    /// Removes what an operation that was cut short has left.
    package func removeTemporaries() {
        let names = WholeFile.names(in: path)
        for name in names where name.hasPrefix(Self.temporaryPrefix) || isHalfWritten(name) {
            let entry = path + "/" + name
            if unlink(entry) != 0 && errno == EISDIR { Self.removeFlat(entry) }
        }
    }

    /// What a crash may leave of a file that is made beside the one that it is to become (`OutputFile`).
    private func isHalfWritten(_ name: String) -> Bool {
        name.hasSuffix(".new") && [key, certificate].contains { "\(path)/\(name)".hasPrefix($0 + ".") }
    }

    /// Removes a directory that holds files only.
    static func removeFlat(_ directory: String) {
        for name in WholeFile.names(in: directory) { unlink(directory + "/" + name) }
        rmdir(directory)
    }
}
