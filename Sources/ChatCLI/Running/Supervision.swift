import Glibc

/// What is done about signals while a command runs in our process group, and about what becomes of it: a plain value.
struct Supervision: Sendable {
    /// Signals that are to reach the command.
    static let passedOn = [SIGHUP, SIGINT, SIGQUIT, SIGTERM, SIGUSR1, SIGUSR2, SIGTSTP, SIGCONT]
    /// Signals that end the wait for the report, once the command has ended.
    private static let endings: Set<Int32> = [SIGHUP, SIGINT, SIGQUIT, SIGTERM]

    enum Action: Equatable, Sendable {
        /// Send this signal to the command.
        case send(Int32)
        /// Stop ourselves, until somebody continues us.
        case stop
        /// Copy the size of our terminal to that of the command.
        case resize
        case finish(CommandEnd)
        /// The command has ended so: end at once, without waiting for the report.
        case leave(CommandEnd)
    }

    private enum Phase: Equatable { case running, stopped, ended(CommandEnd) }

    let process: pid_t
    /// What a terminal that hangs up tells the leader of the session it tells nobody else.
    let isSessionLeader: Bool
    private var phase = Phase.running
    private var isAskedToStop = false
    /// Who continued us continued the command as well.
    private var isContinued = false

    init(process: pid_t, isSessionLeader: Bool) {
        self.process = process
        self.isSessionLeader = isSessionLeader
    }

    /// A signal has come to us.
    mutating func take(signal number: Int32, from origin: SignalOrigin) -> [Action] {
        if case .ended(let end) = phase { return Self.endings.contains(number) ? [.leave(end)] : [] }
        // The command was told of the new size before its terminal had it.
        if number == SIGWINCH { return [.resize, .send(SIGWINCH)] }
        if number == SIGCONT {
            defer { isContinued = false }
            if isContinued { return [] }
        }
        let sends = Self.passedOn.contains(number) && !hasReached(number, from: origin)
        if number == SIGTSTP { isAskedToStop = true }
        return (sends ? [.send(number)] : []) + stopWithCommand()
    }

    /// Whether the command has the signal already.
    private func hasReached(_ number: Int32, from origin: SignalOrigin) -> Bool {
        switch origin {
        // The terminal's go to the whole group, and the command is in ours.
        case .kernel: !(isSessionLeader && (number == SIGHUP || number == SIGCONT))
        // Its own, such as those of `kill 0`, are not sent back to it.
        case .process(let sender): sender == process
        }
    }

    /// Something has become of the command.
    mutating func take(_ change: ProcessChange) -> [Action] {
        switch change {
        case .stopped:
            phase = .stopped
            return stopWithCommand()
        case .continued:
            isContinued = phase == .stopped
            phase = .running
            isAskedToStop = false
            return []
        case .ended(let end):
            phase = .ended(end)
            return [.finish(end)]
        }
    }

    /// We stop where both have come to pass, in whatever order they are heard of: that we were told to, and that the
    /// command has stopped. It may clean up first and then stop itself in its own way, or not stop at all; and one that
    /// was stopped alone may be continued alone, and then needs us.
    private mutating func stopWithCommand() -> [Action] {
        guard isAskedToStop, phase == .stopped else { return [] }
        isAskedToStop = false
        return [.stop]
    }
}
