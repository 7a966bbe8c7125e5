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
    ///
    /// - Returns: what those who are connected are to hear.
    @discardableResult
    package func finishFollowUps() async throws(StoreFailure) -> [News] {
        try await settleAll { () throws(StoreFailure) in try await followUps(limit: Self.followUpPage) }
    }

    /// Ends the leaves of an account whose keys were replaced.
    package func endReplacedLeaves(of account: AccountID) async throws(StoreFailure) {
        _ = try await settleAll { () throws(StoreFailure) in
            try await replacedLeaves(of: account, limit: Self.followUpPage)
        }
    }

    /// Drops the Welcomes that are too many for some devices, now that there is another one.
    package func dropSurplusWelcomes(of devices: [DeviceID]) async throws(StoreFailure) {
        _ = try await settleAll { () throws(StoreFailure) in
            try await surplusWelcomes(of: devices, limit: Self.followUpPage)
        }
    }

    /// Commits what is found until nothing is; what cannot be done would be found for ever.
    private func settleAll(
        _ find: () async throws(StoreFailure) -> [StoreOperation]
    ) async throws(StoreFailure) -> [News] {
        var news: [News] = []
        while true {
            let operations = try await find()
            guard !operations.isEmpty else { return news }
            for operations in byLane(operations) {
                let committed = try await settled(operations)
                news += committed.news
                guard committed.outcomes.contains(where: { $0 == .done || $0 == .unfinished }) else { return news }
            }
        }
    }

    package func byLane(_ operations: [StoreOperation]) -> [[StoreOperation]] {
        Array(Dictionary(grouping: operations, by: { lane(of: $0.conversation) }).values)
    }
}
