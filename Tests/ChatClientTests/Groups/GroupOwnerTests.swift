import ChatProtocol
import GroupRules
import MLS
import SQLite
import TestSupport
import Testing

@testable import ChatClient

/// Whose the groups of a profile are.
@Suite struct GroupOwnerTests {
    /// What stays: that a group was left, who has another log, and whose the groups are now.
    private static let kept: Set<String> = ["group_tombstones", "history_doubts", "history_forks", "group_owner"]

    private func rows(_ store: ClientStore) throws -> [String: Int] {
        let tables = try store.database.all(
            """
            SELECT name FROM sqlite_master WHERE type = 'table' AND (name LIKE 'group%' OR name LIKE 'log_%'
                OR name LIKE 'history_%' OR name IN ('outgoing', 'waiting_commits', 'welcome_requests'))
            """
        ) { $0.text(0) }
        #expect(Set(tables).subtracting(Self.kept) == Set(Self.counts.keys), "a table of groups is not in this law")
        return try Self.counts.mapValues { count in try store.database.first(count) { $0.int(0) } ?? 0 }
    }

    private static let counts: [String: StaticString] = [
        "group_rows": "SELECT count(*) FROM group_rows", "group_standings": "SELECT count(*) FROM group_standings",
        "group_trusts": "SELECT count(*) FROM group_trusts",
        "group_transcripts": "SELECT count(*) FROM group_transcripts",
        "group_resyncs": "SELECT count(*) FROM group_resyncs", "log_marks": "SELECT count(*) FROM log_marks",
        "outgoing": "SELECT count(*) FROM outgoing", "waiting_commits": "SELECT count(*) FROM waiting_commits",
        "welcome_requests": "SELECT count(*) FROM welcome_requests",
    ]

    @Test func `a device that takes a profile over has nothing of the former one's groups`() throws {
        var pair = try GroupPair()
        var (ann, _) = try GroupMember.founded(&pair)
        let store = ann.store
        let group = try pair.load(store)
        try store.write { try store.claimGroups(for: ann.identity.device) }
        _ = try ann.seal([ann.text("sealed", 1, in: pair.conversation)])
        _ = try ann.makeCommit(pair, id: 1)
        try store.write {
            _ = try store.welcomeRequest(of: pair.conversation, orKeep: MessageID(high: 1, low: 1))
            try store.keepTranscript(of: pair.policy.group, group.context)
            try store.noteResync(in: pair.conversation, now: 1)
            try store.noteChainsWanted(in: pair.conversation)
            var standing = pair.standing(1)
            standing.hash = LogChain(group: pair.policy.group, generation: GroupPair.generation).hash
            try store.keepLogMark(of: standing)
        }
        #expect(try rows(store).filter { $0.value == 0 } == [:], "each has something")
        try store.write { try store.claimGroups(for: ann.identity.device) }
        #expect(try rows(store)["group_rows"] != 0, "the same device goes on")
        try store.write { try store.claimGroups(for: DeviceID(high: 66, low: 66)) }
        #expect(try rows(store).filter { $0.value != 0 } == [:])
    }
}
