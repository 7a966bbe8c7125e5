import Dispatch
import Glibc
import Synchronization
import System

/// Runs a command in the foreground, in our process group and with our standard input, as a shell does.
///
/// `Supervision` decides what is done about signals; here it is done, all of it on the queue of the signals, in the
/// order in which they came.
final class CommandRunner: Sendable {
    /// All but those that cannot be ignored, and SIGCHLD, without which we would hear of no end.
    private static let signals = (1...64 as ClosedRange<Int32>).filter { ![SIGKILL, SIGSTOP, SIGCHLD].contains($0) }

    private struct State {
        var supervision: Supervision
        var isReaped = false
    }

    private let words: [String]
    private let relay: OutputRelay?
    private let state = Mutex<State?>(nil)
    private let end = Later<CommandEnd>()
    private let leave: @Sendable (CommandEnd) -> Void

    /// - Parameters:
    ///   - relay: where its last lines are wanted.
    ///   - leave: called when a signal comes after the command's end.
    init(words: [String], relay: OutputRelay?, leave: @escaping @Sendable (CommandEnd) -> Void) {
        self.words = words
        self.relay = relay
        self.leave = leave
    }

    /// Runs it to its end.
    func run() async -> CommandEnd {
        // What who started us ignores stays ignored, for us and for the command.
        let ignored = Self.signals.filter(SignalDisposition.isIgnored)
        // A reader that is gone is for the command to learn.
        signal(SIGPIPE, SIG_IGN)
        start(ignored: ignored)
        relay?.start()
        return await end.value
    }

    private func start(ignored: [Int32]) {
        let spawn = Spawn(
            words: words, environment: ProcessEnvironment.inherited, descriptors: relay?.redirections ?? [],
            hasOwnGroup: false, ignored: ignored)
        // What comes meanwhile waits for this lock, and then finds a command.
        state.withLock { state in
            for number in Supervision.passedOn where !ignored.contains(number) { catchSignal(number) }
            if relay?.hasTerminal == true { catchSignal(SIGWINCH) }
            SignalPipe.catchSignal(SIGCHLD) { self.reap() }
            switch spawn.start() {
            case .failure(let error):
                var supervision = Supervision(process: 0, isSessionLeader: false)
                act(supervision.take(.ended(.notStarted(error.number))), process: 0)
                state = State(supervision: supervision, isReaped: true)
            case .success(let process):
                state = State(supervision: Supervision(process: process, isSessionLeader: getsid(0) == getpid()))
            }
        }
    }

    private func catchSignal(_ number: Int32) {
        SignalPipe.catchSignal(number) { (origin: SignalOrigin) in
            // Who continues us may have continued the command before.
            if number == SIGCONT { self.reap() }
            self.take { $0.take(signal: number, from: origin) }
        }
    }

    /// Asks what has become of the command.
    private func reap() {
        while let change = nextChange() { take { $0.take(change) } }
    }

    private func nextChange() -> ProcessChange? {
        state.withLock { state in
            guard let process = state?.supervision.process, state?.isReaped == false else { return nil }
            var status: Int32 = 0
            guard waitpid(process, &status, WNOHANG | WUNTRACED | WCONTINUED) == process else { return nil }
            let change = ProcessChange(waitStatus: status)
            // From now on its number may mean another process.
            if case .ended = change { state?.isReaped = true }
            return change
        }
    }

    private func take(_ decide: (inout Supervision) -> [Supervision.Action]) {
        let stops = state.withLock { state in
            guard var current = state else { return false }
            let actions = decide(&current.supervision)
            state = current
            return act(actions, process: current.supervision.process)
        }
        // To this thread, so that it does not go on before all are stopped. Not SIGTSTP: the terminal's may still be on
        // its way to us, and then there would be two stops; of SIGSTOP and that one SIGCONT makes an end together.
        if stops { raise(SIGSTOP) }
    }

    /// True where we are to be stopped, which is not done under the lock.
    @discardableResult
    private func act(_ actions: [Supervision.Action], process: pid_t) -> Bool {
        for action in actions {
            switch action {
            case .send(let number): kill(process, number)
            case .stop: return true
            case .resize: for stream in relay?.streams ?? [] { stream.resize() }
            case .finish(let how):
                // From now on it stops us alone.
                if !SignalDisposition.isIgnored(SIGTSTP) { signal(SIGTSTP, SIG_DFL) }
                end.set(how)
            case .leave(let end): leave(end)
            }
        }
        return false
    }
}
