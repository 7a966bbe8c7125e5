import ChatProtocol
import GroupRules
import SQLite
import StoredValues

/// Who came into groups and who went, for whoever listens on this profile: the last ones are kept.
extension ClientStore {
    private static let keptMemberChanges = 1_000

    /// Keeps what is told once, whichever process has met it. Within a transaction.
    func noteMembers(
        _ change: MemberChange, in conversation: ConversationID, seq: SequenceNumber, time: Timestamp
    ) throws {
        try database.run(
            """
            INSERT OR IGNORE INTO member_changes(conversation, seq, time, how, author) VALUES (?, ?, ?, ?, ?)
            """, conversation, seq, time, change.how.rawValue, change.by?.text ?? "")
        guard database.changes > 0 else { return }
        let number = try lastMemberChange()
        for (device, isAdded) in change.added.map({ ($0, true) }) + change.removed.map({ ($0, false) }) {
            try database.run(
                """
                INSERT OR IGNORE INTO member_devices(change, device, added, account, root, name, others)
                VALUES (?, ?, ?, ?, ?, ?, ?)
                """, number, device.leaf.credential.device, isAdded, device.leaf.party.account,
                device.leaf.party.root, device.leaf.name.text, device.hasOthers)
        }
        try database.run("DELETE FROM member_devices WHERE change <= ?", number - Self.keptMemberChanges)
        try database.run("DELETE FROM member_changes WHERE number <= ?", number - Self.keptMemberChanges)
    }

    /// The number of the last one.
    func lastMemberChange() throws -> Int {
        guard try database.schemaVersion(for: ClientSchema.schema) >= ClientSchema.members else { return 0 }
        return try database.first("SELECT max(number) FROM member_changes") { $0.int(0) } ?? 0
    }

    /// Those behind a number that have their place among the messages: what a device still catches up with has none.
    func memberChanges(after number: Int, limit: Int, reader: ItemReader) throws -> [StoredMemberChange] {
        guard try database.schemaVersion(for: ClientSchema.schema) >= ClientSchema.members else { return [] }
        let rows = try database.all(
            """
            SELECT m.number, m.conversation, m.time, m.how, m.author, e.number IS NULL, e.position
            FROM member_changes m LEFT JOIN entries e ON e.number = (SELECT f.number
                FROM entries f JOIN conversations c ON c.number = f.conversation
                WHERE c.id = m.conversation AND f.seq < m.seq ORDER BY f.seq DESC LIMIT 1)
            WHERE m.number > ? ORDER BY m.number LIMIT ?
            """, number, limit
        ) { row in
            (
                number: row.int(0), conversation: try row.identifier(1) as ConversationID, time: row.timestamp(2),
                how: row.text(3), author: row.text(4),
                behind: row.bool(5) ? 0 as StorePosition : row.optionalPosition(6)
            )
        }
        var found: [StoredMemberChange] = []
        for row in rows {
            guard let behind = row.behind else { break }
            var stored = StoredMemberChange(number: row.number, behind: behind)
            if let name = try conversation(row.conversation)?.name, let how = MemberNotice.How(rawValue: row.how) {
                stored.notice = MemberNotice(
                    conversation: name, time: row.time, added: try devices(of: row.number, added: true, reader),
                    removed: try devices(of: row.number, added: false, reader), by: UserName(row.author), how: how)
            }
            found.append(stored)
        }
        return found
    }

    private func devices(of change: Int, added: Bool, _ reader: ItemReader) throws -> [MemberNotice.Device] {
        let rows = try database.all(
            """
            SELECT device, account, root, name, others FROM member_devices WHERE change = ? AND added = ?
            ORDER BY name, device
            """, change, added
        ) { row in
            (
                device: try row.identifier(0) as DeviceID, account: try row.identifier(1) as AccountID,
                root: try row.digest(2) as AccountRoot, name: try row.userName(3), others: row.bool(4)
            )
        }
        return try rows.map { row in
            let chain = try chain(of: row.account)
            let known = chain?.root == row.root ? chain?.devices[row.device] : nil
            let trust = try reader.gate.finding(reader.gate.record(of: row.account, named: row.name, in: self)).trust
            return MemberNotice.Device(
                user: row.name, device: row.device, isKnown: known.map { $0.isActive || !added } ?? false,
                trust: trust, hasOthers: row.others)
        }
    }
}

/// As it is read.
struct StoredMemberChange {
    var number: Int
    /// What stands before it in the store comes first.
    var behind: StorePosition
    /// Nil where its conversation is not known here.
    var notice: MemberNotice?
}

extension ClientSchema {
    /// The version with which a store keeps who comes and goes.
    static let members = 18

    static let version18: StaticString = """
        -- Who came into the groups of conversations and who went, by the entry `seq`, for whoever listens. `how` as it is told;
        -- `author`: a user's name, empty: the server.
        CREATE TABLE member_changes(
            number INTEGER PRIMARY KEY AUTOINCREMENT,
            conversation BLOB NOT NULL,
            seq INTEGER NOT NULL,
            time INTEGER NOT NULL,
            how TEXT NOT NULL,
            author TEXT NOT NULL,
            UNIQUE(conversation, seq, how, author)
        );

        -- The devices of a change. `others`: the account was there with another device before, or still is.
        CREATE TABLE member_devices(
            change INTEGER NOT NULL,
            device BLOB NOT NULL,
            added INTEGER NOT NULL,
            account BLOB NOT NULL,
            root BLOB NOT NULL,
            name TEXT NOT NULL,
            others INTEGER NOT NULL,
            PRIMARY KEY(change, device, added)
        ) WITHOUT ROWID;
        """
}
