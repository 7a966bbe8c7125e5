import Glibc
import System

/// A pipe or a pseudo-terminal that a command writes to in place of one of our descriptors, where what it writes goes.
struct OutputStream: Sendable {
    /// Our end; reading it does not wait.
    let source: Int32
    /// The command's end.
    let end: Int32
    /// Where it goes.
    let sink: Int32
    /// What the command writes to.
    let descriptors: [Int32]
    let isTerminal: Bool

    /// - Throws: what the system refused.
    init(_ plan: OutputPlan.Stream) throws(SystemError) {
        sink = plan.descriptors[0]
        descriptors = plan.descriptors
        var ends: (source: Int32, end: Int32)?
        // A container may have no pseudo-terminals.
        if plan.isTerminal { ends = Self.pseudoTerminal(like: plan.descriptors[0]) }
        isTerminal = ends != nil
        if let ends { (source, end) = ends } else { (source, end) = try NewDescriptor.pipe() }
        _ = fcntl(source, F_SETFL, O_NONBLOCK)
        resize()
    }

    /// Copies the size of our terminal.
    func resize() {
        var size = winsize()
        guard isTerminal, ioctl(sink, UInt(TIOCGWINSZ), &size) == 0 else { return }
        _ = ioctl(source, UInt(TIOCSWINSZ), &size)
    }

    /// Raw in its output: what becomes of newlines is for our terminal to do, once.
    private static func pseudoTerminal(like terminal: Int32) -> (source: Int32, end: Int32)? {
        var (source, end): (Int32, Int32) = (-1, -1)
        var modes = termios()
        guard tcgetattr(terminal, &modes) == 0 else { return nil }
        modes.c_oflag &= ~tcflag_t(OPOST)
        guard openpty(&source, &end, nil, &modes, nil) == 0 else { return nil }
        for descriptor in [source, end] { _ = fcntl(descriptor, F_SETFD, FD_CLOEXEC) }
        return (source, end)
    }
}
