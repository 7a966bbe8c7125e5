import Glibc

/// The kernel's locks on files. They end with the process, however that ends, so none goes stale.
package enum FileLock {
    /// Takes the lock of flock(2) on an open file.
    ///
    /// - Parameter waits: until nobody else has it.
    /// - Returns: false where another process has it.
    package static func take(_ descriptor: Int32, waits: Bool = false) throws(SystemError) -> Bool {
        while flock(descriptor, waits ? LOCK_EX : LOCK_EX | LOCK_NB) != 0 {
            if errno == EINTR { continue }
            if errno == EWOULDBLOCK { return false }
            throw .last
        }
        return true
    }

    // Locks of the open file description (fcntl(2)): unlike the process's own they outlive the closing of another
    // descriptor of the file, and unlike those of flock(2) one can ask whether somebody has it.
    // The constants stand behind _GNU_SOURCE.
    private static let getLock: Int32 = 36
    private static let setLock: Int32 = 37

    /// Takes the lock of an open file description; false where it is refused.
    package static func takeDescription(_ descriptor: Int32) -> Bool { control(descriptor, setLock) != nil }

    /// Whether somebody has a lock of that kind.
    package static func isDescriptionTaken(_ descriptor: Int32) -> Bool {
        guard let found = control(descriptor, getLock) else { return false }
        return found != F_UNLCK
    }

    /// Asks for, or asks about, a lock on the whole file; the type of lock that was found, nil where it was refused.
    private static func control(_ descriptor: Int32, _ command: Int32) -> Int32? {
        var lock = Glibc.flock()
        lock.l_type = Int16(F_WRLCK)
        lock.l_whence = Int16(SEEK_SET)
        guard fcntl(descriptor, command, &lock) == 0 else { return nil }
        return Int32(lock.l_type)
    }
}

extension FileLock {
    /// Writes into the file that is locked which process has it.
    package static func noteHolder(_ descriptor: Int32) {
        let text = Array("\(getpid())\n".utf8)
        ftruncate(descriptor, 0)
        _ = pwrite(descriptor, text, text.count, 0)
    }

    /// The process that the file names.
    package static func holder(_ descriptor: Int32) -> Int32? {
        var buffer = [UInt8](repeating: 0, count: 16)
        let count = pread(descriptor, &buffer, buffer.count, 0)
        guard count > 0 else { return nil }
        return Int32(String(decoding: buffer[..<count].prefix { $0 != 0x0a }, as: UTF8.self))
    }
}
