import ChatProtocol
import SQLite
import StoredValues

extension SQLiteStore {
    package func changeBlocks(
        _ change: ChangeBlocks, of account: AccountID
    ) async throws(StoreFailure) -> [AccountRecord] {
        guard !change.blocked.isEmpty || !change.unblocked.isEmpty else {
            return try await read { try BlockStore.blocked(by: account, in: $0) }
        }
        return try await self.change { try BlockStore.change(change, of: account, in: $0) }
    }

    package func isBlocked(_ other: AccountID, by account: AccountID) async throws(StoreFailure) -> Bool {
        try await read { try BlockStore.isBlocked(other, by: account, in: $0) }
    }
}

/// Whom accounts block.
enum BlockStore {
    static func blocked(by account: AccountID, in database: Database) throws -> [AccountRecord] {
        let ids: [AccountID] = try database.all("SELECT blocked FROM blocked_users WHERE account = ?", account) {
            try $0.identifier(0)
        }
        return try DirectoryStore.profiles(ids, in: database).map(\.record)
    }

    /// Within a transaction.
    static func change(
        _ change: ChangeBlocks, of account: AccountID, in database: Database
    ) throws -> [AccountRecord] {
        guard !change.blocked.contains(account) else { throw Failure(.invalidTarget) }
        for other in change.unblocked {
            try database.run("DELETE FROM blocked_users WHERE account = ? AND blocked = ?", account, other)
        }
        for other in change.blocked {
            try database.run(
                "INSERT OR IGNORE INTO blocked_users(account, blocked) SELECT ?, id FROM accounts WHERE id = ?",
                account, other)
        }
        let records = try blocked(by: account, in: database)
        guard records.count <= Limits.blockedUsers else { throw Failure.tooManyBlocked }
        return records
    }

    static func isBlocked(_ other: AccountID, by account: AccountID, in database: Database) throws -> Bool {
        try database.first("SELECT 1 FROM blocked_users WHERE account = ? AND blocked = ?", account, other) { _ in true
        }
            ?? false
    }
}
