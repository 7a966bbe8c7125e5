import Glibc

/// Plain reading and writing of file descriptors.
package enum Descriptor {
    /// Writes all bytes, waiting where the descriptor does not take them yet. The error number where it failed.
    package static func write(_ bytes: [UInt8], to descriptor: Int32) -> Int32? {
        write(bytes[...], to: descriptor)
    }

    package static func write(_ bytes: ArraySlice<UInt8>, to descriptor: Int32) -> Int32? {
        var rest = bytes
        while !rest.isEmpty {
            let count = rest.withUnsafeBytes { Glibc.write(descriptor, $0.baseAddress, $0.count) }
            if count > 0 {
                rest = rest.dropFirst(count)
            } else if count == 0 {
                return EIO
            } else if errno == EAGAIN {
                // Somebody else has made the terminal non-blocking.
                wait(for: descriptor, POLLOUT)
            } else if errno != EINTR {
                return errno
            }
        }
        return nil
    }

    /// Up to `limit` bytes; none at the end.
    package static func read(_ descriptor: Int32, limit: Int) -> Result<[UInt8], SystemError> {
        while true {
            switch readAvailable(descriptor, limit: limit) {
            case .failure(let error) where error.number == EAGAIN: wait(for: descriptor, POLLIN)
            case .failure(let error) where error.number == EINTR: continue
            case let result: return result
            }
        }
    }

    /// What is there now, up to `limit` bytes.
    package static func readAvailable(_ descriptor: Int32, limit: Int) -> Result<[UInt8], SystemError> {
        var count = 0
        let bytes = [UInt8](unsafeUninitializedCapacity: limit) { buffer, filled in
            count = Glibc.read(descriptor, buffer.baseAddress, limit)
            filled = max(0, count)
        }
        return count < 0 ? .failure(.last) : .success(bytes)
    }

    /// Writes all that is left of `source`. The error number where that failed.
    package static func copy(_ source: Int32, to target: Int32) -> Int32? {
        while true {
            switch read(source, limit: 256 << 10) {
            case .success(let bytes) where bytes.isEmpty: return nil
            case .success(let bytes): if let number = write(bytes, to: target) { return number }
            case .failure(let error): return error.number
            }
        }
    }

    /// Takes up the three standard descriptors where the caller has closed them, so that no file that is opened
    /// later becomes "standard output". Writing to such an output fails, as it should.
    package static func secureStandardOnes() {
        for descriptor: Int32 in 0...2 where fcntl(descriptor, F_GETFD) < 0 && errno == EBADF {
            // The lowest free number is the one that is missing.
            _ = open("/dev/null", descriptor == 0 ? O_WRONLY : O_RDONLY)
        }
    }

    /// Whether something can be read at once, or its end.
    package static func isReadable(_ descriptor: Int32) -> Bool {
        var entry = pollfd(fd: descriptor, events: Int16(POLLIN), revents: 0)
        return poll(&entry, 1, 0) > 0
    }

    private static func wait(for descriptor: Int32, _ event: Int32) {
        var entry = pollfd(fd: descriptor, events: Int16(event), revents: 0)
        _ = poll(&entry, 1, -1)
    }
}
