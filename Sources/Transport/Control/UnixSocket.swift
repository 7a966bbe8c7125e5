import Glibc
import System

/// Unix-domain sockets by path.
enum UnixSocket {
    struct Failure: Error, Equatable {
        var errno: Int32
        var text: String { SystemError.text(errno) }
    }

    /// Who is at the other end of a Unix-domain socket (`struct ucred`, which Glibc's headers hide).
    struct Credentials {
        var process: Int32 = -1
        var user: UInt32 = .max
        var group: UInt32 = .max
    }

    /// A listening socket's descriptor, bound to `path` and open to its owner only from its first moment on. A socket
    /// that a former process left there is replaced; any other file is not.
    static func bind(_ path: String) throws(Failure) -> Int32 {
        let descriptor = try make()
        do throws(Failure) {
            try removeStale(path)
            // The file takes the descriptor's mode, so that there is no moment in which others could connect.
            guard fchmod(descriptor, 0o600) == 0 else { throw Failure(errno: errno) }
            try withAddress(path) { address, length in Glibc.bind(descriptor, address, length) }
        } catch {
            Glibc.close(descriptor)
            throw error
        }
        return descriptor
    }

    /// Fails where somebody listens at `path`.
    static func refuseInUse(_ path: String) throws(Failure) {
        guard let descriptor = try? connect(path) else { return }
        Glibc.close(descriptor)
        throw Failure(errno: EADDRINUSE)
    }

    static func remove(_ path: String) { unlink(path) }

    /// A connected socket's descriptor.
    static func connect(_ path: String) throws(Failure) -> Int32 {
        let descriptor = try make()
        do throws(Failure) {
            try withAddress(path) { address, length in Glibc.connect(descriptor, address, length) }
        } catch {
            Glibc.close(descriptor)
            throw error
        }
        return descriptor
    }

    private static func make() throws(Failure) -> Int32 {
        let type = Int32(SOCK_STREAM.rawValue) | Int32(SOCK_CLOEXEC.rawValue)
        let descriptor = socket(AF_UNIX, type, 0)
        guard descriptor >= 0 else { throw Failure(errno: errno) }
        return descriptor
    }

    private static func removeStale(_ path: String) throws(Failure) {
        var status = stat()
        guard lstat(path, &status) == 0 else { return }
        guard status.st_mode & S_IFMT == S_IFSOCK else { throw Failure(errno: EADDRINUSE) }
        guard unlink(path) == 0 || errno == ENOENT else { throw Failure(errno: errno) }
    }

    /// Calls `body` with the address of `path`. A path too long for an address is reached through a descriptor of its
    /// directory.
    private static func withAddress(
        _ path: String, _ body: (UnsafePointer<sockaddr>, socklen_t) -> Int32
    ) throws(Failure) {
        if fits(path) { return try call(path, body) }
        let parts = path.split(separator: "/", omittingEmptySubsequences: false)
        let directory = open(parts.dropLast().joined(separator: "/"), O_RDONLY | O_DIRECTORY | O_CLOEXEC)
        guard directory >= 0 else { throw Failure(errno: errno) }
        defer { Glibc.close(directory) }
        let short = "/proc/self/fd/\(directory)/\(parts.last ?? "")"
        guard fits(short) else { throw Failure(errno: ENAMETOOLONG) }
        try call(short, body)
    }

    private static func fits(_ path: String) -> Bool {
        path.utf8.count < MemoryLayout.size(ofValue: sockaddr_un().sun_path)
    }

    private static func call(
        _ path: String, _ body: (UnsafePointer<sockaddr>, socklen_t) -> Int32
    ) throws(Failure) {
        var address = address(path)
        let result = withUnsafePointer(to: &address) { pointer in
            pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                body($0, socklen_t(MemoryLayout<sockaddr_un>.size))
            }
        }
        guard result == 0 else { throw Failure(errno: errno) }
    }

    /// The address of a path that fits.
    static func address(_ path: String) -> sockaddr_un {
        var address = sockaddr_un()
        address.sun_family = sa_family_t(AF_UNIX)
        withUnsafeMutableBytes(of: &address.sun_path) { $0.copyBytes(from: path.utf8) }
        return address
    }
}
