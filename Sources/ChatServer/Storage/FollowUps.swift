/// What one operation brings about elsewhere is an operation of its own.
extension Store {
    /// Follow-ups that are committed at once.
    private static var followUpPage: Int { 500 }
    /// Of these those that erase: each of them is long.
    package static var erasuresAtOnce: Int { 4 }

    /// Commits what follows from other changes: at a start what a crash has left out, and after a change of accounts
    /// what follows from it.
    package func finishFollowUps() async throws(StoreFailure) {
        while true {
            let operations = try await followUps(limit: Self.followUpPage)
            guard !operations.isEmpty else { return }
            let byLane = Dictionary(grouping: operations) { lane(of: $0.conversation) }
            for operations in byLane.values {
                let outcomes = try await settle(StoreBatch(operations)) { $0.outcomes }
                // One that cannot be done would be found for ever.
                guard outcomes.contains(where: { [.done, .unfinished, .deferred].contains($0) }) else { return }
            }
        }
    }
}
