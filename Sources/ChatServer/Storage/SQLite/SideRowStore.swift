import ChatProtocol
import SQLite
import StoredValues

/// What conversations have beside their logs, a row a piece.
enum SideRowStore {
    static func rows(
        of conversation: ConversationID, kind: UInt8, after index: [UInt8]?, limit: Int, in database: Database
    ) throws -> [SideRow] {
        try database.all(
            """
            SELECT place, version, value FROM side_rows
            WHERE conversation = ?1 AND kind = ?2 AND (?3 IS NULL OR place > ?3) ORDER BY place LIMIT ?4
            """, conversation, Int(kind), index, limit
        ) { SideRow(index: $0.bytes(0), version: $0.unsigned(1), value: $0.bytes(2)) }
    }

    /// Whether the row has the version that the change expects.
    static func fits(
        _ change: SideRowChange, in conversation: ConversationID, _ database: Database
    ) throws -> Bool {
        guard let expected = change.expected else { return true }
        let version = try database.first(
            "SELECT version FROM side_rows WHERE conversation = ? AND kind = ? AND place = ?", conversation,
            Int(change.kind), change.index
        ) { $0.unsigned(0) }
        return (version ?? 0) == expected
    }

    /// Has all rows of a kind go. Part of the caller's transaction.
    static func clear(_ kind: UInt8, of conversation: ConversationID, in database: Database) throws {
        try database.run("DELETE FROM side_rows WHERE conversation = ? AND kind = ?", conversation, Int(kind))
    }

    /// Part of the caller's transaction.
    static func apply(_ change: SideRowChange, to conversation: ConversationID, in database: Database) throws {
        guard let value = change.value else {
            return try database.run(
                "DELETE FROM side_rows WHERE conversation = ? AND kind = ? AND place = ?", conversation,
                Int(change.kind), change.index)
        }
        try database.run(
            """
            INSERT INTO side_rows(conversation, kind, place, version, value) VALUES(?, ?, ?, 1, ?)
            ON CONFLICT(conversation, kind, place) DO UPDATE SET version = version + 1, value = excluded.value
            """, conversation, Int(change.kind), change.index, value)
    }
}
