import ChatProtocol
import GroupRules
import MLS
import SQLite
import StoredValues

/// This device's leaf in a group.
struct OwnLeaf: Equatable, Sendable {
    /// By which others encrypt to it.
    var key: HPKEPublicKey
    var facts: CommitPlan.Facts
}

extension ClientStore {
    /// What a commit for this device's own sake is decided by, of a group that it is in. A key that is seen here for the first time counts
    /// from now.
    func ownLeaf(in conversation: ConversationID, now: Timestamp) throws -> OwnLeaf? {
        let rows = groupRows
        guard let standing = try groupStanding(of: conversation), let identity = try identity(),
            standing.generation == identity.generation,
            let summary = try StoredGroup.summary(of: standing.group.groupId, from: rows), summary.status == .active,
            let leaf = try StoredGroup.member(summary.ownLeaf, of: standing.group.groupId, from: rows),
            let own = try ownDevice(identity)
        else { return nil }
        var facts = CommitPlan.Facts(leafSince: try leafSince(leaf.encryptionKey, in: conversation, now: now))
        if case .keyPackage = leaf.source {
            facts.hasNoPath = true
            facts.leaves = try leafCount(of: standing.group)
        }
        facts.leafIsOutdated = leaf.signatureKey != own.pair.publicKey
        facts.isEveryone = identity.everyone == conversation
        facts.isWaiting = try waitingCommit(of: conversation) != nil
        return OwnLeaf(key: leaf.encryptionKey, facts: facts)
    }

    /// Conversations whose groups this device may be in.
    func conversationsWithGroups() throws -> [ConversationID] {
        try database.all("SELECT conversation FROM group_standings ORDER BY conversation") { try $0.identifier(0) }
    }

    private func leafSince(_ key: HPKEPublicKey, in conversation: ConversationID, now: Timestamp) throws -> Timestamp {
        let known = try database.first(
            "SELECT since FROM own_leaves WHERE conversation = ? AND key = ?", conversation, key.bytes
        ) { $0.timestamp(0) }
        if let known { return known }
        try database.run(
            "INSERT OR REPLACE INTO own_leaves(conversation, key, since) VALUES (?, ?, ?)", conversation, key.bytes, now
        )
        return now
    }

    private func leafCount(of group: GroupName) throws -> Int {
        // Leaves stand at the even places of a tree.
        try database.first(
            "SELECT count(*) FROM group_rows WHERE slot = 0 AND name = ? AND kind = ? AND place % 2 = 0", group.groupId,
            Int(RowKind.treeNode.rawValue)
        ) { $0.int(0) } ?? 0
    }
}
