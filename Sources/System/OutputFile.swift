import Glibc

/// A file that a person named for what a program writes: a backup, an identity.
///
/// A regular file comes to be whole or not at all, also behind a symbolic link, which stays. `-` is standard output. A
/// pipe or a character device is written to as it stands; a directory, a socket and a disk are refused.
package struct OutputFile: Sendable {
    /// What could not be done, and the kernel's number for why.
    package struct Failure: Error, Equatable, Sendable {
        package enum Action: String, Sendable {
            case create = "cannot create"
            case write = "cannot write"
        }
        package var action: Action
        package var path: String
        package var number: Int32

        package var text: String { "\(action.rawValue) \(path): \(SystemError.text(number))" }
    }

    private enum Kind: Sendable {
        /// The path is that of the file itself, where a link led to it.
        case regular(path: String, replaces: Bool)
        case stream(descriptor: Int32, isOurs: Bool)
    }

    /// As it was named.
    package let path: String
    private let kind: Kind

    /// Looks at what is there, and whether it can be made, so that what follows is not done in vain. What is to be made is not there before
    /// it is whole: whoever is killed leaves nothing in its place.
    ///
    /// - Parameters:
    ///   - replaces: whether a regular file that is there may be replaced.
    ///   - waits: for somebody who reads it, where it is a pipe. That blocks the thread; where that may not be: `awaited`.
    package init(_ path: String, replaces: Bool, waits: Bool = false) throws(Failure) {
        self.path = path
        if path == "-" {
            kind = .stream(descriptor: STDOUT_FILENO, isOurs: false)
            return
        }
        var status = stat()
        if stat(path, &status) == 0 {
            kind = try Self.kind(of: path, status.st_mode & S_IFMT, replaces: replaces, waits: waits)
        } else {
            guard errno == ENOENT else { throw Failure(action: .create, path: path, number: errno) }
            let target = try Self.target(of: path)
            guard faccessat(AT_FDCWD, FilePath.folder(of: target), W_OK | X_OK, AT_EACCESS) == 0 else {
                throw Failure(action: .create, path: path, number: errno)
            }
            kind = .regular(path: target, replaces: replaces)
        }
    }

    /// Waits for the reader of a pipe without holding up the caller's executor.
    package static func awaited(_ path: String, replaces: Bool) async throws(Failure) -> OutputFile {
        try await BlockingLane("output").run { () throws(Failure) in
            try OutputFile(path, replaces: replaces, waits: true)
        }
    }

    private static func kind(
        of path: String, _ format: mode_t, replaces: Bool, waits: Bool
    ) throws(Failure) -> Kind {
        switch format {
        case S_IFREG:
            guard replaces else { throw Failure(action: .create, path: path, number: EEXIST) }
            return .regular(path: try target(of: path), replaces: true)
        case S_IFIFO, S_IFCHR: return .stream(descriptor: try openStream(path, waits: waits), isOurs: true)
        case S_IFDIR: throw Failure(action: .write, path: path, number: EISDIR)
        default: throw Failure(action: .write, path: path, number: ENOTSUP)
        }
    }

    /// How often, ten times a second, somebody is waited for who reads a FIFO.
    private static let looks = 100

    /// Without O_NONBLOCK opening a FIFO would wait for its reader without end.
    private static func openStream(_ path: String, waits: Bool) throws(Failure) -> Int32 {
        var descriptor = open(path, O_WRONLY | O_CLOEXEC | O_NOCTTY | O_NONBLOCK)
        for _ in 0..<(waits ? looks : 0) where descriptor < 0 && errno == ENXIO {
            usleep(100_000)
            descriptor = open(path, O_WRONLY | O_CLOEXEC | O_NOCTTY | O_NONBLOCK)
        }
        guard descriptor >= 0 else { throw Failure(action: .write, path: path, number: errno) }
        // It is shared with nobody.
        _ = fcntl(descriptor, F_SETFL, fcntl(descriptor, F_GETFL) & ~O_NONBLOCK)
        return descriptor
    }

    /// Puts these bytes there, mode 0600 and synced where it is a regular file.
    package func write(_ bytes: [UInt8]) throws(Failure) {
        try write { Descriptor.write(bytes, to: $0) }
    }

    /// Puts all that is left of a descriptor there.
    package func write(copying source: Int32) throws(Failure) {
        try write { Descriptor.copy(source, to: $0) }
    }

    private func write(_ fill: (Int32) -> Int32?) throws(Failure) {
        if case .stream(let descriptor, _) = kind { return try check(fill(descriptor)) }
        let temporary = temporaryPath()
        var action = Failure.Action.create
        let made = SmallFile.create(temporary) { descriptor in
            action = .write
            return fill(descriptor)
        }
        if case .failure(let error) = made {
            throw Failure(action: action, path: action == .create ? temporary : path, number: error.number)
        }
        try move(temporary)
    }

    /// Replaces what is at `path`, as a reader sees it at once.
    package static func replace(_ path: String, with bytes: [UInt8]) throws(Failure) {
        let file = try OutputFile(path, replaces: true)
        defer { file.close() }
        try file.write(bytes)
    }

    /// Takes over a whole file that was made at `temporaryPath()`.
    package func take(_ temporary: String) throws(Failure) {
        guard case .stream(let descriptor, _) = kind else { return try move(temporary) }
        defer { unlink(temporary) }
        let source = open(temporary, O_RDONLY | O_CLOEXEC)
        guard source >= 0 else { throw Failure(action: .write, path: path, number: errno) }
        defer { Glibc.close(source) }
        try check(Descriptor.copy(source, to: descriptor))
    }

    /// Where a file can be made that `take` takes over: beside the one that it becomes, and for a stream where temporary
    /// files belong.
    package func temporaryPath() -> String {
        let unique = String(UInt64.random(in: 0...(.max)), radix: 36)
        switch kind {
        case .regular(let path, _): return "\(path).\(unique).new"
        case .stream:
            let folder = getenv("TMPDIR").map { String(cString: $0) } ?? "/var/tmp"
            return "\(folder)/chat-\(unique).new"
        }
    }

    /// Removes what others have left beside the file who were killed while they made it: what nobody has written to for an hour.
    package func removeLeftovers(now: Int = time(nil)) {
        guard case .regular(let path, _) = kind else { return }
        let folder = FilePath.folder(of: path)
        guard let names = try? FilePath.names(in: folder).get() else { return }
        for name in names where Self.isTemporary(name, of: path) {
            let leftover = "\(folder)/\(name)"
            var status = stat()
            guard lstat(leftover, &status) == 0, status.st_mode & S_IFMT == S_IFREG, status.st_uid == geteuid(),
                status.st_mtim.tv_sec < now - Self.leftoverAge
            else { continue }
            unlink(leftover)
        }
    }

    private static let leftoverAge = 3_600

    /// Whether a name is one of `temporaryPath()`, or of the journal that SQLite keeps beside it.
    private static func isTemporary(_ name: String, of path: String) -> Bool {
        let own = String(path.split(separator: "/").last ?? "") + "."
        guard name.hasPrefix(own) else { return false }
        let rest = name.dropFirst(own.count).split(separator: ".", omittingEmptySubsequences: false)
        guard rest.count == 2, ["new", "new-journal"].contains(rest[1]) else { return false }
        return (1...13).contains(rest[0].count) && UInt64(rest[0], radix: 36) != nil
    }

    /// A file that was written is good for nothing: it goes. One that replaced another stays.
    package func takeBack() {
        if case .regular(let path, replaces: false) = kind { unlink(path) }
    }

    /// To be called when nothing more is written.
    package func close() {
        if case .stream(let descriptor, isOurs: true) = kind { Glibc.close(descriptor) }
    }

    private func move(_ temporary: String) throws(Failure) {
        guard case .regular(let target, let replaces) = kind else { return }
        guard (replaces ? rename(temporary, target) : FilePath.renameToFresh(temporary, target)) == 0 else {
            let number = errno
            unlink(temporary)
            throw Failure(action: number == EEXIST ? .create : .write, path: path, number: number)
        }
        FilePath.syncFolder(of: target)
    }

    private func check(_ number: Int32?) throws(Failure) {
        if let number { throw Failure(action: .write, path: path, number: number) }
    }
}

extension OutputFile {
    /// The file that the links at `path` lead to.
    private static func target(of path: String) throws(Failure) -> String {
        guard let target = FilePath.followingLinks(path) else {
            throw Failure(action: .create, path: path, number: ELOOP)
        }
        return target
    }
}
