import Glibc

/// The keys of a terminal, read as they come, and kept until somebody asks for them.
struct Keyboard {
    /// Ctrl-D, Backspace, Enter, Ctrl-U, Ctrl-W, Delete.
    private static let shorteningKeys: Set<UInt8> = [0x04, 0x08, 0x0a, 0x0d, 0x15, 0x17, 0x7f]
    private static let chunk = 4096

    let descriptor: Int32
    var keys = ByteQueue()
    /// Whether keys were left out for want of room.
    var hasDropped = false

    init(descriptor: Int32) { self.descriptor = descriptor }

    /// Waits for a key so many milliseconds; -1: for ever.
    func isReady(within milliseconds: Int32) -> Bool {
        var ready = pollfd(fd: descriptor, events: Int16(POLLIN), revents: 0)
        return poll(&ready, 1, milliseconds) > 0
    }

    /// Reads what is there. False: the terminal has gone.
    ///
    /// - Parameter onlyShortening: leave out every key but those that end or shorten a line.
    mutating func read(onlyShortening: Bool) -> Bool {
        var buffer = [UInt8](repeating: 0, count: Self.chunk)
        let count = Glibc.read(descriptor, &buffer, buffer.count)
        if count < 0 { return errno == EINTR || errno == EAGAIN }
        guard count > 0 else { return false }
        let bytes = buffer[..<count]
        guard onlyShortening else {
            keys.append(bytes)
            return true
        }
        let taken = bytes.filter { Self.shorteningKeys.contains($0) }
        if taken.count < count { hasDropped = true }
        keys.append(taken)
        return true
    }
}
