import ChatProtocol
import SQLite
import StoredValues

/// Leaves with keys that their devices have no more, as they follow from the devices' rows (`replaced_leaves`).
extension LeafStore {
    /// The leaves of devices that have other keys by now, where their accounts have another one, so that nobody has to wait for them to
    /// come by: nothing is encrypted to the former keys (G1). They come back by themselves, since their account is there.
    static func replaced(of account: AccountID?, limit: Int, in database: Database) throws -> [StoreOperation] {
        let operation = { (row: Statement) in
            StoreOperation.endLeaf(try row.identifier(0), try row.identifier(1))
        }
        guard let account else {
            return try database.all(
                """
                SELECT c.id, r.device FROM replaced_leaves r JOIN conversations c ON c.number = r.conversation LIMIT ?
                """, limit, read: operation)
        }
        return try database.all(
            """
            SELECT c.id, r.device FROM replaced_leaves r JOIN conversations c ON c.number = r.conversation
            WHERE r.account = ? LIMIT ?
            """, account, limit, read: operation)
    }

    static func isReplaced(_ device: DeviceID, in number: ConversationNumber, _ database: Database) throws -> Bool {
        try database.first(
            "SELECT 1 FROM replaced_leaves WHERE conversation = ? AND device = ?", number, device
        ) { _ in true } ?? false
    }
}
