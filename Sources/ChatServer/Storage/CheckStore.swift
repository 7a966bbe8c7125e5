import ChatProtocol
import SQLite

/// Looks for contradictions in a store. Reads only; takes as long as the store is large.
package enum CheckStore {
    /// What is wrong, at most `limit` lines; empty for a sound store.
    package static func faults(in database: Database, limit: Int = 100) throws -> [String] {
        var faults = try database.integrityFaults(limit: limit)
        guard faults.isEmpty else { return faults }
        faults += try foreignRows(in: database)
        faults += try logs(in: database, limit: limit)
        faults += try contradictions(in: database)
        return Array(faults.prefix(limit))
    }

    private static func foreignRows(in database: Database) throws -> [String] {
        try database.all("SELECT \"table\", parent, count(*) FROM pragma_foreign_key_check GROUP BY 1, 2") { row in
            "\(row.int(2)) rows of \(row.text(0)) refer to \(row.text(1)) that do not exist"
        }
    }

    /// Every conversation's numbers: without holes from the first that is kept to the head, except where a restore
    /// leapt.
    private static func logs(in database: Database, limit: Int) throws -> [String] {
        try database.all(
            """
            SELECT hex(id), head, first, kept, lowest, highest, leapt FROM (
                SELECT c.id, c.head, c.first,
                    (SELECT count(*) FROM entries WHERE key > c.number << ?1 AND key < (c.number + 1) << ?1) AS kept,
                    (SELECT coalesce(min(key) - (c.number << ?1), c.first) FROM entries
                        WHERE key > c.number << ?1 AND key < (c.number + 1) << ?1) AS lowest,
                    (SELECT coalesce(max(key) - (c.number << ?1), 0) FROM entries
                        WHERE key > c.number << ?1 AND key < (c.number + 1) << ?1) AS highest,
                    (SELECT coalesce(sum(l.next_seq - max(l.after_seq + 1, c.first)), 0) FROM leaps l
                        WHERE l.conversation = c.id AND l.next_seq > c.first) AS leapt
                FROM conversations c)
            WHERE kept <> head - first + 1 - leapt OR lowest < first OR highest > head LIMIT ?2
            """, EntryKey.seqBits, limit
        ) { row in
            """
            conversation \(row.text(0)): \(row.int(3)) entries from \(row.int(4)) to \(row.int(5)), but its numbers go \
            from \(row.int(2)) to \(row.int(1)) with \(row.int(6)) left out
            """
        }
    }

    private static func contradictions(in database: Database) throws -> [String] {
        var faults: [String] = []
        func count(_ sql: StaticString, _ what: String) throws {
            let found = try database.pragma(sql)
            if found > 0 { faults.append("\(found) \(what)") }
        }
        try count(
            """
            SELECT count(*) FROM entries e LEFT JOIN message_ids m
            ON m.sender = e.sender AND m.conversation = e.key >> 38 AND m.id = e.id
            WHERE m.seq IS NOT e.key & ((1 << 38) - 1)
            """, "entries without their identifier")
        try count(
            """
            SELECT count(*) FROM entries e WHERE NOT EXISTS(SELECT 1 FROM conversations c WHERE c.number = e.key >> 38)
            """, "entries of conversations that do not exist")
        try count(
            "SELECT count(*) FROM cursors k JOIN conversations c ON c.id = k.conversation WHERE k.acked > c.head",
            "cursors beyond their conversation's head")
        try count(
            "SELECT count(*) FROM members m JOIN conversations c ON c.id = m.conversation WHERE m.read_seq > c.head",
            "read marks beyond their conversation's head")
        try count(
            """
            SELECT count(*) FROM conversations c WHERE c.type = 1 AND (SELECT count(*) FROM members m
            WHERE m.conversation = c.id) <> 1 + (c.account_low <> c.account_high)
            """, "direct conversations without their members")
        return faults
    }
}
