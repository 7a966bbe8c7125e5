import ChatProtocol
import GroupRules
import MLS
import TestSupport
import Testing
import Transport

@testable import ChatServer

/// Commits that members cannot process, and what is told of holes in logs.
@Suite(.endsWhatItStarts) struct ReportTests {
    /// Everyone's group of alice, bob and carol; bob has committed under the number that comes with it.
    private func scene(_ server: TestServer) async throws -> (members: [GroupMember], report: ReportCommit) {
        var alice = try await GroupMember("alice", on: server, seed: 1)
        var bob = try await GroupMember("bob", on: server, seed: 2)
        var carol = try await GroupMember("carol", on: server, seed: 3)
        let everyone = alice.hello.everyone
        let policy = GroupPolicy(
            server: alice.hello.server, group: GroupName(conversation: everyone, incarnation: 0), kind: .everyone)
        try await alice.found(try alice.founding(policy), policy)
        try await bob.join(everyone)
        try await carol.join(everyone)
        try await bob.catchUp(in: everyone)
        let commit = try bob.commit()
        let done = try await bob.send(commit)
        try await alice.catchUp(in: everyone)
        try await carol.catchUp(in: everyone)
        return (
            [alice, bob, carol],
            ReportCommit(conversation: everyone, seq: done.seq, digest: SHA256.hash(commit.handshake))
        )
    }

    @Test func `S3: commits of a device that two accounts report are refused for a day`() async throws {
        try await withServer { server in
            var (members, report) = try await scene(server)
            let _: Done = try await members[0].client.reply(to: report)
            let _: Done = try await members[0].client.reply(to: report)
            try await members[1].send(try members[1].commit())
            let _: Done = try await members[2].client.reply(to: report)
            let blocked = try await failure { try await members[1].send(try members[1].commit()) }
            #expect(blocked?.errorCode == .blocked && blocked?.wait ?? .zero > .seconds(86_000))
            _ = try await members[1].message("still here")
            try await members[0].catchUp(in: report.conversation)
            try await members[0].send(try members[0].commit())
            let figures = try await server.server.hub.value { $0.desk.figures }
            #expect(figures.reports == 3)
        }
    }

    @Test func `nobody reports what is not there or what they were not there for`() async throws {
        try await withServer { server in
            let (members, report) = try await scene(server)
            let dan = try await GroupMember("dan", on: server, seed: 4)
            let refused = { (member: GroupMember, change: (inout ReportCommit) -> Void) in
                var wrong = report
                change(&wrong)
                return try await failure { let _: Done = try await member.client.reply(to: wrong) }?.errorCode
            }
            #expect(try await refused(members[0]) { $0.digest[0] ^= 1 } == .invalidTarget)
            #expect(try await refused(members[0]) { $0.seq = 99 } == .invalidTarget)
            #expect(try await refused(members[1]) { _ in } == .invalidTarget, "one's own")
            #expect(try await refused(dan) { _ in } == .notInGroup)
            #expect(
                try await refused(members[0]) { $0.conversation = ConversationID(high: 1, low: 1) }
                    == .noSuchConversation)
        }
    }

    @Test func `E7: holes that handshakes alone part are told as one gap`() {
        let id = ConversationID(high: 1, low: 1)
        func entry(_ seq: SequenceNumber, _ kind: PayloadKind) -> StoredPage.Row {
            .entry(
                Entry(
                    conversation: id, seq: seq, id: .unique, sender: alice, device: aliceDevice,
                    payloadKind: kind.rawValue, time: 1, payload: [1]))
        }
        let page = StoredPage(
            rows: [
                .hole(.retention, first: 1, last: 4), entry(5, .commit), .hole(.retention, first: 6, last: 9),
                entry(10, .proposal), entry(11, .commit), .hole(.retention, first: 12, last: 12), entry(13, .message),
                .hole(.retention, first: 14, last: 14), entry(15, .commit), .hole(.restored, first: 16, last: 18),
            ], through: 18, isLast: true)
        let standing = DeviceStanding(
            conversation: ConversationInfo(id: id, audience: .everyone),
            standing: ConversationStanding(
                position: ConversationPosition(generation: StoreGeneration(high: 1, low: 1), epoch: 1), head: 18))
        let told = LogPage(page, standing, for: DeviceReader(account: bob, device: bobDevice))
        #expect(told.gaps.map(\.first) == [1, 14, 16] && told.gaps.map(\.last) == [12, 14, 18])
        #expect(told.entries.map(\.seq) == [5, 10, 11, 13, 15])
    }
}
