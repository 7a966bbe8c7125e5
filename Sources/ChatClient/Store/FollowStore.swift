import ChatProtocol
import SQLite
import StoredValues

/// Reads what readers get, in the order of positions.
extension ClientStore {
    /// What `ItemReader` needs to know of this profile.
    func itemReader() throws -> ItemReader? {
        guard let identity = try identity() else { return nil }
        return ItemReader(store: try storeName(), own: identity.account, ownName: identity.name)
    }

    /// At most `limit` items behind `position`, up to and with `last`.
    func items(after position: Int64, upTo last: Int64 = .max, limit: Int, reader: ItemReader) throws -> [StoredItem] {
        let entries = try database.all(
            """
            SELECT e.position, c.type, c.peer, p.name, e.seq, e.id, e.sender, s.name, s.display_name, e.device, e.time,
                e.sent, e.body, e.reply_to, e.auto, e.shown
            FROM entries e JOIN conversations c ON c.number = e.conversation
                LEFT JOIN accounts s ON s.id = e.sender LEFT JOIN accounts p ON p.id = c.peer
            WHERE e.position > ? AND e.position <= ? ORDER BY e.position LIMIT ?
            """, position, last, limit, read: reader.item)
        let gaps = try database.all(
            """
            SELECT g.position, c.type, c.peer, p.name, g.reason, g.missed, g.time
            FROM gaps g JOIN conversations c ON c.number = g.conversation LEFT JOIN accounts p ON p.id = c.peer
            WHERE g.position > ? AND g.position <= ? ORDER BY g.position LIMIT ?
            """, position, last, limit, read: reader.gap)
        return ItemReader.merge(entries, gaps, limit: limit)
    }

    /// As `items`, only what no person was shown.
    func itemsNotShown(after position: Int64, upTo last: Int64, limit: Int, reader: ItemReader) throws -> [StoredItem] {
        let entries = try database.all(
            """
            SELECT e.position, c.type, c.peer, p.name, e.seq, e.id, e.sender, s.name, s.display_name, e.device, e.time,
                e.sent, e.body, e.reply_to, e.auto, e.shown
            FROM entries e JOIN conversations c ON c.number = e.conversation
                LEFT JOIN accounts s ON s.id = e.sender LEFT JOIN accounts p ON p.id = c.peer
            WHERE e.shown = 0 AND e.position > ? AND e.position <= ? ORDER BY e.position LIMIT ?
            """, position, last, limit, read: reader.item)
        let gaps = try database.all(
            """
            SELECT g.position, c.type, c.peer, p.name, g.reason, g.missed, g.time
            FROM gaps g JOIN conversations c ON c.number = g.conversation LEFT JOIN accounts p ON p.id = c.peer
            WHERE g.shown = 0 AND g.position > ? AND g.position <= ? ORDER BY g.position LIMIT ?
            """, position, last, limit, read: reader.gap)
        return ItemReader.merge(entries, gaps, limit: limit)
    }

    /// Changes whenever another connection has committed something.
    func dataVersion() throws -> Int64 {
        try database.first("PRAGMA data_version") { $0.integer(0) } ?? 0
    }
}

/// Makes items of rows.
struct ItemReader: Sendable {
    var store: String
    var own: AccountID
    var ownName: UserName

    /// From `position, type, peer, peer's name, seq, id, sender, sender's name, sender's display name, device, time,
    /// sent, body, reply_to, auto, shown`.
    func item(_ row: Statement) throws -> StoredItem {
        let cursor = row.optionalInteger(0).map { Cursor(store: store, position: $0) }
        let conversation = try conversation(row)
        guard let body = row.optionalText(12) else {
            return .gap(
                GapNotice(
                    conversation: conversation, reason: .undecryptable, time: row.unsigned(10), missed: 1,
                    cursor: cursor))
        }
        let sender: AccountID = try row.identifier(6)
        let isOwn = sender == own
        let from = row.isNull(7) ? try ClientStore.stranger(sender) : try row.userName(7)
        return .message(
            ReceivedMessage(
                conversation: conversation, seq: row.sequenceNumber(4), id: try row.identifier(5), cursor: cursor,
                time: row.unsigned(10), sent: row.unsigned(11), from: from, fromDisplayName: row.text(8),
                fromDevice: try row.identifier(9), own: isOwn,
                to: conversation.user.map { isOwn ? $0 : ownName }, body: body,
                replyTo: try row.optionalIdentifier(13), auto: row.bool(14), shown: row.bool(15)))
    }

    /// From `position, type, peer, peer's name, reason, missed, time`.
    func gap(_ row: Statement) throws -> StoredItem {
        .gap(
            GapNotice(
                conversation: try conversation(row), reason: GapNotice.Reason(rawValue: row.text(4)) ?? .retention,
                time: row.unsigned(6), missed: row.optionalUnsigned(5),
                cursor: Cursor(store: store, position: row.integer(0))))
    }

    private func conversation(_ row: Statement) throws -> ConversationName {
        try ClientStore.conversationName(row, type: 1, peer: 2, name: 3)
    }

    /// Two lists in the order of their positions as one.
    static func merge(_ left: [StoredItem], _ right: [StoredItem], limit: Int) -> [StoredItem] {
        guard !right.isEmpty else { return left }
        guard !left.isEmpty else { return right }
        let both = (left + right).sorted { ($0.cursor?.position ?? 0) < ($1.cursor?.position ?? 0) }
        return Array(both.prefix(limit))
    }
}
