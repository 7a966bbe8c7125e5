import ChatProtocol
import GroupRules
import SQLite
import StoredValues

extension ClientSchema {
    /// In version 0.1 the server drew the identifiers of direct conversations. They follow from it and both accounts now: what was said
    /// before stays in the conversation that goes on. Where a restore had it draw another one for a user, the newer goes on.
    @Sendable static func nameDirectConversations(in database: Database) throws {
        let identity = try database.first("SELECT account, server FROM identity") { row in
            (account: try row.identifier(0) as AccountID, server: try row.identifier(1) as ServerID)
        }
        guard let identity else { return }
        let drawn = try database.all(
            "SELECT id, peer FROM conversations WHERE type = 1 AND peer IS NOT NULL ORDER BY number DESC"
        ) { row in
            (
                old: try row.identifier(0) as ConversationID,
                new: ConversationID.direct(identity.account, try row.identifier(1), on: identity.server)
            )
        }
        for (old, new) in drawn where old != new {
            try database.run("UPDATE OR IGNORE conversations SET id = ? WHERE id = ?", new, old)
        }
    }
}
