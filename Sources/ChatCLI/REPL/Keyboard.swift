import CLISupport
import ChatClient
import ChatProtocol
import Glibc

/// The keys of a terminal, read as they come, and kept until somebody asks for them.
struct Keyboard {
    /// Ctrl-C, Ctrl-D, Backspace, Enter, Ctrl-U, Ctrl-W, Delete.
    private static let shorteningKeys: Set<UInt8> = [0x03, 0x04, 0x08, 0x0a, 0x0d, 0x15, 0x17, 0x7f]
    /// How long nothing came before what a finger pressed: a terminal writes a paste without a pause.
    private static let pause = Duration.seconds(1)
    private static let chunk = 4096

    /// What is said of a line of which keys were left out.
    static let tooMuch = Problem(
        .messageTooLong, "the line had more than \(Limits.text) bytes (\(MessageText.limitInWords)); nothing was sent",
        hint: "send a file with 'chat send', in parts", sent: .no)

    let descriptor: Int32
    /// What came and nobody has asked for yet.
    var keys: ArraySlice<UInt8> = []
    /// Whether keys were left out for want of room.
    var hasDropped = false
    private var lastRead = ContinuousClock.now
    private var lastPause = Duration.zero

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
        let now = ContinuousClock.now
        lastPause = lastRead.duration(to: now)
        lastRead = now
        let bytes = buffer[..<count]
        guard onlyShortening else {
            keys += bytes
            return true
        }
        let taken = bytes.filter { Self.shorteningKeys.contains($0) }
        if taken.count < count { hasDropped = true }
        keys += taken
        return true
    }

    /// Whether what was read last is this key alone, after a pause.
    func isSinglePress(of key: UInt8) -> Bool { keys.elementsEqual([key]) && lastPause >= Self.pause }
}

/// The keys of which a terminal makes signals, as this user has set them; while a line is edited it makes none.
struct SpecialKeys {
    private(set) var interrupt: UInt8 = 0x03
    private(set) var stop: UInt8 = 0x1a
    private(set) var quit: UInt8 = 0x1c
    private let descriptor: Int32

    init(descriptor: Int32) {
        self.descriptor = descriptor
        var modes = termios()
        guard tcgetattr(descriptor, &modes) == 0 else { return }
        withUnsafeBytes(of: modes.c_cc) { keys in
            // Where a key is switched off the usual one does it all the same: there is no other way out.
            if keys[Int(VINTR)] != 0 { interrupt = keys[Int(VINTR)] }
            if keys[Int(VSUSP)] != 0 { stop = keys[Int(VSUSP)] }
            if keys[Int(VQUIT)] != 0 { quit = keys[Int(VQUIT)] }
        }
    }

    var all: [UInt8] { [interrupt, stop, quit] }

    /// Has the terminal deliver them as keys. Its modes are put back by whoever has changed them for editing.
    func take() {
        var modes = termios()
        guard tcgetattr(descriptor, &modes) == 0 else { return }
        modes.c_lflag &= ~tcflag_t(ISIG)
        tcsetattr(descriptor, TCSANOW, &modes)
    }
}
