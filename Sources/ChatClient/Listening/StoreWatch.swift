import CLISupport
import ChatProtocol
import System

/// A reader's watch over a profile's store: says whether somebody has committed something since the last look, and
/// waits until that may be so. Confined to its owner.
///
/// Writers touch the wake file after their commit. Where that file is not or cannot be watched, and where a writer was killed
/// between the two, the store is asked for its version four times a second.
final class StoreWatch {
    private static let poll = Duration.milliseconds(250)

    /// A connection of its own: one sees the commits of others only, and the client's is the one that stores.
    let store: ClientStore
    private let gate: Gate
    private let watcher: WakeWatcher?
    /// The store's version at the last look; nil where that has left something.
    private var version: Int64?

    /// - Parameters:
    ///   - gate: also what else may end a wait opens it.
    ///   - isLasting: false where the gate is opened for what this process stores, and nothing else is waited for: the kernel takes
    ///     some ten milliseconds to end the watch of a file.
    /// - Throws: `SQLiteError`.
    init(_ directory: ProfileDirectory, gate: Gate, isLasting: Bool = true) throws {
        store = try ClientStore(directory, mode: .read)
        self.gate = gate
        watcher = isLasting ? WakeWatcher(directory.wakeFile) { gate.open() } : nil
    }

    /// Whether there may be something that the last look has not seen. Asked before each look.
    func hasNews() throws -> Bool {
        let current = try store.database.dataVersion
        guard current != version else { return false }
        version = current
        return true
    }

    /// The look has left something: there is news without another commit.
    func leftSome() { version = nil }

    /// What `look` finds first; nil where the moment (`Monotonic`) or the task's cancellation comes before. It looks at once, and again whenever the
    /// store may have something new or the gate was opened.
    func first<Found>(
        until moment: Duration?, isolation: isolated (any Actor)? = #isolation,
        _ look: () throws(Problem) -> Found?
    ) async throws(Problem) -> Found? {
        while true {
            if let found = try look() { return found }
            let now = Monotonic.now
            if Task.isCancelled || moment.map({ now >= $0 }) ?? false { return nil }
            let poll = now + Self.poll
            await withTaskCancellationHandler {
                await gate.passAndClose(until: moment.map { min($0, poll) } ?? poll)
            } onCancel: { [gate] in
                gate.open()
            }
        }
    }
}
