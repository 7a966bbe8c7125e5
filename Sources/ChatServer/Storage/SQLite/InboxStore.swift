import ChatProtocol
import SQLite
import StoredValues

/// What a device has to get, and how far accounts have come. Reads only.
enum InboxStore {
    private struct Found {
        var row: InboxRow
        var number: ConversationNumber
        var hasCursor: Bool
    }

    static func inbox(
        of device: DeviceID, account: AccountID, after: ConversationID?, limit: Int, in database: Database
    ) throws -> [InboxRow] {
        let found: [Found] = try database.all(
            """
            SELECT m.conversation AS id, c.type, c.account_low, c.account_high, coalesce(l.until, c.head) AS last, c.number,
                coalesce(k.start, m.start_seq), coalesce(k.acked, max(m.acked, m.start_seq)), coalesce(k.told_start, 0),
                k.device IS NOT NULL, l.until IS NOT NULL
            FROM members m JOIN conversations c ON c.id = m.conversation
            LEFT JOIN cursors k ON k.device = ?1 AND k.conversation = m.conversation
            LEFT JOIN leaves l ON c.epoch > 0 AND l.conversation = c.number AND l.device = ?1
            WHERE m.account = ?2 AND m.conversation > ?3 AND (c.epoch = 0 OR l.device IS NOT NULL)
                AND (last > coalesce(k.acked, 0) OR (k.start > 0 AND k.told_start = 0))
            UNION ALL
            -- Of rooms that the account has left, what came before.
            SELECT c.id, c.type, c.account_low, c.account_high, l.until, c.number, k.start, k.acked, k.told_start, 1, 1
            FROM leaves l CROSS JOIN conversations c ON c.number = l.conversation
            CROSS JOIN cursors k ON k.device = ?1 AND k.conversation = c.id
            WHERE l.device = ?1 AND l.account = ?2 AND l.until IS NOT NULL AND l.until > k.acked AND c.id > ?3
                AND NOT EXISTS(SELECT 1 FROM members m WHERE m.conversation = c.id AND m.account = ?2)
            ORDER BY id LIMIT ?4
            """, device, account, after?.bytes ?? [], limit
        ) { row in
            Found(
                row: InboxRow(
                    conversation: try ConversationInfo(row), head: row.sequenceNumber(4),
                    start: row.sequenceNumber(6), acked: row.sequenceNumber(7), toldStart: row.bool(8),
                    isEnded: row.bool(10)),
                number: row.conversationNumber(5), hasCursor: row.bool(9))
        }
        return try found.map { found in
            var row = found.row
            if !found.hasCursor {
                row.start = try MembershipStore.start(
                    of: device, number: found.number, start: row.start, acked: row.acked, in: database)
                row.acked = row.start
            }
            if row.start > 0, !row.toldStart, try hadMessages(found.number, upTo: row.start, database) {
                row.before = try given(row.conversation.id, upTo: row.start, database)
            }
            return row
        }
    }

    /// Whether somebody has missed something: of handshakes nobody has to be told.
    private static func hadMessages(_ number: ConversationNumber, upTo seq: SequenceNumber, _ database: Database) throws
        -> Bool
    {
        try database.first(
            """
            SELECT 1 FROM conversations WHERE number = ?1 AND message_first > 1
            UNION ALL SELECT 1 FROM entries WHERE key >= ?2 AND key <= ?3 AND kind NOT IN (?4, ?5) LIMIT 1
            """, number, EntryKey.of(1, in: number), EntryKey.of(seq, in: number), Int(PayloadKind.commit.rawValue),
            Int(PayloadKind.proposal.rawValue)
        ) { _ in true } ?? false
    }

    /// Of the numbers up to `seq` those that an entry ever had: none that a restore left out.
    private static func given(
        _ conversation: ConversationID, upTo seq: SequenceNumber, _ database: Database
    ) throws -> [ClosedRange<SequenceNumber>] {
        var given: [ClosedRange<SequenceNumber>] = []
        var first: SequenceNumber = 1
        for leap in try LogPageStore.leaps(of: conversation, after: 0, in: database) where leap.after < seq {
            if first <= leap.after { given.append(first...leap.after) }
            first = leap.next
        }
        if first <= seq { given.append(first...seq) }
        return given
    }

    static func receipts(
        of id: ConversationID, for account: AccountID, in database: Database
    ) throws -> [ReceiptState] {
        let info = try database.first(
            "SELECT id, type, account_low, account_high FROM conversations WHERE id = ?", id
        ) { try ConversationInfo($0) }
        guard let info else { throw Failure(.noSuchConversation) }
        guard try info.includes(account) ?? MembershipStore.isMember(account, of: id, in: database) else {
            throw Failure(.notAMember)
        }
        guard info.isDirect else { throw Failure(.invalidTarget) }
        return try database.all(
            "SELECT account, delivered, read_seq FROM members WHERE conversation = ? ORDER BY account", id
        ) { row in
            ReceiptState(
                account: try row.identifier(0), delivered: row.sequenceNumber(1), read: row.sequenceNumber(2))
        }
    }
}
