import ChatProtocol
import GroupRules
import SQLite
import StoredValues

/// Reads what was: messages and gaps of the past, oldest first.
extension ClientStore {
    func history(_ query: HistoryQuery, reader: ItemReader) throws -> [StoredItem] {
        let since = query.since ?? .zero
        let until = query.until ?? .distantFuture
        let search = query.search.map(TextSearch.init)
        try database.define("is_found") { search?.matches($0) ?? true }
        let limit = max(0, query.limit)
        let trust = try SenderTrust(self, reader.gate)
        // One statement a kind of question, so that each has an index to walk backwards on.
        if let conversation = query.conversation {
            // Oldest conversation first: the numbers of a later one are larger.
            let items = try conversationNumbers(conversation).flatMap { number in
                try database.all(
                    """
                    SELECT * FROM message_rows WHERE conversation = ? AND time >= ? AND time <= ?
                        AND (?4 OR is_found(body)) ORDER BY seq DESC LIMIT ?5
                    """, from: ItemReader.messages, number, since, until, search == nil, limit,
                    read: { try reader.item($0, trust) }
                ).reversed()
            }
            return items.suffix(limit)
        }
        return try database.all(
            """
            SELECT * FROM message_rows WHERE time >= ? AND time <= ? AND (?3 OR is_found(body))
            ORDER BY time DESC, conversation DESC, seq DESC LIMIT ?4
            """, from: ItemReader.messages, since, until, search == nil, limit, read: { try reader.item($0, trust) }
        ).reversed()
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
