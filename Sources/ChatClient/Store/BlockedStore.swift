import ChatProtocol
import SQLite
import StoredValues

/// Whom this account blocks, as the server said last.
extension ClientStore {
    func blockedAccounts() throws -> Set<AccountID> {
        Set(try database.all("SELECT account FROM blocked_accounts") { try $0.identifier(0) as AccountID })
    }

    func isBlocked(_ account: AccountID) throws -> Bool {
        try database.first("SELECT 1 FROM blocked_accounts WHERE account = ?", account) { _ in true } ?? false
    }

    /// Within a transaction.
    func keepBlocked(_ accounts: Set<AccountID>) throws {
        try database.run("DELETE FROM blocked_accounts")
        for account in accounts { try database.run("INSERT INTO blocked_accounts(account) VALUES (?)", account) }
    }
}

extension ClientSchema {
    static let version22: StaticString = """
        -- Whose additions to rooms are not taken.
        CREATE TABLE blocked_accounts(account BLOB PRIMARY KEY) WITHOUT ROWID;
        """
}
