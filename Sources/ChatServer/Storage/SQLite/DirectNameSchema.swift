import ChatProtocol
import GroupRules
import SQLite
import StoredValues

/// Version 0.1 drew the identifiers of direct conversations. They follow from the server and both accounts now, and members believe no other.
extension ServerSchema {
    /// Gives each direct conversation the identifier that follows from it. Its number stays, and with it what stands by the number.
    @Sendable static func nameDirectConversations(in database: Database) throws {
        guard let server = try MetaStore.identity(in: database)?.server else { return }
        let drawn = try database.all("SELECT id, account_low, account_high FROM conversations WHERE type = 1") { row in
            (
                old: try row.identifier(0) as ConversationID,
                new: ConversationID.direct(try row.identifier(1), try row.identifier(2), on: server)
            )
        }
        for (old, new) in drawn where old != new {
            try database.run("UPDATE conversations SET id = ? WHERE id = ?", new, old)
            try database.run("UPDATE leaps SET conversation = ? WHERE conversation = ?", new, old)
            try database.run("UPDATE members SET conversation = ? WHERE conversation = ?", new, old)
            try database.run("UPDATE cursors SET conversation = ? WHERE conversation = ?", new, old)
        }
    }
}
