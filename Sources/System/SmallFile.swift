import Glibc

/// Files that are small by nature, read whole and made whole.
package enum SmallFile {
    /// How long something that is no regular file, such as a pipe, is waited for each time it has nothing yet. That blocks the thread.
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

    /// All bytes of the file at `path`; refused with `EFBIG` where it has more than `limit`.
    ///
    /// - Parameter patience: with a pipe that the caller names, as the shell's `<(…)` does. In code that is asynchronous: `awaited`.
    package static func read(
        _ path: String, limit: Int, patience: Patience = .none
    ) -> Result<[UInt8], SystemError> {
        // Without O_NONBLOCK opening a FIFO would wait for its writer without end.
        let descriptor = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK)
        guard descriptor >= 0 else { return .failure(.last) }
        defer { close(descriptor) }
        return read(descriptor: descriptor, limit: limit, patience: patience)
    }

    /// The same without holding up the caller's executor.
    package static func awaited(
        _ path: String, limit: Int, patience: Patience = .endless
    ) async throws(SystemError) -> [UInt8] {
        try await BlockingLane("file").run { () throws(SystemError) in
            try read(path, limit: limit, patience: patience).get()
        }
    }

    /// All bytes that are left of `descriptor`.
    package static func read(
        descriptor: Int32, limit: Int, patience: Patience = .none
    ) -> Result<[UInt8], SystemError> {
        var bytes: [UInt8] = []
        while true {
            if let failure = wait(for: descriptor, patience) { return .failure(failure) }
            switch Descriptor.readAvailable(descriptor, limit: 16 << 10) {
            case .success(let some) where some.isEmpty: return .success(bytes)
            case .success(let some):
                guard bytes.count + some.count <= limit else { return .failure(SystemError(number: EFBIG)) }
                bytes += some
            case .failure(let error) where error.number == EINTR: continue
            case .failure(let error): return .failure(error)
            }
        }
    }

    /// Until there is something, or the end; a FIFO that nobody has opened for writing yet has neither.
    private static func wait(for descriptor: Int32, _ patience: Patience) -> SystemError? {
        guard patience.milliseconds != 0 else { return nil }
        while true {
            var entry = pollfd(fd: descriptor, events: Int16(POLLIN), revents: 0)
            switch poll(&entry, 1, patience.milliseconds) {
            case 0: return SystemError(number: ETIME)
            case -1 where errno == EINTR: continue
            case -1: return .last
            default: return nil
            }
        }
    }

    /// Makes a file of mode 0600 that was not there, synced. Where that fails there is none.
    package static func create(_ path: String, with bytes: [UInt8]) -> Result<Void, SystemError> {
        create(path) { Descriptor.write(bytes, to: $0) }
    }

    /// Makes a file of mode 0600 that was not there of what `fill` writes, which gives the error's number.
    static func create(_ path: String, _ fill: (Int32) -> Int32?) -> Result<Void, SystemError> {
        let descriptor = open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0o600)
        guard descriptor >= 0 else { return .failure(.last) }
        var failure = fill(descriptor) ?? (fsync(descriptor) == 0 ? nil : errno)
        if close(descriptor) != 0, failure == nil { failure = errno }
        guard let failure else { return .success(()) }
        unlink(path)
        return .failure(SystemError(number: failure))
    }
}
