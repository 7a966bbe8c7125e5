import ChatProtocol
import SQLite
import StoredValues

/// What of a conversation ends, as part of the caller's transaction.
enum RetentionStore {
    /// A conversation's log, the lowest number that it keeps, and the lowest one below which only handshakes are kept.
    struct Log {
        var number: ConversationNumber
        var first: SequenceNumber
        var messageFirst: SequenceNumber
        var id: ConversationID

        init(_ row: Statement) throws {
            number = row.conversationNumber(0)
            first = row.sequenceNumber(1)
            messageFirst = row.sequenceNumber(2)
            id = try row.identifier(3)
        }
    }

    static func end(_ part: RetentionPart, in number: ConversationNumber, _ database: Database) throws {
        switch part {
        case .entries(let last, let lastHandshake):
            try end(through: last, handshakes: lastHandshake, in: number, database)
        case .identifiers(let old): for identifier in old { try forget(identifier, in: number, database) }
        case .welcomes(let ids): for id in ids { try WelcomeStore.end(id, in: number, database) }
        case .reports(let cutoff): try CommitReportStore.expire(before: cutoff, in: number, database)
        case .surplus(let devices): for device in devices { try forget(device, in: number, database) }
        // They have readers.
        case .leaves, .unfounded: break
        }
    }

    // MARK: Entries

    /// Ends what is no handshake up to the first number, and handshakes up to the second one.
    private static func end(
        through last: SequenceNumber?, handshakes lastHandshake: SequenceNumber?, in number: ConversationNumber,
        _ database: Database
    ) throws {
        let log = try database.first(
            "SELECT number, first, message_first, id FROM conversations WHERE number = ?", number, read: Log.init)
        guard var log else { return }
        if let last, last >= log.messageFirst {
            try database.run(
                "DELETE FROM entries WHERE key >= ? AND key <= ? AND kind NOT IN (3, 4)",
                EntryKey.of(log.messageFirst, in: number), EntryKey.of(last, in: number))
            log.messageFirst = last.advanced(by: 1)
        }
        if let lastHandshake, lastHandshake < log.messageFirst {
            try database.run(
                "DELETE FROM entries WHERE key >= ? AND key <= ?", EntryKey.of(log.first, in: number),
                EntryKey.of(lastHandshake, in: number))
        }
        let lowest = try database.first(
            "SELECT key FROM entries WHERE key >= ? AND key < ? ORDER BY key LIMIT 1",
            EntryKey.of(log.first, in: number), EntryKey.of(log.messageFirst, in: number)
        ) { EntryKey.seq(of: $0.unsigned(0)) }
        try database.run(
            "UPDATE conversations SET first = ?, message_first = ? WHERE number = ?", lowest ?? log.messageFirst,
            log.messageFirst, number)
    }

    // MARK: What lies beside the log

    /// Forgets an identifier, but none whose entry is still there.
    private static func forget(_ old: RetentionPart.Identifier, in number: ConversationNumber, _ database: Database)
        throws
    {
        try database.run(
            """
            DELETE FROM message_ids WHERE sender = ? AND conversation = ? AND id = ?
            AND seq < (SELECT message_first FROM conversations WHERE number = conversation)
            AND NOT EXISTS(SELECT 1 FROM entries WHERE key = conversation << 38 | seq)
            """, old.sender, number, old.id)
    }

    /// Forgets what is kept for a device that is surplus. How far its account has come is kept with its memberships.
    private static func forget(_ device: DeviceID, in number: ConversationNumber, _ database: Database) throws {
        try database.run(
            """
            DELETE FROM cursors WHERE device = ?1 AND conversation = (SELECT id FROM conversations WHERE number = ?2)
            """, device, number)
        try database.run("DELETE FROM welcome_devices WHERE device = ? AND conversation = ?", device, number)
    }
}
