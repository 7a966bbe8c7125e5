import CLISupport

/// The way to a profile's store for those who do not own it.
protocol StoreDoor: Sendable {
    /// Runs `body` on the profile's store; nothing else of this process works on it meanwhile.
    func withStore<Value: Sendable>(_ body: @Sendable (ClientStore) throws -> Value) async throws(Problem) -> Value
}
