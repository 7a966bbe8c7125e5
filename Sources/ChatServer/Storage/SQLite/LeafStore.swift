import ChatProtocol
import SQLite
import StoredValues

/// Which devices are in the groups of conversations. Every function that changes something is part of the caller's transaction.
enum LeafStore {
    /// - Parameter seq: what comes with it, and all before it, is not for the device, unless it goes on from a leaf that it has already, in
    ///   the next incarnation of the group, or had, and has not fetched all of: that is the removal, and what was written before.
    static func enter(
        _ device: DeviceID, _ leaf: UInt32, of conversation: BatchWriteStore.Conversation, after seq: SequenceNumber,
        in database: Database
    ) throws {
        let goesOn = try goesOn(device, in: conversation, database)
        try database.run(
            """
            INSERT INTO leaves(conversation, device, account, leaf, since, replaced)
            SELECT ?1, id, account, ?2, ?3, replaced FROM devices WHERE id = ?4
            ON CONFLICT(conversation, device) DO UPDATE SET leaf = excluded.leaf, since = iif(?5, since, excluded.since),
                until = NULL, removed = 0, replaced = excluded.replaced
            """, conversation.number, Int(leaf), seq, device, goesOn)
        guard !goesOn else { return }
        try database.run(
            """
            INSERT INTO cursors(device, conversation, start, acked) VALUES(?1, ?2, ?3, ?3)
            ON CONFLICT(device, conversation) DO UPDATE SET start = excluded.start, told_start = 0,
                acked = max(acked, excluded.acked)
            """, device, conversation.info.id, seq)
    }

    private static func goesOn(
        _ device: DeviceID, in conversation: BatchWriteStore.Conversation, _ database: Database
    ) throws -> Bool {
        guard let span = try span(of: device, in: conversation.number, database) else { return false }
        guard let until = span.until else { return true }
        return try database.first(
            "SELECT acked FROM cursors WHERE device = ? AND conversation = ?", device, conversation.info.id
        ) { $0.sequenceNumber(0) < until } ?? false
    }

    static func lose(
        _ device: DeviceID, of number: ConversationNumber, after seq: SequenceNumber, in database: Database
    ) throws {
        try database.run(
            """
            UPDATE leaves SET until = coalesce(until, ?), removed = 1 WHERE conversation = ? AND device = ? AND removed = 0
            """, seq, number, device)
    }

    /// The account's devices read nothing that follows, and their leaves are to be removed. In a group they still get what came before.
    static func leave(
        _ account: AccountID, _ conversation: BatchWriteStore.Conversation, after seq: SequenceNumber,
        in database: Database
    ) throws {
        guard conversation.mark.isGroup else {
            return try database.run(
                """
                DELETE FROM cursors WHERE conversation = ? AND device IN (SELECT id FROM devices WHERE account = ?)
                """, conversation.info.id, account)
        }
        try database.run(
            "UPDATE leaves SET until = ? WHERE conversation = ? AND account = ? AND until IS NULL", seq,
            conversation.number, account)
    }

    /// Whether a change may be carried out: who enters is an active device of an account that is there, and is a member or comes with the
    /// bundle.
    static func mayApply(
        _ change: MembershipChange, to conversation: BatchWriteStore.Conversation, in database: Database
    ) throws -> Bool {
        guard case .enter(let device, let account, _) = change else { return true }
        return try database.first(
            """
            SELECT 1 FROM devices d JOIN accounts a ON a.id = d.account AND a.flags & ? = 0
            WHERE d.id = ? AND d.account = ? AND d.state = ?
            """, goneAccounts, device, account, Int(DeviceState.active.rawValue)
        ) { _ in true } ?? false
    }

    static func hasLeaf(_ device: DeviceID, of number: ConversationNumber, in database: Database) throws -> Bool {
        try span(of: device, in: number, database).map { $0.until == nil } ?? false
    }

    static func span(of device: DeviceID, in number: ConversationNumber, _ database: Database) throws -> LeafSpan? {
        try leaf(of: device, in: number, database)?.span
    }

    /// What a device has of the group, or had.
    static func leaf(
        of device: DeviceID, in number: ConversationNumber, _ database: Database
    ) throws -> (account: AccountID, span: LeafSpan)? {
        try database.first(
            "SELECT account, since, until FROM leaves WHERE conversation = ? AND device = ?", number, device
        ) { row in
            let span = LeafSpan(since: row.sequenceNumber(1), until: row.optionalSequenceNumber(2))
            return (account: try row.identifier(0), span: span)
        }
    }

    static func readers(of number: ConversationNumber, in database: Database) throws -> [DeviceReader] {
        try database.all("SELECT account, device FROM leaves WHERE conversation = ? AND until IS NULL", number) {
            DeviceReader(account: try $0.identifier(0), device: try $0.identifier(1))
        }
    }

    /// The one saying of which leaves are to be removed; it stands before a query. Parameters: active devices, accounts that are gone.
    private static let lostLeaves: StaticString = """
        WITH lost_leaves AS (
            SELECT c.id AS conversation, l.leaf, l.account, l.device
            FROM conversations c JOIN leaves l ON l.conversation = c.number
            LEFT JOIN devices d ON d.id = l.device
            LEFT JOIN members m ON m.conversation = c.id AND m.account = l.account
            LEFT JOIN accounts a ON a.id = l.account
            WHERE l.removed = 0
                AND (l.until IS NOT NULL OR d.state IS NOT ?1 OR m.account IS NULL OR coalesce(a.flags, 0) & ?2 <> 0
                    OR EXISTS(SELECT 1 FROM replaced_leaves r WHERE r.account = l.account AND r.device = l.device
                        AND r.conversation = l.conversation)))

        """

    static func lost(of conversation: ConversationID, in database: Database) throws -> [LostLeaf] {
        try database.all(
            "SELECT leaf, account, device FROM lost_leaves WHERE conversation = ?3 ORDER BY leaf", from: lostLeaves,
            Int(DeviceState.active.rawValue), goneAccounts, conversation
        ) { row in
            LostLeaf(
                leaf: UInt32(truncatingIfNeeded: row.unsigned(0)),
                reader: DeviceReader(account: try row.identifier(1), device: try row.identifier(2)))
        }
    }

    static func lostGroups(of account: AccountID?, in database: Database) throws -> [ConversationID] {
        try database.all(
            "SELECT DISTINCT conversation FROM lost_leaves WHERE ?3 IS NULL OR account = ?3 ORDER BY conversation",
            from: lostLeaves, Int(DeviceState.active.rawValue), goneAccounts, account
        ) { try $0.identifier(0) }
    }

    /// Whether the device has a leaf, and was not seen since.
    static func isUnseen(
        _ device: DeviceID, in number: ConversationNumber, since cutoff: Timestamp, _ database: Database
    ) throws -> Bool {
        try database.first(
            """
            SELECT 1 FROM leaves l JOIN devices d ON d.id = l.device
            WHERE l.conversation = ? AND l.device = ? AND l.until IS NULL
                AND max(d.last_seen, d.created, d.activated) < ?
            """, number, device, cutoff
        ) { _ in true } ?? false
    }

    /// - Parameter seq: the last one that it reads.
    static func end(_ device: DeviceID, in number: ConversationNumber, after seq: SequenceNumber, _ database: Database)
        throws
    {
        try database.run(
            "UPDATE leaves SET until = ? WHERE conversation = ? AND device = ?", seq, number, device)
        try noteChange(of: number, in: database)
    }

    /// Leaves of the conversation's group have changed (`LeafCache`).
    static func noteChange(of number: ConversationNumber, in database: Database) throws {
        try database.run("UPDATE conversations SET leaf_version = leaf_version + 1 WHERE number = ?", number)
    }

    static let goneAccounts = Int(AccountRecord.Flags([.disabled, .deleted]).rawValue)
}
