import ChatProtocol
import SQLite
import StoredValues

/// The tables of conversations and their members. Every function is part of the caller's transaction.
enum MembershipStore {
    static func join(
        _ conversation: ConversationID, _ account: AccountID, after head: SequenceNumber, in database: Database
    ) throws {
        try database.run(
            "INSERT OR IGNORE INTO members(conversation, account, start_seq) VALUES(?, ?, ?)", conversation, account,
            head)
    }

    /// Carries out what is of an account.
    ///
    /// - Parameter head: what comes with the change, and all before it, is not for who comes.
    static func apply(
        _ change: MembershipChange, to conversation: BatchWriteStore.Conversation, after head: SequenceNumber,
        in database: Database
    ) throws {
        let id = conversation.info.id
        switch change {
        case .join(let account), .admit(let account): try join(id, account, after: head, in: database)
        case .leave(let account):
            try LeafStore.leave(account, conversation, after: head, in: database)
            try database.run("DELETE FROM members WHERE conversation = ? AND account = ?", id, account)
        case .enter, .lose: break
        }
    }

    static func openRoom(_ id: ConversationID, time: Timestamp, in database: Database) throws {
        try insert(id, .room, low: nil, high: nil, time: time, in: database)
    }

    static func isMember(_ account: AccountID, of conversation: ConversationID, in database: Database) throws -> Bool {
        try database.first(
            "SELECT 1 FROM members WHERE conversation = ? AND account = ?", conversation, account
        ) { _ in true } ?? false
    }

    static func members(of conversation: ConversationID, in database: Database) throws -> [AccountID] {
        try database.all("SELECT account FROM members WHERE conversation = ?", conversation) { try $0.identifier(0) }
    }

    /// Whether somebody is in it who was not deleted.
    static func hasMembers(_ conversation: ConversationID, in database: Database) throws -> Bool {
        try database.first(
            """
            SELECT 1 FROM members m JOIN accounts a ON a.id = m.account
            WHERE m.conversation = ? AND a.flags & ? = 0 LIMIT 1
            """, conversation, Int(AccountRecord.Flags.deleted.rawValue)
        ) { _ in true } ?? false
    }

    static func close(_ conversation: ConversationID, in database: Database) throws {
        try database.run("UPDATE conversations SET closed = 1 WHERE id = ?", conversation)
    }

    /// The direct conversation of two accounts, or of one with itself; made as `id` where there is none. Nil where
    /// it would be one with a deleted account.
    static func openDirect(
        _ one: AccountID, _ other: AccountID, as id: ConversationID, time: Timestamp, in database: Database
    ) throws -> ConversationID? {
        let (low, high) = (min(one, other), max(one, other))
        let kept: ConversationID? = try database.first(
            "SELECT id FROM conversations WHERE account_low = ? AND account_high = ?", low, high
        ) { try $0.identifier(0) }
        if let kept { return kept }
        let isDeleted = try database.first(
            "SELECT 1 FROM accounts WHERE id IN (?, ?) AND flags & ? <> 0", low, high,
            Int(AccountRecord.Flags.deleted.rawValue)
        ) { _ in true }
        guard isDeleted == nil else { return nil }
        try insert(id, .direct, low: low, high: high, time: time, in: database)
        for account in Set([low, high]) { try join(id, account, after: 0, in: database) }
        return id
    }

    /// Makes a conversation; one that is there stays as it is.
    private static func insert(
        _ id: ConversationID, _ kind: ConversationKind, low: AccountID?, high: AccountID?, time: Timestamp,
        in database: Database
    ) throws {
        let number = ConversationNumber(try database.pragma("SELECT max(number) + 1 FROM conversations"))
        guard number <= EntryKey.largestNumber else { throw StoreFailure(.full, "too many conversations") }
        // There may have been one under this identifier that a restored store knows nothing of.
        let floor = try MetaStore.floor(in: database)
        try database.run(
            """
            INSERT INTO conversations(id, number, type, account_low, account_high, head, first, message_first, created)
            VALUES(?1, ?2, ?3, ?4, ?5, ?6, ?6 + 1, ?6 + 1, ?7) ON CONFLICT(id) DO NOTHING
            """, id, number, kind.rawValue, low, high, floor, time)
        if database.changes > 0, floor > 0 { try MetaStore.leapOver(floor, of: id, in: database) }
    }

    /// Where a device without a cursor begins: where its account's furthest device stands, but before the first entry
    /// that is younger than the device, as an active one.
    ///
    /// - Parameters:
    ///   - number: the conversation's.
    ///   - start: the last number before the account's membership; `acked`: how far its furthest device has come.
    static func start(
        of device: DeviceID, number: ConversationNumber, start: SequenceNumber, acked: SequenceNumber,
        in database: Database
    ) throws -> SequenceNumber {
        guard acked > start else { return start }
        let made = try database.first("SELECT activated FROM devices WHERE id = ?", device) { $0.unsigned(0) } ?? 0
        func isYounger(from seq: SequenceNumber) throws -> Bool {
            try database.first(
                "SELECT time FROM entries WHERE key >= ? AND key <= ? ORDER BY key LIMIT 1",
                EntryKey.of(seq, in: number), EntryKey.of(acked, in: number)
            ) { $0.unsigned(0) > made } ?? false
        }
        guard try isYounger(from: acked) else { return acked }
        // Times never fall, so half of what is left is ruled out at a time.
        var (low, high) = (start, acked)
        while low.next.map({ $0 < high }) ?? false {
            let middle = low.advanced(by: low.distance(to: high) / 2)
            if try isYounger(from: middle) { high = middle } else { low = middle }
        }
        return low
    }
}

/// The kinds of conversation, as they stand in rows.
enum ConversationKind: Int {
    case direct = 1
    case everyone = 2
    case room = 3
}

extension ConversationInfo {
    /// Reads the columns id, type, account_low, account_high.
    ///
    /// - Throws: `corrupt` for a type that is none: what is not known must not be taken for everybody's.
    init(_ row: Statement, from column: Int32 = 0) throws {
        let id: ConversationID = try row.identifier(column)
        switch ConversationKind(rawValue: row.int(column + 1)) {
        case .direct:
            self.init(
                id: id, audience: .direct(try row.identifier(column + 2), try row.identifier(column + 3)))
        case .everyone: self.init(id: id, audience: .everyone)
        case .room: self.init(id: id, audience: .room)
        case nil:
            throw SQLiteError(
                kind: .corrupt, message: "a conversation of no kind", operation: row.sql, path: "")
        }
    }
}
