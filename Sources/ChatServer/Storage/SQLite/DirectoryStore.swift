import ChatProtocol
import SQLite
import StoredValues

/// Who and what there is, as others may know it. Reads only.
enum DirectoryStore {
    /// The accounts that exist of those asked for, in the order of their names; deleted ones too, so that what they
    /// wrote still has a name.
    static func profiles(_ ids: [AccountID], in database: Database) throws -> [Profile] {
        var rows: [Profile] = []
        for id in Set(ids) {
            let row = try database.first(
                "SELECT id, name, display_name, flags, last_seen FROM accounts WHERE id = ?", id, read: accountRow)
            if let row { rows.append(row) }
        }
        return rows.sorted { $0.record.name < $1.record.name }
    }

    /// A page of the accounts that are not deleted, in the order of their names.
    static func profiles(after name: UserName?, limit: Int, in database: Database) throws -> [Profile] {
        try database.all(
            """
            SELECT id, name, display_name, flags, last_seen FROM accounts
            WHERE name > ? AND flags & ? = 0 ORDER BY name LIMIT ?
            """, name?.text ?? "", Int(AccountRecord.Flags.deleted.rawValue), limit, read: accountRow)
    }

    /// The direct conversation of an account with a user.
    static func direct(_ account: AccountID, with name: UserName, in database: Database) throws -> DirectConversation {
        let other = try database.first(
            "SELECT id, name, display_name, flags, last_seen FROM accounts WHERE name = ? AND flags & ? = 0", name.text,
            Int(AccountRecord.Flags.deleted.rawValue), read: accountRow)
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
    static func conversations(
        _ ids: [ConversationID], of account: AccountID, in database: Database
    ) throws -> [ConversationRecord] {
        try Set(ids).sorted().compactMap { id in
            let row = try database.first(
                """
                SELECT c.id, c.type, c.account_low, c.account_high, c.head, c.epoch, c.last_time
                FROM conversations c
                JOIN members m ON m.conversation = c.id AND m.account = ? WHERE c.id = ?
                """, account, id
            ) {
                (
                    info: try ConversationInfo($0), head: $0.sequenceNumber(4), epoch: $0.epoch(5),
                    lastTime: $0.timestamp(6)
                )
            }
            guard let row else { return nil }
            return try record(row.info, head: row.head, epoch: row.epoch, lastTime: row.lastTime, in: database)
        }
    }

    /// A page of what the account is a member of, in the order of the conversations' identifiers.
    static func memberships(
        of account: AccountID, after conversation: ConversationID?, limit: Int, in database: Database
    ) throws -> [Membership] {
        try database.all(
            """
            SELECT c.id, c.type, c.account_low, c.account_high, m.start_seq, m.read_seq FROM members m
            JOIN conversations c ON c.id = m.conversation
            WHERE m.account = ? AND m.conversation > ? ORDER BY m.conversation LIMIT ?
            """, account, conversation?.bytes ?? [], limit
        ) {
            Membership(
                conversation: try ConversationInfo($0), start: $0.sequenceNumber(4), read: $0.sequenceNumber(5))
        }
    }

    private static func record(
        _ info: ConversationInfo, head: SequenceNumber, epoch: Epoch, lastTime: Timestamp, in database: Database
    ) throws -> ConversationRecord? {
        switch info.audience {
        case .everyone:
            return ConversationRecord(
                id: info.id, type: .everyone, members: [], head: head, epoch: epoch, lastTime: lastTime)
        case .direct(let low, let high):
            let members = try profiles([low, high], in: database).map(\.record).sorted { $0.id < $1.id }
            return ConversationRecord(
                id: info.id, type: .direct, members: members, head: head, epoch: epoch, lastTime: lastTime)
        // Rooms are told of by lists of their own.
        case .room: return nil
        }
    }

    private static func accountRow(_ row: Statement) throws -> Profile {
        guard let name = UserName(row.text(1)) else {
            throw SQLiteError(kind: .corrupt, message: "a name that is none", operation: "read an account", path: "")
        }
        return Profile(
            record: AccountRecord(
                id: try row.identifier(0), name: name, displayName: row.text(2),
                flags: AccountRecord.Flags(rawValue: UInt8(truncatingIfNeeded: row.integer(3)))),
            lastSeen: row.timestamp(4))
    }
}
