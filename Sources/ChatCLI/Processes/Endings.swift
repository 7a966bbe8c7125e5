import Glibc
import Synchronization

/// How the process is to end: the entry point does it.
package enum Ending: Equatable, Sendable {
    case status(Int32)
    /// As this signal ends a process that does nothing about it.
    case signal(Int32)
}

/// Whatever comes first ends the process: the command's result, a signal, or that nobody reads our output any more.
final class Endings: Sendable {
    private let first: AsyncStream<Ending>
    private let continuation: AsyncStream<Ending>.Continuation
    private let cleanups = Mutex<[@Sendable () -> Void]>([])

    init() { (first, continuation) = AsyncStream.makeStream(bufferingPolicy: .bufferingOldest(1)) }

    func end(_ ending: Ending) { continuation.yield(ending) }

    /// Waits for the first ending, and cleans up.
    func wait() async -> Ending {
        var iterator = first.makeAsyncIterator()
        let ending = await iterator.next() ?? .status(0)
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
        for number in signals where !SignalPipe.isIgnored(number) {
            SignalPipe.catchSignal(number) { self.end(.signal(number)) }
        }
    }

    /// Lets the first of these signals begin to wind up what the process does; who does that ends it. A second one ends
    /// it at once.
    func windUp(
        _ signals: [Int32] = [SIGINT, SIGTERM, SIGHUP], _ action: @escaping @Sendable () -> Void
    ) -> FirstSignal {
        let first = FirstSignal()
        for number in signals where !SignalPipe.isIgnored(number) {
            SignalPipe.catchSignal(number) {
                if first.note(number) { action() } else { self.end(.signal(number)) }
            }
        }
        return first
    }
}

/// The signal that came first, once one has come.
final class FirstSignal: Sendable {
    private let noted = Mutex<Int32?>(nil)

    var number: Int32? { noted.withLock { $0 } }

    /// False where one had come before.
    fileprivate func note(_ number: Int32) -> Bool {
        noted.withLock { noted in
            guard noted == nil else { return false }
            noted = number
            return true
        }
    }
}
