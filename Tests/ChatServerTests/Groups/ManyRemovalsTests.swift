import ChatProtocol
import GroupRules
import MLS
import RulesSupport
import TestSupport
import Testing

@testable import ChatServer

/// More devices have to go than may wait at once.
@Suite(.endsWhatItStarts) struct ManyRemovalsTests {
    @Test func `R1: behind a commit that removes as many as may wait stand those that are left, before any message`()
        async throws
    {
        try await withServer { server in
            var alice = try await GroupMember("alice", on: server, seed: 1)
            let room = try await alice.makeRoom("ops")
            let authority = try await server.server.hub.value { $0.desk.authority }
            let author = DeviceReader(account: alice.hello.account.id, device: alice.device)
            let conversation = try await server.store.standing(of: room, for: author).conversation
            func handshake(_ prepared: GroupMember.Prepared, isFounding: Bool = false) -> GroupHandshake {
                GroupHandshake(
                    conversation: conversation, author: author, founding: isFounding ? prepared.founding : nil,
                    commit: prepared.handshake, groupInfo: prepared.info, welcome: prepared.welcome)
            }
            var facts = FoundingFacts()
            facts.roomName = RoomName("ops")
            let founded = try alice.founding(try alice.policy(of: room))
            var follower = try GroupFollower.found(
                handshake(founded, isFounding: true), after: nil, facts, by: authority
            ).next
            alice.group = founded.next

            var other = try TestAccount(
                "other", seed: 9,
                at: AccountPlace(server: alice.hello.server, account: AccountID(high: 9, low: 9)))
            var devices = [other.first]
            while devices.count < RuleLimits.waitingProposals + 2 { devices.append(try other.add()) }
            var generator = SeededGenerator(seed: 7)
            while follower.memberCount <= devices.count {
                let added = devices.dropFirst(follower.memberCount - 1).prefix(Limits.addsPerCommit)
                let packages = try added.map { device in
                    try KeyPackage.create(
                        suite: .x25519Aes128GcmSha256Ed25519, identity: other.identity(device),
                        lifetime: GroupMember.lifetime, using: &generator
                    ).keyPackage
                }
                let prepared = try alice.commit(packages.map { .add($0) })
                follower = try follower.judge(handshake(prepared), by: authority).next
                alice.group = prepared.next
            }

            let lost = Set(devices)
            let removals = try follower.removals(of: lost, by: authority)
            #expect(removals.count == RuleLimits.waitingProposals && removals.allSatisfy(\.holdsMessages))
            var group = try #require(alice.group)
            for removal in removals {
                guard case .proposal(let proposal) = try group.open(try MLSMessage(decoding: removal.proposal)) else {
                    throw TestFailure("no proposal")
                }
                try group.cache(proposal)
            }
            alice.group = group
            let full = try #require(removals.last).next
            #expect(try full.removals(of: lost, by: authority).isEmpty, "there is no more room for any")

            let ruling = try full.judge(handshake(try alice.commit()), by: authority)
            #expect(ruling.mayOweMore && ruling.repeated.isEmpty)
            let owing = try ruling.owing(lost, besides: author.device, by: authority)
            #expect(owing.repeated.count == 2 && owing.repeated.allSatisfy(\.holdsMessages))
            #expect(Set(owing.last.remaining.map(\.device)) == [author.device])
        }
    }
}
