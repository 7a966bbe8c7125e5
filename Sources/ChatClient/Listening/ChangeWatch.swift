import CLISupport
import ChatProtocol
import System

/// Tells something of the store, now and whenever it has become another; never connects.
package actor ChangeWatch<Value: Equatable & Sendable> {
    private let watch: StoreWatch
    private let read: @Sendable (ClientStore) throws -> Value
    private var last: Value?

    init(_ directory: ProfileDirectory, _ read: @escaping @Sendable (ClientStore) throws -> Value) throws {
        watch = try StoreWatch(directory, gate: Gate())
        self.read = read
    }

    /// The value, at once at first and then whenever it has changed; nil where the task is cancelled.
    package func next() async throws(Problem) -> Value? {
        try await watch.first(until: nil) { () throws(Problem) in try changed() }
    }

    private func changed() throws(Problem) -> Value? {
        do {
            guard try watch.hasNews() else { return nil }
            let value = try read(watch.store)
            guard value != last else { return nil }
            last = value
            return value
        } catch { throw Problem(store: error) }
    }
}
