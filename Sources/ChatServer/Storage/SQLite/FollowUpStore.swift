import ChatProtocol
import SQLite
import StoredValues

/// Finds what follows from other changes and was left out.
enum FollowUpStore {
    static func operations(
        everyone: ConversationID, limit: Int, in database: Database
    ) throws -> [StoreOperation] {
        let deleted = Int(AccountRecord.Flags.deleted.rawValue)
        var found: [StoreOperation] = try database.all(
            """
            SELECT a.id FROM accounts a WHERE a.flags & ? = 0 AND NOT EXISTS(
                SELECT 1 FROM members m WHERE m.conversation = ? AND m.account = a.id) LIMIT ?
            """, deleted, everyone, limit
        ) { .join(everyone, try $0.identifier(0)) }
        found += try database.all(
            """
            SELECT DISTINCT c.id FROM accounts a JOIN members m ON m.account = a.id
            JOIN conversations c ON c.id = m.conversation
            WHERE a.flags & ? <> 0 AND c.type = ? AND c.closed = 0 LIMIT ?
            """, deleted, ConversationKind.direct.rawValue, limit - found.count
        ) { .close(try $0.identifier(0)) }
        found += try LeafStore.replaced(of: nil, limit: limit - found.count, in: database)
        found += try WelcomeStore.surplus(of: nil, limit: limit - found.count, in: database)
        let erasures = min(limit - found.count, SQLiteStore.erasuresAtOnce)
        return try found + ErasureStore.operations(limit: erasures, in: database)
    }
}
