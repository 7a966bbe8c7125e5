import Dispatch
import Glibc
import Synchronization
import System

/// Runs other programs, one after the other, without a shell in between.
///
/// Each is a process group of its own, so that its whole family can be ended.
final class ChildProcess: Sendable {
    enum Outcome: Equatable, Sendable {
        case exited(Int32)
        case signalled(Int32)
        /// It was ended because it took too long.
        case timedOut
        /// It printed more than the bound of its output, and was ended.
        case printedTooMuch
        /// It could not be started, for this error number.
        case notStarted(Int32)
    }

    /// After TERM, how long a program may take to clean up before KILL, seconds.
    static let grace = 5

    /// The group that runs now. It is not reaped while this is set, so its number means nobody else.
    private let group = Mutex<pid_t?>(nil)
    private let lane = BlockingLane("child")

    /// Sends a signal to what runs now, and to its children.
    func send(signal number: Int32) {
        group.withLock { group in
            if let group { kill(-group, number) }
        }
    }

    /// Runs a program to its end.
    ///
    /// - Parameters:
    ///   - words: the program, looked for along PATH, and its arguments.
    ///   - environment: `NAME=value`, each as its bytes: what we got is handed on as it is.
    ///   - input: what it finds on its standard input; a program that does not read it holds nothing up.
    ///   - output: takes what it prints; nil: that goes where ours goes.
    ///   - timeout: then TERM, and KILL `grace` later; nil: for ever.
    func run(
        _ words: [String], environment: [[UInt8]], input: [UInt8], output: OutputCapture? = nil, timeout: Duration?
    ) async -> Outcome {
        await lane.run {
            self.runHere(words, environment: environment, input: input, output: output, timeout: timeout)
        }
    }

    private func runHere(
        _ words: [String], environment: [[UInt8]], input: [UInt8], output: OutputCapture?, timeout: Duration?
    ) -> Outcome {
        let file: Int32
        switch NewDescriptor.memoryFile(input) {
        case .success(let made): file = made
        case .failure(let error): return .notStarted(error.number)
        }
        defer { close(file) }
        var descriptors = [Spawn.Redirection(ours: file, its: STDIN_FILENO)]
        if let output { descriptors.append(.init(ours: output.its, its: 1)) }
        let spawn = Spawn(words: words, environment: environment, descriptors: descriptors, hasOwnGroup: true)
        // Locked, so that a signal to what runs cannot fall between start and note.
        let started = group.withLock { group in
            let started = spawn.start()
            if case .success(let process) = started { group = process }
            return started
        }
        switch started {
        case .success(let process): return wait(for: process, output: output, timeout: timeout)
        case .failure(let error): return .notStarted(error.number)
        }
    }

    private func wait(for process: pid_t, output: OutputCapture?, timeout: Duration?) -> Outcome {
        let deadline = Deadline()
        let timer = DispatchQueue.global()
        let endGroup: @Sendable () -> Void = {
            deadline.expire { self.end(process, with: SIGTERM) }
            timer.asyncAfter(deadline: .now() + .seconds(Self.grace)) {
                deadline.expire { self.end(process, with: SIGKILL) }
            }
        }
        if let timeout {
            timer.asyncAfter(
                deadline: .now() + .milliseconds(Int(timeout / .milliseconds(1))), execute: endGroup)
        }
        output?.begin(onExcess: endGroup)
        // Waiting without reaping: until the group is forgotten below its number cannot mean another process.
        var information = siginfo_t()
        while waitid(P_PID, id_t(process), &information, WEXITED | WNOWAIT) != 0 && errno == EINTR {}
        let isExpired = deadline.finish()
        output?.finish()
        let isExceeded = output?.isExceeded ?? false
        var status: Int32 = 0
        group.withLock { group in
            // What it left behind in its group goes, too, where it had to be ended.
            if isExpired || isExceeded { kill(-process, SIGKILL) }
            while waitpid(process, &status, 0) < 0 && errno == EINTR {}
            group = nil
        }
        if isExceeded { return .printedTooMuch }
        if isExpired { return .timedOut }
        let number = status & 0x7f
        return number == 0 ? .exited(status >> 8 & 0xff) : .signalled(number)
    }

    private func end(_ process: pid_t, with number: Int32) {
        group.withLock { group in
            if group == process { kill(-process, number) }
        }
    }
}

/// Whether a time-out came before the end of what it limits.
private final class Deadline: Sendable {
    private enum State { case running, expired, finished }
    private let state = Mutex(State.running)

    func expire(_ action: () -> Void) {
        state.withLock { state in
            guard state != .finished else { return }
            state = .expired
            action()
        }
    }

    /// True where it had expired before.
    func finish() -> Bool {
        state.withLock { state in
            defer { state = .finished }
            return state == .expired
        }
    }
}
