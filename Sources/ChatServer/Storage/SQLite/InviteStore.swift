import ChatProtocol
import SQLite
import StoredValues
import Transport

/// The table of invites. Every method is part of the caller's transaction.
package struct InviteStore {
    package let database: Database

    package init(database: Database) { self.database = database }

    package func insert(_ invite: Invite, token: [UInt8]) throws {
        try database.run(
            """
            INSERT OR IGNORE INTO invites(id, token_digest, uses_left, expires, created, created_by) VALUES(?, ?, ?, ?, ?, ?)
            """, invite.id, SHA256.hash(token), invite.usesLeft, invite.expires, invite.created, invite.createdBy)
    }

    /// Whether the token can be used now.
    package func isValid(_ token: [UInt8], at time: Timestamp) throws -> Bool {
        try database.first(
            "SELECT uses_left FROM invites WHERE token_digest = ? AND uses_left > 0 AND expires > ?",
            SHA256.hash(token), time
        ) { _ in true } ?? false
    }

    /// Uses a token once.
    ///
    /// - Throws: `inviteInvalid`.
    package func use(_ token: [UInt8], at time: Timestamp) throws {
        try database.run(
            """
            UPDATE invites SET uses_left = uses_left - 1
            WHERE token_digest = ? AND uses_left > 0 AND expires > ?
            """, SHA256.hash(token), time)
        guard database.changes > 0 else { throw Failure(.inviteInvalid) }
    }

    /// The invites that can still be used, oldest first.
    package func invites(at time: Timestamp) throws -> [Invite] {
        try database.all(
            """
            SELECT id, uses_left, expires, created, created_by FROM invites WHERE uses_left > 0 AND expires > ?
            ORDER BY created, id
            """, time
        ) { row in
            Invite(
                id: try row.identifier(0), usesLeft: row.int(1), expires: row.timestamp(2), created: row.timestamp(3),
                createdBy: row.text(4))
        }
    }

    package func remove(_ id: InviteID) throws { try database.run("DELETE FROM invites WHERE id = ?", id) }

    /// Forgets those that cannot be used any more.
    package func removeExpired(at time: Timestamp) throws {
        try database.run("DELETE FROM invites WHERE uses_left <= 0 OR expires <= ?", time)
    }
}
