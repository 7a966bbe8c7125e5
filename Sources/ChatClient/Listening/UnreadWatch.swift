import CLISupport
import ChatProtocol
import System

/// Tells how much was not shown whenever that changes, from the store alone.
package actor UnreadWatch {
    private let watch: StoreWatch
    private var last: [UnreadCount]?

    init(_ directory: ProfileDirectory) throws { watch = try StoreWatch(directory, gate: Gate()) }

    /// The counts, once at first and then whenever they have changed.
    package func next() async throws(Problem) -> [UnreadCount] {
        while true {
            if let counts = try await watch.first(until: nil, { () throws(Problem) in try changed() }) { return counts }
        }
    }

    private func changed() throws(Problem) -> [UnreadCount]? {
        do {
            guard try watch.hasNews() else { return nil }
            let counts = try watch.store.unread()
            guard counts != last else { return nil }
            last = counts
            return counts
        } catch { throw Problem(store: error) }
    }
}
