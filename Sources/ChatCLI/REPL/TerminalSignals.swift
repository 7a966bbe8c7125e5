import Dispatch
import Glibc

/// What a terminal and a shell tell a program by signals, as calls on the main actor, until `cancel`.
@MainActor
final class TerminalSignals {
    private var sources: [any DispatchSourceSignal] = []

    /// Those whose usual effect is not wanted meanwhile.
    private static let ignored = [SIGINT, SIGTSTP]

    init(_ numbers: [Int32], _ reaction: @escaping @MainActor @Sendable (Int32) -> Void) {
        for number in numbers {
            if Self.ignored.contains(number) { signal(number, SIG_IGN) }
            let source = DispatchSource.makeSignalSource(signal: number, queue: .main)
            // The main queue is the main actor's.
            source.setEventHandler { MainActor.assumeIsolated { reaction(number) } }
            source.activate()
            sources.append(source)
        }
    }

    func cancel() {
        for source in sources { source.cancel() }
        for number in Self.ignored { signal(number, SIG_DFL) }
    }
}
