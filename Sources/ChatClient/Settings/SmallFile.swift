import Glibc
import System

/// Files that are small by nature, read whole and replaced whole.
package enum SmallFile {
    package struct Failure: Error, Equatable, Sendable {
        /// `errno`; `EFBIG` where the file is larger than it may be.
        package var number: Int32
        package var text: String { SystemText.of(number) }
    }

    /// How long something that is no regular file, such as a pipe, is waited for each time it has nothing yet.
    package enum Patience: Sendable {
        case none
        /// Ten seconds: where something else would stand still meanwhile.
        case short
        case endless

        fileprivate var milliseconds: Int32 {
            switch self {
            case .none: 0
            case .short: 10_000
            case .endless: -1
            }
        }
    }

    /// All bytes of the file at `path`; refused where it has more than `limit`.
    ///
    /// - Parameter patience: with a pipe that the caller names, as the shell's `<(…)` does.
    package static func read(_ path: String, limit: Int, patience: Patience = .none) -> Result<[UInt8], Failure> {
        // Without O_NONBLOCK opening a FIFO would wait for its writer without end.
        let descriptor = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK)
        guard descriptor >= 0 else { return .failure(Failure(number: errno)) }
        defer { close(descriptor) }
        return read(descriptor: descriptor, limit: limit, patience: patience)
    }

    /// All bytes that are left of `descriptor`.
    package static func read(
        descriptor: Int32, limit: Int, patience: Patience = .none
    ) -> Result<[UInt8], Failure> {
        var bytes: [UInt8] = []
        var chunk = [UInt8](repeating: 0, count: 4 << 10)
        while true {
            if let failure = wait(for: descriptor, patience) { return .failure(failure) }
            let count = Glibc.read(descriptor, &chunk, chunk.count)
            if count < 0 && errno == EINTR { continue }
            guard count >= 0 else { return .failure(Failure(number: errno)) }
            if count == 0 { return .success(bytes) }
            guard bytes.count + count <= limit else { return .failure(Failure(number: EFBIG)) }
            bytes.append(contentsOf: chunk[..<count])
        }
    }

    /// Until there is something, or the end; a FIFO that nobody has opened for writing yet has neither.
    private static func wait(for descriptor: Int32, _ patience: Patience) -> Failure? {
        guard patience.milliseconds != 0 else { return nil }
        while true {
            var entry = pollfd(fd: descriptor, events: Int16(POLLIN), revents: 0)
            switch poll(&entry, 1, patience.milliseconds) {
            case 0: return Failure(number: ETIME)
            case -1 where errno == EINTR: continue
            case -1: return Failure(number: errno)
            default: return nil
            }
        }
    }

    /// Replaces the file at `path` by one of mode 0600 with these bytes: a reader sees the old or the new whole. A
    /// symbolic link that is there stays, and what it leads to is replaced.
    package static func replace(_ path: String, with bytes: [UInt8]) -> Result<Void, Failure> {
        guard let path = FilePath.followingLinks(path) else { return .failure(Failure(number: ELOOP)) }
        let temporary = "\(path).\(getpid()).new"
        unlink(temporary)
        switch create(temporary, with: bytes) {
        case .failure(let failure):
            unlink(temporary)
            return .failure(failure)
        case .success:
            guard rename(temporary, path) == 0 else {
                let failure = Failure(number: errno)
                unlink(temporary)
                return .failure(failure)
            }
            return .success(())
        }
    }

    /// Makes a file of mode 0600 that was not there, synced.
    package static func create(_ path: String, with bytes: [UInt8]) -> Result<Void, Failure> {
        let descriptor = open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0o600)
        guard descriptor >= 0 else { return .failure(Failure(number: errno)) }
        var written = 0
        while written < bytes.count {
            let count = bytes.withUnsafeBytes {
                write(descriptor, $0.baseAddress?.advanced(by: written), $0.count - written)
            }
            if count < 0 && errno == EINTR { continue }
            guard count > 0 else {
                let failure = Failure(number: errno)
                close(descriptor)
                return .failure(failure)
            }
            written += count
        }
        let synced = fsync(descriptor) == 0 ? 0 : errno
        guard close(descriptor) == 0, synced == 0 else {
            return .failure(Failure(number: synced == 0 ? errno : synced))
        }
        return .success(())
    }
}

/// The kernel's words for an error number.
package enum SystemText {
    package static func of(_ number: Int32) -> String {
        var buffer = [CChar](repeating: 0, count: 256)
        _ = strerror_r(number, &buffer, buffer.count)
        return String(decoding: buffer.prefix { $0 != 0 }.map { UInt8(bitPattern: $0) }, as: UTF8.self)
    }
}
