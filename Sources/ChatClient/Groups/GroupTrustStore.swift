import ChatProtocol
import GroupRules
import MLS
import SQLite
import StoredValues

/// A group's trust as it is kept, and what was done about it.
struct KeptTrust: Equatable, Sendable {
    var trust: GroupTrust
    /// When the chains of its accounts were read for it.
    var asked: Timestamp?
    /// Somebody has said that a chain goes on.
    var isWanted = false
}

/// One row a group: computed anew when its tree has changed, or a chain or pin, whereupon the row is gone.
extension ClientStore {
    /// Reads the row; computes it, and keeps it within a transaction that writes, where it is of another state of the group.
    func groupTrust(of standing: GroupStanding, _ summary: GroupSummary, own: DeviceID) throws -> KeptTrust {
        let kept = try keptTrust(of: standing.conversation)
        if let kept, kept.version == summary.version { return kept.trust }
        var fresh = try computedTrust(of: standing, summary, own: own)
        if kept?.trust.isWanted == true { fresh.isWanted = true }
        if database.isInTransaction { try keep(fresh, of: standing.conversation, version: summary.version) }
        return fresh
    }

    /// Whether the last thing known of a group is that a restore has brought a device back there: somebody may have had it removed since.
    func isClosedByRestored(_ conversation: ConversationID) throws -> Bool {
        try database.first("SELECT 1 FROM group_trusts WHERE conversation = ? AND finding = 4", conversation) { _ in
            true
        } ?? false
    }

    private func keptTrust(of conversation: ConversationID) throws -> (trust: KeptTrust, version: UInt64)? {
        try database.first(
            """
            SELECT version, is_open, finding, account, detail, asked, wanted FROM group_trusts WHERE conversation = ?
            """, conversation
        ) { row in
            let finding: GroupTrust.Finding =
                switch (row.int(2), try row.optionalIdentifier(3) as AccountID?) {
                case (0, _): .trusted
                case (2, let account?): .ghost(account, row.text(4))
                case (3, let account?): .forked(account, row.text(4))
                case (4, let account?): DeviceID(hex: row.text(4)).map { .restored(account, $0) } ?? .commitFirst
                default: .commitFirst
                }
            let trust = GroupTrust(isOpen: row.bool(1), finding: finding)
            return (
                KeptTrust(trust: trust, asked: row.optionalTimestamp(5), isWanted: row.bool(6)), row.unsigned(0)
            )
        }
    }

    private func keep(_ kept: KeptTrust, of conversation: ConversationID, version: UInt64) throws {
        let row: (finding: Int, account: AccountID?, detail: String?) =
            switch kept.trust.finding {
            case .trusted: (0, nil, nil)
            case .commitFirst: (1, nil, nil)
            case .ghost(let account, let text): (2, account, text)
            case .forked(let account, let text): (3, account, text)
            case .restored(let account, let device): (4, account, device.hex)
            }
        try database.run(
            """
            INSERT OR REPLACE INTO group_trusts(conversation, version, is_open, finding, account, detail, asked, wanted)
            VALUES (?, ?, ?, ?, ?, ?, ?, ?)
            """, conversation, version, kept.trust.isOpen, row.finding, row.account, row.detail, kept.asked,
            kept.isWanted)
    }

    private func computedTrust(
        of standing: GroupStanding, _ summary: GroupSummary, own: DeviceID
    ) throws -> KeptTrust {
        guard let context = summary.context else {
            return KeptTrust(trust: GroupTrust(isOpen: false, finding: .commitFirst))
        }
        let leaves = try StoredGroup.members(of: standing.group.groupId, from: groupRows).map(\.leaf)
        var known: [AccountID: (KeyRecord, AccountChain?)] = [:]
        let restored = try restoredLeaves(in: standing.conversation)
        let trust = try GroupTrust(try GroupPolicy(context), leaves, own: own, restored: restored) { leaf in
            let account = leaf.party.account
            if let record = known[account] { return record }
            let record = (try keyRecord(of: account, named: leaf.name, compared: nil), try chain(of: account))
            known[account] = record
            return record
        }
        return KeptTrust(trust: trust, isWanted: known.values.contains { $0.0.isWanted })
    }

    /// The accounts of a group's leaves, with the names that they say.
    func groupAccounts(of standing: GroupStanding) throws -> [AccountID: UserName] {
        let leaves = try StoredGroup.members(of: standing.group.groupId, from: groupRows)
        let claimed = leaves.compactMap { try? ClaimedLeaf($0.leaf) }
        return Dictionary(claimed.map { ($0.party.account, $0.name) }, uniquingKeysWith: { first, _ in first })
    }

    /// Devices of an account that are in a group.
    func leaves(of account: AccountID, in standing: GroupStanding) throws -> [ClaimedLeaf] {
        try StoredGroup.members(of: standing.group.groupId, from: groupRows)
            .compactMap { try? ClaimedLeaf($0.leaf) }
            .filter { $0.party.account == account }
    }

    /// The chains of a group were read. Within a transaction.
    func noteAsked(of standing: GroupStanding, _ summary: GroupSummary, own: DeviceID, now: Timestamp) throws {
        var kept = try computedTrust(of: standing, summary, own: own)
        kept.asked = now
        try keep(kept, of: standing.conversation, version: summary.version)
    }

    /// Somebody's chain goes on behind what is held (G2): it is read before anything is sent there again. Within a transaction.
    func noteChainsWanted(in conversation: ConversationID) throws {
        try database.run(
            """
            INSERT INTO group_trusts(conversation, version, is_open, finding, wanted) VALUES (?, 0, 0, 1, 1)
            ON CONFLICT(conversation) DO UPDATE SET wanted = 1 WHERE wanted = 0
            """, conversation)
    }
}
