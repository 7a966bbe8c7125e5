import ChatProtocol
import SQLite
import StoredValues

/// Who and what there is, as others may know it. Reads only.
package enum DirectoryStore {
    package struct AccountRow: Sendable, Equatable {
        package var record: AccountRecord
        package var lastSeen: UInt64
    }

    package enum Direct: Sendable {
        case found(ConversationRecord)
        /// There is no conversation with this account yet.
        case missing(AccountRecord)
        case noSuchUser
    }

    /// The accounts that exist of those asked for, in the order of their names; deleted ones too, so that what they
    /// wrote still has a name.
    package static func accounts(_ ids: [AccountID], in database: Database) throws -> [AccountRow] {
        var rows: [AccountRow] = []
        for id in Set(ids) {
            let row = try database.first(
                "SELECT id, name, display_name, flags, last_seen FROM accounts WHERE id = ?", id, read: accountRow)
            if let row { rows.append(row) }
        }
        return rows.sorted { $0.record.name < $1.record.name }
    }

    /// A page of the accounts that are not deleted, in the order of their names.
    package static func accounts(after name: UserName?, limit: Int, in database: Database) throws -> [AccountRow] {
        try database.all(
            """
            SELECT id, name, display_name, flags, last_seen FROM accounts
            WHERE name > ? AND flags & 4 = 0 ORDER BY name LIMIT ?
            """, name?.text ?? "", limit, read: accountRow)
    }

    /// The direct conversation of an account with a user.
    package static func direct(_ account: AccountID, with name: UserName, in database: Database) throws -> Direct {
        let other = try database.first(
            "SELECT id, name, display_name, flags, last_seen FROM accounts WHERE name = ? AND flags & 4 = 0", name.text,
            read: accountRow)
        guard let other else { return .noSuchUser }
        let kept: ConversationID? = try database.first(
            "SELECT id FROM conversations WHERE account_low = ? AND account_high = ?", min(account, other.record.id),
            max(account, other.record.id)
        ) { try $0.identifier(0) }
        guard let kept, let record = try conversations([kept], of: account, in: database).first else {
            return .missing(other.record)
        }
        return .found(record)
    }

    /// The conversations of those asked for that the account is a member of.
    package static func conversations(
        _ ids: [ConversationID], of account: AccountID, in database: Database
    ) throws -> [ConversationRecord] {
        var records: [ConversationRecord] = []
        for id in Set(ids).sorted() {
            let row = try database.first(
                """
                SELECT c.id, c.type, c.account_low, c.account_high, c.head, c.epoch FROM conversations c
                JOIN members m ON m.conversation = c.id AND m.account = ? WHERE c.id = ?
                """, account, id
            ) { (info: try ConversationInfo($0), head: $0.sequenceNumber(4), epoch: $0.unsigned(5)) }
            guard let row else { continue }
            var members: [AccountRecord] = []
            if case .direct(let low, let high) = row.info.audience {
                members = try accounts([low, high], in: database).map(\.record).sorted { $0.id < $1.id }
            }
            records.append(
                ConversationRecord(id: id, type: row.info.type, members: members, head: row.head, epoch: row.epoch))
        }
        return records
    }

    private static func accountRow(_ row: Statement) throws -> AccountRow {
        guard let name = UserName(row.text(1)) else {
            throw SQLiteError(kind: .corrupt, message: "a name that is none", operation: "read an account", path: "")
        }
        return AccountRow(
            record: AccountRecord(
                id: try row.identifier(0), name: name, displayName: row.text(2),
                flags: AccountRecord.Flags(rawValue: UInt8(truncatingIfNeeded: row.integer(3)))),
            lastSeen: row.unsigned(4))
    }
}
