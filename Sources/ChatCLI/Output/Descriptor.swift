import Glibc

/// Plain reading and writing of file descriptors.
enum Descriptor {
    /// Writes all bytes, waiting where the descriptor does not take them yet. The error number where it failed.
    static func write(_ bytes: [UInt8], to descriptor: Int32) -> Int32? {
        var written = 0
        while written < bytes.count {
            let count = bytes.withUnsafeBytes { buffer in
                Glibc.write(descriptor, buffer.baseAddress?.advanced(by: written), buffer.count - written)
            }
            if count >= 0 {
                written += count
            } else if errno == EAGAIN {
                // Somebody else has made the terminal non-blocking.
                var entry = pollfd(fd: descriptor, events: Int16(POLLOUT), revents: 0)
                _ = poll(&entry, 1, -1)
            } else if errno != EINTR {
                return errno
            }
        }
        return nil
    }

    /// Up to `limit` bytes; none at the end.
    static func read(_ descriptor: Int32, limit: Int) -> Result<[UInt8], SystemError> {
        var buffer = [UInt8](repeating: 0, count: limit)
        while true {
            let count = Glibc.read(descriptor, &buffer, limit)
            if count >= 0 { return .success(Array(buffer.prefix(count))) }
            if errno == EAGAIN {
                var entry = pollfd(fd: descriptor, events: Int16(POLLIN), revents: 0)
                _ = poll(&entry, 1, -1)
            } else if errno != EINTR {
                return .failure(SystemError(number: errno))
            }
        }
    }

    /// What is there now, up to `limit` bytes.
    static func readAvailable(_ descriptor: Int32, limit: Int) -> Result<[UInt8], SystemError> {
        var buffer = [UInt8](repeating: 0, count: limit)
        let count = Glibc.read(descriptor, &buffer, limit)
        return count < 0 ? .failure(SystemError(number: errno)) : .success(Array(buffer.prefix(count)))
    }

    /// Takes up the three standard descriptors where the caller has closed them, so that no file that is opened
    /// later becomes "standard output". Writing to such an output fails, as it should.
    static func secureStandardOnes() {
        for descriptor: Int32 in 0...2 where fcntl(descriptor, F_GETFD) < 0 && errno == EBADF {
            // The lowest free number is the one that is missing.
            _ = open("/dev/null", descriptor == 0 ? O_WRONLY : O_RDONLY)
        }
    }
}

/// An error number of the kernel.
struct SystemError: Error, Equatable {
    var number: Int32
    var text: String { Self.text(number) }

    static func text(_ number: Int32) -> String {
        var buffer = [CChar](repeating: 0, count: 256)
        guard strerror_r(number, &buffer, buffer.count) == 0 else { return "error \(number)" }
        return String(decoding: buffer.prefix { $0 != 0 }.map { UInt8(bitPattern: $0) }, as: UTF8.self)
    }
}
