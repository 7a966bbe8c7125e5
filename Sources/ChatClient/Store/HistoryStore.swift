import ChatProtocol
import SQLite
import StoredValues

/// Reads what was: messages and gaps of the past, oldest first.
extension ClientStore {
    func history(_ query: HistoryQuery, reader: ItemReader) throws -> [StoredItem] {
        let since = query.since ?? 0
        let until = min(query.until ?? .max, UInt64(Int64.max))
        let pattern = query.search.map(Self.pattern)
        let limit = max(0, query.limit)
        // One statement a kind of question, so that each has an index to walk backwards on.
        if let conversation = query.conversation {
            // Oldest conversation first: the numbers of a later one are larger.
            let items = try conversationNumbers(conversation).flatMap { number in
                try database.all(
                    """
                    SELECT e.position, c.type, c.peer, p.name, e.seq, e.id, e.sender, s.name, s.display_name, e.device,
                        e.time, e.sent, e.body, e.reply_to, e.auto, e.shown
                    FROM entries e JOIN conversations c ON c.number = e.conversation
                        LEFT JOIN accounts s ON s.id = e.sender LEFT JOIN accounts p ON p.id = c.peer
                    WHERE e.conversation = ? AND e.time >= ? AND e.time <= ?
                        AND (?4 IS NULL OR e.body LIKE ?4 ESCAPE '\\')
                    ORDER BY e.seq DESC LIMIT ?5
                    """, number, since, until, pattern, limit, read: reader.item
                ).reversed()
            }
            return items.suffix(limit)
        }
        return try database.all(
            """
            SELECT e.position, c.type, c.peer, p.name, e.seq, e.id, e.sender, s.name, s.display_name, e.device, e.time,
                e.sent, e.body, e.reply_to, e.auto, e.shown
            FROM entries e JOIN conversations c ON c.number = e.conversation
                LEFT JOIN accounts s ON s.id = e.sender LEFT JOIN accounts p ON p.id = c.peer
            WHERE e.time >= ? AND e.time <= ? AND (?3 IS NULL OR e.body LIKE ?3 ESCAPE '\\')
            ORDER BY e.time DESC, e.number DESC LIMIT ?4
            """, since, until, pattern, limit, read: reader.item
        ).reversed()
    }

    /// All messages with this identifier: it is the sender's word, so that there may be several.
    func messages(id: MessageID, reader: ItemReader) throws -> [ReceivedMessage] {
        try database.all(
            """
            SELECT e.position, c.type, c.peer, p.name, e.seq, e.id, e.sender, s.name, s.display_name, e.device, e.time,
                e.sent, e.body, e.reply_to, e.auto, e.shown
            FROM entries e JOIN conversations c ON c.number = e.conversation
                LEFT JOIN accounts s ON s.id = e.sender LEFT JOIN accounts p ON p.id = c.peer
            WHERE e.id = ? AND e.body IS NOT NULL ORDER BY e.time
            """, id.bytes, read: reader.item
        ).compactMap { if case .message(let message) = $0 { message } else { nil } }
    }

    /// The rows of a conversation, oldest first: a server that was restored from a backup may have begun one anew.
    private func conversationNumbers(_ name: ConversationName) throws -> [Int64] {
        switch name {
        case .everyone:
            try database.all("SELECT number FROM conversations WHERE type = 2 ORDER BY number") { $0.integer(0) }
        case .room: []
        case .user(let user):
            // Of two accounts with one name the one that was told last is meant.
            try database.all(
                """
                SELECT number FROM conversations WHERE type = 1
                    AND peer = (SELECT id FROM accounts WHERE name = ? ORDER BY told DESC LIMIT 1) ORDER BY number
                """, user.text
            ) { $0.integer(0) }
        }
    }

    /// `text` as a pattern of LIKE that finds it anywhere.
    private static func pattern(_ text: String) -> String {
        var pattern = "%"
        for character in text.unicodeScalars {
            if character == "%" || character == "_" || character == "\\" { pattern += "\\" }
            pattern.unicodeScalars.append(character)
        }
        return pattern + "%"
    }
}
