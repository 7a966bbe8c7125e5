import Glibc
import Synchronization

/// Asks a person on the terminal itself, whatever standard input and output are.
///
/// Where the answer is a secret the echo is off, and on again whenever we are stopped or end. After a stop, which may
/// have left the terminal as somebody else wants it, the question is put again (as by readpassphrase(3)).
package enum TerminalQuestion {
    package enum Failure: Error, Equatable, Sendable {
        /// There is no terminal, for this error number.
        case noTerminal(Int32)
        /// Ctrl-D, or the terminal has gone.
        case nothingTyped
        case tooLong
        case unreadable(Int32)
    }

    /// Bytes that a person may type as one answer: what a terminal takes as a line.
    private static let limit = 4096
    /// How long a process that a signal should end is given for it, milliseconds.
    private static let leaveTime: Int32 = 10_000
    /// What ends us or stops us; the last one tells that we go on.
    private static let signals = [SIGINT, SIGQUIT, SIGTERM, SIGHUP, SIGTSTP, SIGTTIN, SIGTTOU, SIGCONT]
    /// There is one terminal.
    private static let turn = Mutex(())

    /// Whether standard input is a person's.
    package static var somebodyIsThere: Bool { isatty(STDIN_FILENO) == 1 }

    /// The line that was typed, without its end. Blocks the thread.
    package static func ask(_ question: String, secret: Bool) -> Result<[UInt8], Failure> {
        turn.withLock { _ in
            let terminal = open("/dev/tty", O_RDWR | O_NOCTTY | O_CLOEXEC)
            guard terminal >= 0 else { return .failure(.noTerminal(errno)) }
            defer { close(terminal) }
            // The kernel stops us through this thread: who uses the terminal in the background waits.
            var none = sigset_t()
            var before = sigset_t()
            sigemptyset(&none)
            pthread_sigmask(SIG_SETMASK, &none, &before)
            defer { pthread_sigmask(SIG_SETMASK, &before, nil) }
            Foreground.await(on: terminal)
            while true {
                switch askOnce(Array(question.utf8), secret: secret, on: terminal) {
                case .answer(let result): return result
                case .signal(let number): if !passOn(number) { return .failure(.nothingTyped) }
                }
            }
        }
    }

    private enum Outcome {
        case answer(Result<[UInt8], Failure>)
        /// What came instead; the terminal is as it was.
        case signal(Int32)
    }

    private static func askOnce(_ question: [UInt8], secret: Bool, on terminal: Int32) -> Outcome {
        var modes = termios()
        guard tcgetattr(terminal, &modes) == 0 else { return .answer(.failure(.noTerminal(errno))) }
        let pause = SignalPause(of: signals)
        defer { pause.end() }
        var silent = modes
        if secret { silent.c_lflag &= ~tcflag_t(ECHO | ECHONL) }
        // Interrupted where we are in the background: what stops us comes first then.
        if secret, tcsetattr(terminal, TCSAFLUSH, &silent) != 0 {
            return pause.next().map(Outcome.signal) ?? .answer(.failure(.unreadable(errno)))
        }
        defer {
            if secret { tcsetattr(terminal, TCSADRAIN, &modes) }
        }
        _ = Descriptor.write(question, to: terminal)
        let outcome = readLine(terminal, pause)
        if secret { _ = Descriptor.write([0x0a], to: terminal) }
        return outcome
    }

    private static func readLine(_ terminal: Int32, _ pause: SignalPause) -> Outcome {
        var line: [UInt8] = []
        var chunk = [UInt8](repeating: 0, count: limit)
        while true {
            var entries = [
                pollfd(fd: terminal, events: Int16(POLLIN), revents: 0),
                pollfd(fd: pause.descriptor, events: Int16(POLLIN), revents: 0),
            ]
            guard poll(&entries, 2, -1) >= 0 || errno == EINTR else { return .answer(.failure(.unreadable(errno))) }
            if let number = pause.next() { return .signal(number) }
            guard entries[0].revents != 0 else { continue }
            let count = read(terminal, &chunk, chunk.count)
            if count < 0 && (errno == EINTR || errno == EAGAIN) { continue }
            guard count > 0 else { return .answer(.failure(count == 0 ? .nothingTyped : .unreadable(errno))) }
            line += chunk[..<count]
            if line.last == 0x0a { return .answer(.success(Array(line.dropLast()))) }
            guard line.count <= limit else { return .answer(.failure(.tooLong)) }
        }
    }

    /// Lets a signal do what it would have done. False where we should have ended and have not.
    private static func passOn(_ number: Int32) -> Bool {
        switch number {
        case SIGCONT: return true
        case SIGTSTP, SIGTTIN, SIGTTOU:
            // To this thread, so that it does not go on before all are stopped.
            raise(number)
            return true
        default:
            kill(getpid(), number)
            // Whoever has taken it is about to end the process.
            poll(nil, 0, leaveTime)
            return false
        }
    }
}
