import ChatProtocol
import SQLite
import StoredValues

/// Who is a member of what, and where a device begins. Every function is part of the caller's transaction.
package enum MembershipStore {
    /// Makes a new account a member of the conversation of everyone, which it reads from now on. Called when the
    /// account is made, by an import too: so an imported user finds what came before the first login.
    package static func joinEveryone(_ account: AccountID, everyone: ConversationID, in database: Database) throws {
        try database.run(
            """
            INSERT OR IGNORE INTO members(conversation, account, start_seq)
            SELECT id, ?, head FROM conversations WHERE id = ?
            """, account, everyone)
    }

    /// Begins a new device where the account's most advanced one stands; without another it begins with the account.
    package static func beginCursors(of device: DeviceID, account: AccountID, in database: Database) throws {
        try database.run(
            """
            INSERT OR IGNORE INTO cursors(device, conversation, start, acked)
            SELECT ?, c.conversation, max(c.acked), max(c.acked) FROM devices d
            JOIN cursors c ON c.device = d.id WHERE d.account = ? AND d.id <> ? GROUP BY c.conversation
            """, device, account, device)
    }

    /// The direct conversation of two accounts, or of one with itself; made under `fresh` where there is none.
    static func openDirect(
        _ one: AccountID, _ other: AccountID, fresh: ConversationID, time: UInt64, in database: Database
    ) throws -> ConversationInfo {
        let low = min(one, other)
        let high = max(one, other)
        let kept: ConversationID? = try database.first(
            "SELECT id FROM conversations WHERE account_low = ? AND account_high = ?", low, high
        ) { try $0.identifier(0) }
        if let kept { return ConversationInfo(id: kept, audience: .direct(low, high)) }
        let number = try database.pragma("SELECT max(number) + 1 FROM conversations")
        guard number <= EntryKey.largestNumber else { throw StoreFailure(.full, "too many conversations") }
        // The same two may have had one that a restored store knows nothing of.
        let floor = try MetaStore.floor(in: database)
        try database.run(
            """
            INSERT INTO conversations(id, number, type, account_low, account_high, head, first, created)
            VALUES(?, ?, ?, ?, ?, ?, ? + 1, ?)
            """, fresh, number, Int(ConversationType.direct.rawValue), low, high, floor, floor, time)
        if floor > .beforeFirst { try MetaStore.leapOver(floor, of: fresh, in: database) }
        for account in Set([low, high]) {
            try database.run("INSERT INTO members(conversation, account) VALUES(?, ?)", fresh, account)
        }
        return ConversationInfo(id: fresh, audience: .direct(low, high))
    }
}
