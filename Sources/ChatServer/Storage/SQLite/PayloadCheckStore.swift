import ChatProtocol
import SQLite
import Transport

/// Whether entries are what was acknowledged: a disk may give back other bytes than it was given.
enum PayloadCheckStore {
    /// Entries whose payload has another digest than the one that their sender was told, or that were erased and do not
    /// keep it, at most `limit` of them.
    static func faults(in database: Database, limit: Int) throws -> [String] {
        let statement = try database.statement(
            """
            SELECT e.payload, m.digest, hex(c.id), m.seq, e.erased FROM entries e
            JOIN message_ids m ON m.sender = e.sender AND m.conversation = e.key >> 38 AND m.id = e.id
            JOIN conversations c ON c.number = m.conversation
            """)
        return try compare(statement, limit: limit)
    }

    /// As `faults`, for the newest entry of each of the conversations that were made last.
    static func newestFaults(in database: Database, conversations: Int) throws -> [String] {
        let statement = try database.statement(
            """
            SELECT e.payload, m.digest, hex(c.id), m.seq, e.erased
            FROM (SELECT id, number FROM conversations ORDER BY number DESC LIMIT ?) c
            JOIN entries e ON e.key = (SELECT max(key) FROM entries WHERE key > c.number << 38
                AND key < (c.number + 1) << 38)
            JOIN message_ids m ON m.sender = e.sender AND m.conversation = c.number AND m.id = e.id
            """)
        try statement.bind(all: conversations)
        return try compare(statement, limit: 1)
    }

    private static func compare(_ statement: Statement, limit: Int) throws -> [String] {
        defer { statement.reset() }
        var faults: [String] = []
        while faults.count < limit, try statement.step() {
            let digest = statement.bool(4) ? statement.bytes(0) : statement.withBytes(0) { SHA256.hash($0) }
            guard digest != statement.bytes(1) else { continue }
            faults.append(
                "conversation \(statement.text(2)): entry \(statement.int(3)) is not what was acknowledged")
        }
        return faults
    }
}
