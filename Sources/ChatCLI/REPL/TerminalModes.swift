import Glibc
import Synchronization
import System

/// How the terminal was before the prompt changed it, for an end that comes suddenly and from any thread.
final class TerminalModes: Sendable {
    private let descriptor: Int32
    private let modes: termios
    private let isChanged = Atomic(true)

    /// Nil where the descriptor is no terminal.
    init?(of descriptor: Int32) {
        var modes = termios()
        guard tcgetattr(descriptor, &modes) == 0 else { return nil }
        self.descriptor = descriptor
        self.modes = modes
    }

    /// The prompt has put everything back itself.
    func keep() { isChanged.store(false, ordering: .relaxed) }

    /// Gives the terminal back: its modes, pasting without marks, and a line of its own for whoever comes next.
    func restore() {
        // From the background this would stop us; whoever has the terminal now has set it as it wants it.
        guard isChanged.exchange(false, ordering: .relaxed), tcgetpgrp(descriptor) == getpgrp() else { return }
        var modes = modes
        tcsetattr(descriptor, TCSANOW, &modes)
        // A terminal that takes nothing (Ctrl-S, a viewer that hangs) must not keep the process alive.
        var ready = pollfd(fd: descriptor, events: Int16(POLLOUT), revents: 0)
        guard poll(&ready, 1, 0) > 0, ready.revents & Int16(POLLOUT) != 0 else { return }
        _ = Descriptor.write(Array("\u{1b}[?2004l\r\n".utf8), to: descriptor)
    }
}
