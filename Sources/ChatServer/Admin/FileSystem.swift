import CLISupport
import Glibc
import Transport

/// Small files, whole: read and written so that a crash leaves the old one or the new one.
enum WholeFile {
    struct Failure: Error {
        var number: Int32
        var text: String { SystemError.text(number) }
    }

    /// All bytes of a file.
    ///
    /// - Returns: nil where there is none.
    static func read(_ path: String, limit: Int) throws(Problem) -> [UInt8]? {
        let descriptor = open(path, O_RDONLY | O_CLOEXEC)
        guard descriptor >= 0 else {
            if errno == ENOENT || errno == ENOTDIR { return nil }
            throw Problem(.inputOutput, "cannot read \(path): \(SystemError.text(errno))")
        }
        defer { close(descriptor) }
        var bytes: [UInt8] = []
        var chunk = [UInt8](repeating: 0, count: 64 << 10)
        while true {
            let count = Glibc.read(descriptor, &chunk, chunk.count)
            if count < 0 && errno == EINTR { continue }
            guard count >= 0 else {
                throw Problem(.inputOutput, "cannot read \(path): \(SystemError.text(errno))")
            }
            if count == 0 { return bytes }
            guard bytes.count + count <= limit else {
                throw Problem(.invalidData, "\(path) is larger than \(limit) bytes")
            }
            bytes += chunk[..<count]
        }
    }

    /// Puts `bytes` at `path`, mode 0600, synced before it takes the place of what was there.
    static func replace(_ path: String, with bytes: [UInt8]) throws(Problem) {
        let temporary = path + ".new"
        unlink(temporary)
        let descriptor = open(temporary, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0o600)
        guard descriptor >= 0 else {
            throw Problem(.cannotCreate, "cannot create \(temporary): \(SystemError.text(errno))")
        }
        let failure = write(bytes, to: descriptor) ?? (fsync(descriptor) == 0 ? nil : errno)
        close(descriptor)
        if let failure {
            unlink(temporary)
            throw Problem(.inputOutput, "cannot write \(temporary): \(SystemError.text(failure))")
        }
        try move(temporary, to: path)
    }

    /// Renames, and syncs the directory that holds the new name.
    static func move(_ source: String, to target: String) throws(Problem) {
        guard rename(source, target) == 0 else {
            throw Problem(.inputOutput, "cannot rename \(source) to \(target): \(SystemError.text(errno))")
        }
        syncDirectory(of: target)
    }

    static func syncDirectory(of path: String) {
        let parent = path.lastIndex(of: "/").map { String(path[..<$0]) } ?? "."
        let descriptor = open(parent.isEmpty ? "/" : parent, O_RDONLY | O_DIRECTORY | O_CLOEXEC)
        guard descriptor >= 0 else { return }
        fsync(descriptor)
        close(descriptor)
    }

    /// Writes all bytes; the error's number where that failed.
    static func write(_ bytes: [UInt8], to descriptor: Int32) -> Int32? {
        var rest = bytes[...]
        while !rest.isEmpty {
            let count = rest.withUnsafeBytes { Glibc.write(descriptor, $0.baseAddress, $0.count) }
            if count < 0 && errno == EINTR { continue }
            guard count > 0 else { return count == 0 ? EIO : errno }
            rest = rest.dropFirst(count)
        }
        return nil
    }

    static func exists(_ path: String) -> Bool { access(path, F_OK) == 0 }

    /// The names in a directory; none where it cannot be read.
    static func names(in directory: String) -> [String] {
        guard let stream = opendir(directory) else { return [] }
        defer { closedir(stream) }
        var names: [String] = []
        while let entry = readdir(stream) {
            let name = withUnsafeBytes(of: entry.pointee.d_name) { bytes in
                String(decoding: bytes.prefix { $0 != 0 }, as: UTF8.self)
            }
            if name != "." && name != ".." { names.append(name) }
        }
        return names
    }
}
