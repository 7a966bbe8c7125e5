import CLISupport

@testable import ChatClient

extension Client {
    /// Runs `body` on the profile's store.
    nonisolated func withStore<Value: Sendable>(
        _ body: @Sendable (ClientStore) throws -> Value
    ) async throws(Problem) -> Value { try await profile.withStore(body) }
}
