import ChatProtocol

/// What one operation brings about elsewhere is an operation of its own.
extension Store {
    /// Follow-ups that are committed at once.
    private static var followUpPage: Int { 500 }
    /// Of these those that erase: each of them is long.
    package static var erasuresAtOnce: Int { 4 }

    /// Commits operations of one lane; those that somebody else was in the way of again, for a while.
    package func settle(_ operations: [StoreOperation]) async throws(StoreFailure) -> [OperationOutcome] {
        try await settled(operations).outcomes
    }

    /// As `settle`, with what those who are connected are to hear.
    package func settled(_ operations: [StoreOperation]) async throws(StoreFailure) -> Committed {
        var committed = try await settle(StoreBatch(operations)) { $0 }
        var course = SettlingCourse()
        let begin = ContinuousClock.now
        while committed.outcomes.contains(.deferred), let pause = course.next(at: ContinuousClock.now - begin) {
            try? await Task.sleep(for: pause)
            let left = committed.outcomes.indices.filter { committed.outcomes[$0] == .deferred }
            let again = try await settle(StoreBatch(left.map { operations[$0] })) { $0 }
            for (index, outcome) in zip(left, again.outcomes) { committed.outcomes[index] = outcome }
            committed.news += again.news
        }
        return committed
    }

    /// Commits what follows from other changes: at a start what a crash has left out, and after a change of accounts
    /// what follows from it.
    package func finishFollowUps() async throws(StoreFailure) {
        while true {
            let operations = try await followUps(limit: Self.followUpPage)
            guard !operations.isEmpty else { return }
            guard try await settleByLane(operations) else { return }
        }
    }

    /// Ends the leaves of an account whose keys were replaced.
    package func endReplacedLeaves(of account: AccountID) async throws(StoreFailure) {
        while true {
            let operations = try await replacedLeaves(of: account, limit: Self.followUpPage)
            guard !operations.isEmpty, try await settleByLane(operations) else { return }
        }
    }

    /// Drops the Welcomes that are too many for some devices, now that there is another one.
    package func dropSurplusWelcomes(of devices: [DeviceID]) async throws(StoreFailure) {
        while true {
            let operations = try await surplusWelcomes(of: devices, limit: Self.followUpPage)
            guard !operations.isEmpty, try await settleByLane(operations) else { return }
        }
    }

    /// - Returns: whether to look for more: one that cannot be done would be found for ever.
    private func settleByLane(_ operations: [StoreOperation]) async throws(StoreFailure) -> Bool {
        for operations in Dictionary(grouping: operations, by: { lane(of: $0.conversation) }).values {
            let outcomes = try await settle(operations)
            guard outcomes.contains(where: { $0 == .done || $0 == .unfinished }) else { return false }
        }
        return true
    }
}
