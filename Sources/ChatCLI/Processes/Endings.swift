import Glibc
import Synchronization
import System

/// How the process is to end: the entry point does it.
package enum Ending: Equatable, Sendable {
    case status(Int32)
    /// As this signal ends a process that does nothing about it.
    case signal(Int32)
}

/// Whatever comes first ends the process: the command's result, a signal, or that nobody reads our output any more.
final class Endings: Sendable {
    private let first = Later<Ending>()
    private let cleanups = Mutex<[@Sendable () -> Void]>([])

    func end(_ ending: Ending) { first.set(ending) }

    /// Waits for the first ending, and cleans up.
    func wait() async -> Ending {
        let ending = await first.value
        for action in cleanups.withLock({ $0 }).reversed() { action() }
        return ending
    }

    /// Has `action` done before the process ends, however it ends.
    func onEnd(_ action: @escaping @Sendable () -> Void) {
        cleanups.withLock { $0.append(action) }
    }

    /// Lets these signals end the process in good order instead of at once. One that the caller's caller ignores
    /// (as `nohup` does) stays ignored.
    func intercept(_ signals: [Int32] = [SIGINT, SIGTERM, SIGHUP]) {
        for number in signals where !SignalDisposition.isIgnored(number) {
            SignalPipe.catchSignal(number) { self.end(.signal(number)) }
        }
    }

    /// Lets the first of these signals begin to wind up what the process does; who does that ends it. A second one ends
    /// it at once.
    ///
    /// - Returns: the signal that comes first.
    func windUp(
        _ signals: [Int32] = [SIGINT, SIGTERM, SIGHUP], _ action: @escaping @Sendable (Int32) -> Void
    ) -> Later<Int32> {
        let first = Later<Int32>()
        for number in signals where !SignalDisposition.isIgnored(number) {
            SignalPipe.catchSignal(number) {
                if first.set(number) { action(number) } else { self.end(.signal(number)) }
            }
        }
        return first
    }
}
