import ChatProtocol
import GroupRules
import MLS
import RulesSupport
import TestSupport
import Testing

@testable import ChatServer

/// Rooms of members with real groups: made, joined, left, dead and made anew.
@Suite(.endsWhatItStarts) struct RoomTests {
    /// Alice's room, in which bob and carol are.
    private func scene(
        _ server: TestServer, access: GroupPolicy.Access = .closed
    ) async throws -> (alice: GroupMember, bob: GroupMember, carol: GroupMember, room: ConversationID) {
        var alice = try await GroupMember("alice", on: server, seed: 1)
        var bob = try await GroupMember("bob", on: server, seed: 2)
        var carol = try await GroupMember("carol", on: server, seed: 3)
        let room = try await alice.makeRoom("ops")
        let policy = try alice.policy(of: room, access: access)
        let packages = [try bob.keyPackage(), try carol.keyPackage()]
        try await alice.found(try alice.founding(policy, adding: packages.map(\.keyPackage)), policy)
        try await bob.enter(room, with: packages[0])
        try await carol.enter(room, with: packages[1])
        return (alice, bob, carol, room)
    }

    @Test func `a room of three is made and written to and listed`() async throws {
        try await withServer { server in
            var (alice, bob, carol, room) = try await scene(server)
            try await bob.client.subscribe()
            _ = try await alice.message("hi")
            var entry = try #require(try await bob.client.entries(1).first)
            while entry.payloadKind != PayloadKind.message.rawValue {
                entry = try #require(try await bob.client.entries(1).first)
            }
            #expect(try bob.take(entry) == "hi")
            let list: Rooms = try await carol.client.reply(to: ListRooms(.own))
            let record = try #require(list.rooms.first)
            #expect(list.rooms.count == 1 && !list.more && record.conversation == room && record.name.text == "ops")
            #expect(record.access == .closed && record.isMember && record.members == 3)
            #expect(record.admins.map(\.id) == [alice.hello.account.id])
            let members: Members = try await bob.client.reply(to: RoomMembers(conversation: room))
            #expect(Set(members.members.map(\.account.id)) == Set([alice, bob, carol].map(\.hello.account.id)))
            #expect(Set(members.members.flatMap(\.devices)) == Set([alice, bob, carol].map(\.device)))
            #expect(members.members.filter(\.isAdmin).map(\.account.id) == [alice.hello.account.id])
            _ = try await carol.message("here")
        }
    }

    @Test func `I1: a room is founded by its admin, under its name`() async throws {
        try await withServer { server in
            var alice = try await GroupMember("alice", on: server, seed: 1)
            var bob = try await GroupMember("bob", on: server, seed: 2)
            let room = try await alice.makeRoom("ops")
            let policy = try alice.policy(of: room)
            let stranger = try await failure {
                try await bob.found(try bob.founding(policy, judge: AcceptAll()), policy)
            }
            #expect(stranger?.errorCode == .notAMember)
            let wrong = [
                try alice.policy(of: room, name: "dev"), try alice.policy(of: room, admins: [bob.account.party]),
                GroupPolicy(
                    server: alice.hello.server, group: GroupName(conversation: room, incarnation: 0), kind: .everyone),
            ]
            for policy in wrong {
                let prepared = try alice.founding(policy, judge: AcceptAll())
                let refused = try await failure { try await alice.found(prepared, policy) }
                #expect(refused?.errorCode == .invalidHandshake)
            }
            #expect(try await alice.found(try alice.founding(policy), policy).position.epoch == 1)
            // Whose account's chain says that they are somebody else.
            let (place, device) = (bob.account.place, bob.device)
            let first = try #require(bob.account.chain.links.first)
            _ = try await server.store.publish(
                ChainStep(
                    account: place.account, before: .none, link: first.wireBytes, hash: first.hash.bytes,
                    signer: device, instance: 0, effect: .create(device)))
            let second = try await bob.makeRoom("dev")
            bob.account = try TestAccount("bob", seed: 99, at: place, device: device)
            let forged = try bob.policy(of: second, name: "dev")
            let refused = try await failure { try await bob.found(try bob.founding(forged), forged) }
            #expect(refused?.errorCode == .invalidHandshake)
        }
    }

    @Test func `a name is taken and the same request is answered again`() async throws {
        try await withServer { server in
            let alice = try await GroupMember("alice", on: server, seed: 1)
            let bob = try await GroupMember("bob", on: server, seed: 2)
            let name = try #require(UserName("ops"))
            let request = CreateRoom(id: MessageID(high: 1, low: 1), name: name)
            let first: Rooms = try await alice.client.reply(to: request)
            let again: Rooms = try await alice.client.reply(to: request)
            #expect(first == again && first.rooms.first?.access == .unfounded && first.rooms.first?.isMember == true)
            let id = ConversationID.room(
                RoomName(name), madeBy: alice.hello.account.id, request: request.id, on: alice.hello.server)
            #expect(first.rooms.map(\.conversation) == [id])
            let taken = try await failure { let _: Rooms = try await bob.client.reply(to: request) }
            #expect(taken?.errorCode == .nameTaken)
            let early = try await failure {
                let _: Rooms = try await bob.client.reply(to: JoinRoom(conversation: id, id: .unique))
            }
            #expect(early?.errorCode == .noGroup)
        }
    }

    @Test func `a removed room is gone for everybody, and its name is free`() async throws {
        try await withServer { server in
            var (alice, bob, carol, room) = try await scene(server)
            try await bob.client.subscribe()
            _ = try await alice.message("hi")
            let members = [alice, bob, carol].map(\.hello.account.id)
            let removal = try await server.store.settled([.removeRoom(room)])
            #expect(removal.outcomes == [.done])
            try await server.server.hub.value { $0.hear(ToldNews(removal.news)) }
            let told: MemberChanged = try await bob.client.next()
            #expect(told == MemberChanged(conversation: room, account: members[1], change: .left))
            let (me, commit, position) = (bob, try carol.commit(), carol.position)
            let requests: [() async throws -> Void] = [
                { _ = try await alice.message("still there?") },
                { try await carol.send(commit, at: position) },
                { let _: GroupPart = try await me.client.reply(to: ReadGroup(conversation: room)) },
                { let _: Turn = try await me.client.reply(to: TakeTurn(conversation: room)) },
                { let _: Members = try await me.client.reply(to: RoomMembers(conversation: room)) },
                { let _: Rooms = try await me.client.reply(to: JoinRoom(conversation: room, id: .unique)) },
                { let _: Done = try await me.client.reply(to: LeaveRoom(conversation: room, id: .unique)) },
            ]
            for request in requests { #expect(try await failure(request)?.errorCode == .noSuchRoom) }
            // What was written before is still there for who was in it.
            let rest: LogPage = try await me.client.reply(to: ReadLog(conversation: room, after: 0))
            #expect(!rest.entries.isEmpty)
            let _: Done = try await bob.client.reply(to: ForgetRoom(conversation: room))
            let named: Rooms = try await bob.client.reply(to: ListRooms(.named, name: UserName("ops")))
            #expect(named.rooms.isEmpty)
            #expect(try await bob.makeRoom("ops") != room)
        }
    }

    @Test func `to a closed room nobody comes by themselves`() async throws {
        try await withServer { server in
            let (alice, _, _, room) = try await scene(server)
            var eve = try await GroupMember("eve", on: server, seed: 5)
            let me = eve
            let requests: [() async throws -> Void] = [
                { let _: Rooms = try await me.client.reply(to: JoinRoom(conversation: room, id: .unique)) },
                { let _: Members = try await me.client.reply(to: RoomMembers(conversation: room)) },
                { let _: LogPage = try await me.client.reply(to: ReadLog(conversation: room, after: 0)) },
                { let _: GroupPart = try await me.client.reply(to: ReadGroup(conversation: room)) },
                { let _: Turn = try await me.client.reply(to: TakeTurn(conversation: room)) },
            ]
            for request in requests { #expect(try await failure(request)?.errorCode == .notAMember) }
            // Neither leaving nor forgetting does anything there.
            let _: Done = try await eve.client.reply(to: LeaveRoom(conversation: room, id: .unique))
            let _: Done = try await eve.client.reply(to: ForgetRoom(conversation: room))
            let all: Rooms = try await eve.client.reply(to: ListRooms(.all))
            #expect(all.rooms.isEmpty)
            let name = UserName("ops")
            let named: Rooms = try await eve.client.reply(to: ListRooms(.named, name: name))
            #expect(named.rooms.first?.admins.map(\.id) == [alice.hello.account.id])
            #expect(named.rooms.first?.members == 0 && named.rooms.first?.isMember == false)
            // What the tree is she knows from somewhere: the commit is not hers to make.
            let part: GroupPart = try await alice.client.reply(to: ReadGroup(conversation: room))
            let joining = try? eve.joining(part)
            #expect(joining == nil, "J7")
            for id in [alice.hello.everyone, ConversationID(high: 1, low: 1)] {
                let none = try await failure {
                    let _: Rooms = try await me.client.reply(to: JoinRoom(conversation: id, id: .unique))
                }
                #expect(none?.errorCode == .noSuchRoom)
                let stays = try await failure {
                    let _: Done = try await me.client.reply(to: LeaveRoom(conversation: id, id: .unique))
                }
                #expect(stays?.errorCode == .noSuchRoom)
            }
        }
    }

    @Test func `an open room is joined from outside and closed again by its policy`() async throws {
        try await withServer { server in
            var (alice, _, _, room) = try await scene(server, access: .open)
            var dan = try await GroupMember("dan", on: server, seed: 4)
            try await dan.client.subscribe()
            let outside = try await failure { try await dan.join(room) }
            #expect(outside?.errorCode == .notAMember)
            let request = JoinRoom(conversation: room, id: .unique)
            let joined: Rooms = try await dan.client.reply(to: request)
            #expect(joined.rooms.first?.isMember == true && joined.rooms.first?.members == 4)
            let told: MemberChanged = try await dan.client.next()
            #expect(told.conversation == room && told.account == dan.hello.account.id && told.change == .joined)
            try await dan.join(room)
            _ = try await dan.message("here")
            try await alice.catchUp(in: room)
            let closed = try alice.policy(of: room, access: .closed)
            try await alice.send(
                try alice.commit([
                    .groupContextExtensions(try closed.extensions(groupKey: alice.judge.groupKey))
                ]))
            let eve = try await GroupMember("eve", on: server, seed: 5)
            let late = try await failure {
                let _: Rooms = try await eve.client.reply(to: JoinRoom(conversation: room, id: .unique))
            }
            #expect(late?.errorCode == .notAMember)
            let record: Rooms = try await dan.client.reply(to: ListRooms(.own))
            #expect(record.rooms.first?.access == .closed)
        }
    }

    @Test func `R1: who leaves gets nothing more and is removed before anybody writes`() async throws {
        try await withServer { server in
            var (alice, bob, carol, room) = try await scene(server)
            try await bob.client.subscribe()
            try await alice.client.subscribe()
            let request = LeaveRoom(conversation: room, id: .unique)
            let _: Done = try await bob.client.reply(to: request)
            let told: MemberChanged = try await bob.client.next()
            #expect(told.conversation == room && told.change == .left)
            let held = try await failure { _ = try await carol.message("not yet") }
            #expect(held?.errorCode == .removalPending)
            let wanted: CommitWanted = try await alice.client.next()
            #expect(wanted.conversation == room)
            try await alice.catchUp(in: room)
            let done = try await alice.send(try alice.commit())
            #expect(alice.group?.memberCount == 2)
            _ = try await alice.message("without bob")
            let _: Done = try await bob.client.reply(to: request)
            let seen = bob.client.waiting.compactMap { try? $0.decode(Entry.self) }
            #expect(seen.allSatisfy { $0.seq < done.seq })
            let rest: LogPage = try await bob.client.reply(to: ReadLog(conversation: room, after: 0))
            #expect(!rest.entries.isEmpty && rest.entries.allSatisfy { $0.seq < done.seq })
            #expect(rest.standing.head < done.seq)
            let members: Members = try await alice.client.reply(to: RoomMembers(conversation: room))
            #expect(members.members.count == 2)
            let _: Done = try await bob.client.reply(to: ForgetRoom(conversation: room))
            let own: Rooms = try await bob.client.reply(to: ListRooms(.own))
            #expect(own.rooms.isEmpty)
        }
    }

    @Test func `R1: a room that is made closed is written to when whoever has gone was removed`() async throws {
        try await withServer { server in
            var (alice, bob, carol, room) = try await scene(server, access: .open)
            try await server.store.setFlags(.disabled, clearing: [], of: bob.hello.account.id)
            try await server.server.hub.closeConnections(account: bob.hello.account.id)
            // In an open room that is gathered, and messages go on.
            _ = try await carol.message("on")
            try await alice.catchUp(in: room)
            let closed = try alice.policy(of: room, access: .closed)
            try await alice.send(
                try alice.commit([
                    .groupContextExtensions(try closed.extensions(groupKey: alice.judge.groupKey))
                ]))
            let held = try await failure { _ = try await alice.message("not yet") }
            #expect(held?.errorCode == .removalPending)
            try await alice.catchUp(in: room)
            try await alice.send(try alice.commit())
            #expect(alice.group?.memberCount == 2)
            _ = try await alice.message("without bob")
            try await carol.catchUp(in: room)
            #expect(carol.group?.memberCount == 2)
        }
    }

    @Test func `R2: who comes back to an open room is not removed for having left`() async throws {
        try await withServer { server in
            var (alice, bob, _, room) = try await scene(server, access: .open)
            let _: Done = try await bob.client.reply(to: LeaveRoom(conversation: room, id: .unique))
            let _: Rooms = try await bob.client.reply(to: JoinRoom(conversation: room, id: .unique))
            let part: GroupPart = try await bob.client.reply(to: ReadGroup(conversation: room))
            let own = try #require(bob.group).members.first { member in
                (try? DeviceCredential(member.leaf.credential))?.device == bob.device
            }
            try await bob.send(try bob.joining(part, removing: own?.index), at: part.position, to: room)
            try await alice.catchUp(in: room)
            try await alice.send(try alice.commit())
            #expect(alice.group?.memberCount == 3)
            let lost = try await server.store.lostLeaves(of: room)
            #expect(lost == [])
            try await bob.catchUp(in: room)
            _ = try await bob.message("back")
        }
    }

    @Test func `an account whose last device an admin removes is no member and reads up to there`() async throws {
        try await withServer { server in
            var (alice, bob, _, room) = try await scene(server)
            try await bob.client.subscribe()
            let leaf = try #require(alice.group).members.first { member in
                (try? DeviceCredential(member.leaf.credential))?.device == bob.device
            }
            let done = try await alice.send(try alice.commit([.remove(try #require(leaf).index)]))
            let told: MemberChanged = try await bob.client.next()
            #expect(told.change == .left && told.account == bob.hello.account.id)
            var last = try await bob.client.entries(1).first
            while let entry = last, entry.seq < done.seq { last = try await bob.client.entries(1).first }
            #expect(last?.seq == done.seq)
            let gone = try await failure { _ = try await bob.message("me too") }
            #expect(gone?.errorCode == .notAMember)
            let again = try await failure {
                let _: Rooms = try await bob.client.reply(to: JoinRoom(conversation: room, id: .unique))
            }
            #expect(again?.errorCode == .notAMember)
        }
    }

    @Test func `a room that nobody is left in is made anew by a former admin with the policy that it had`() async throws
    {
        try await withServer { server in
            var (alice, bob, carol, room) = try await scene(server)
            for member in [alice, bob] {
                let _: Done = try await member.client.reply(to: LeaveRoom(conversation: room, id: .unique))
            }
            let name = try #require(UserName("ops"))
            let alive = try await failure {
                let _: Rooms = try await alice.client.reply(to: CreateRoom(id: .unique, name: name))
            }
            #expect(alive?.errorCode == .nameTaken)
            let _: Done = try await carol.client.reply(to: LeaveRoom(conversation: room, id: .unique))
            for member in [bob, carol] {
                let refused = try await failure {
                    let _: Rooms = try await member.client.reply(to: CreateRoom(id: .unique, name: name))
                }
                #expect(refused?.errorCode == .nameTaken)
            }
            let made: Rooms = try await alice.client.reply(to: CreateRoom(id: .unique, name: name))
            #expect(made.rooms.first?.conversation == room && made.rooms.first?.access == .closed)
            let group = try #require(alice.group)
            let previous = GroupPolicy.Previous(
                incarnation: 0, epoch: Epoch(group.epoch),
                confirmedTranscriptHash: group.context.confirmedTranscriptHash)
            let other = try alice.policy(of: room, access: .open, incarnation: 1, previous: previous)
            let changed = try await failure { try await alice.found(try alice.founding(other), other) }
            #expect(changed?.errorCode == .invalidHandshake)
            let policy = try alice.policy(of: room, incarnation: 1, previous: previous)
            let package = try bob.keyPackage()
            let done = try await alice.found(
                try alice.founding(policy, adding: [package.keyPackage]), policy)
            #expect(done.position.mark == GroupMark(incarnation: 1, epoch: 1))
            try await bob.enter(room, with: package)
            _ = try await bob.message("again")
            let members: Members = try await bob.client.reply(to: RoomMembers(conversation: room))
            #expect(Set(members.members.map(\.account.id)) == [alice.hello.account.id, bob.hello.account.id])
        }
    }

    @Test func `everyone takes newcomers as long as there is room`() async throws {
        try await withServer(change: { $0.hub.limits.everyoneDevices = 2 }) { server in
            var alice = try await GroupMember("alice", on: server, seed: 1)
            let everyone = alice.hello.everyone
            let policy = GroupPolicy(
                server: alice.hello.server, group: GroupName(conversation: everyone, incarnation: 0), kind: .everyone)
            try await alice.found(try alice.founding(policy), policy)
            var bob = try await GroupMember("bob", on: server, seed: 2)
            try await bob.join(everyone)
            var carol = try await GroupMember("carol", on: server, seed: 3)
            let full = try await failure { try await carol.join(everyone) }
            #expect(full?.errorCode == .tooLarge)
            // Who is in it comes back over its own leaf.
            let part: GroupPart = try await bob.client.reply(to: ReadGroup(conversation: everyone))
            let own = try #require(bob.group).members.first { member in
                (try? DeviceCredential(member.leaf.credential))?.device == bob.device
            }
            try await bob.send(try bob.joining(part, removing: own?.index), at: part.position, to: everyone)
        }
    }
}
