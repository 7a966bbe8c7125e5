import ChatProtocol
import GroupRules
import SQLite
import StoredValues

/// Reads what was: messages and gaps of the past, oldest first.
extension ClientStore {
    func history(_ query: HistoryQuery, reader: ItemReader) throws -> [StoredItem] {
        let search = query.search.map(TextSearch.init)
        try database.define("is_found") { search?.matches($0) ?? true }
        let trust = try SenderTrust(self, reader.gate)
        let conversations = try query.conversation.map(conversationNumbers)
        guard let search, let rows = try rows(for: search) else {
            return try walk(query, conversations) { try reader.item($0, trust) }
        }
        return try find(query, conversations, in: rows).flatMap { number in
            try database.all(
                "SELECT * FROM message_rows WHERE number = ?", from: ItemReader.messages, number,
                read: { try reader.item($0, trust) })
        }
    }

    /// Goes backwards until there are enough. One statement a kind of question, so that each has an index for that.
    private func walk(
        _ query: HistoryQuery, _ conversations: [ConversationNumber]?, read: (Statement) throws -> StoredItem
    ) throws -> [StoredItem] {
        let isAll = query.search == nil
        guard let conversations else {
            return try database.all(
                """
                SELECT * FROM message_rows WHERE time >= ? AND time <= ? AND (?3 OR is_found(body))
                ORDER BY time DESC, conversation DESC, seq DESC LIMIT ?4
                """, from: ItemReader.messages, query.first, query.last, isAll, query.atMost, read: read
            ).reversed()
        }
        // Oldest conversation first: the numbers of a later one are larger.
        let items = try conversations.flatMap { number in
            try database.all(
                """
                SELECT * FROM message_rows WHERE conversation = ? AND time >= ? AND time <= ?
                    AND (?4 OR is_found(body)) ORDER BY seq DESC LIMIT ?5
                """, from: ItemReader.messages, number, query.first, query.last, isAll, query.atMost, read: read
            ).reversed()
        }
        return items.suffix(query.atMost)
    }

    /// The numbers of the messages that are found among these, in the same order.
    private func find(
        _ query: HistoryQuery, _ conversations: [ConversationNumber]?, in rows: [ClosedRange<Int64>]
    ) throws -> [Int64] {
        var found = try rows.flatMap { numbers in
            try database.all(
                """
                SELECT number, time, conversation, seq FROM entries WHERE number >= ? AND number <= ?
                    AND time >= ? AND time <= ? AND payload_kind <> ? AND is_found(body)
                """, numbers.lowerBound, numbers.upperBound, query.first, query.last, Self.erasedKind
            ) { row in
                FoundRow(
                    number: row.integer(0), time: row.timestamp(1), conversation: row.conversationNumber(2),
                    seq: row.sequenceNumber(3))
            }
        }
        if let conversations {
            found.removeAll { !conversations.contains($0.conversation) }
            found.sort { ($0.conversation, $0.seq) < ($1.conversation, $1.seq) }
        } else {
            found.sort { ($0.time, $0.conversation, $0.seq) < ($1.time, $1.conversation, $1.seq) }
        }
        return found.suffix(query.atMost).map(\.number)
    }

    private struct FoundRow {
        var number: Int64
        var time: Timestamp
        var conversation: ConversationNumber
        var seq: SequenceNumber
    }

    /// All messages with this identifier: it is the sender's word, so that there may be several.
    func messages(id: MessageID, reader: ItemReader) throws -> [ReceivedMessage] {
        let trust = try SenderTrust(self, reader.gate)
        return try database.all(
            "SELECT * FROM message_rows WHERE id = ? AND body IS NOT NULL ORDER BY time", from: ItemReader.messages,
            id, read: { try reader.item($0, trust) }
        ).compactMap { if case .message(let message) = $0 { message } else { nil } }
    }

    /// The rows of a conversation, oldest first: a server that was restored from a backup may have begun one anew.
    private func conversationNumbers(_ name: ConversationName) throws -> [ConversationNumber] {
        switch name {
        case .everyone:
            try database.all("SELECT number FROM conversations WHERE type = 2 ORDER BY number") {
                $0.conversationNumber(0)
            }
        case .room(let name): try roomNumbers(RoomName(name))
        case .user(let user):
            // Of two accounts with one name the one that was told last is meant.
            try database.all(
                """
                SELECT number FROM conversations WHERE type = 1
                    AND peer = (SELECT id FROM accounts WHERE name = ? ORDER BY told DESC LIMIT 1) ORDER BY number
                """, user.text
            ) { $0.conversationNumber(0) }
        }
    }
}

extension HistoryQuery {
    fileprivate var first: Timestamp { since ?? .zero }
    fileprivate var last: Timestamp { until ?? .distantFuture }
    fileprivate var atMost: Int { max(0, limit) }
}
