import CLISupport
import ChatProtocol
import GroupRules
import MLS
import RulesSupport
import TestSupport
import Testing

@testable import ChatClient

/// Who is told that somebody has come into a room or gone, by way of a real server.
@Suite(.endsWhatItStarts) struct MemberTests {
    private struct Told: Equatable, CustomStringConvertible {
        var how: MemberNotice.How
        var by: UserName?
        var added: [UserName]
        var removed: [UserName]

        init(_ how: MemberNotice.How, _ by: Person?, added: [Person] = [], removed: [Person] = []) {
            self.how = how
            self.by = by?.name
            self.added = added.map(\.name)
            self.removed = removed.map(\.name)
        }

        init(_ notice: MemberNotice) {
            how = notice.how
            by = notice.by
            added = notice.added.map(\.user)
            removed = notice.removed.map(\.user)
        }

        var description: String { "\(how) by \(by?.text ?? "-"), \(added) came, \(removed) went" }
    }

    private func told(_ person: Person, after number: Int = 0) async throws -> [Told] {
        try await person.client().withStore { store in
            let reader = try #require(try store.itemReader())
            return try store.memberChanges(after: number, limit: 64, reader: reader).compactMap(\.notice).map(Told.init)
        }
    }

    /// Takes in what there is, and removes who has left.
    private func reads(_ person: Person, _ room: RoomName, removing: Bool = false) async throws {
        let client = try person.client()
        let link = try await client.loggedInLink().0
        let joiner = try await client.joiner(on: link)
        let id = try await client.roomBook.open(room, on: link)
        _ = try await joiner.enter(id, as: .room(room))
        _ = try await joiner.enter(id, as: .room(room), after: removing ? .removalPending : .preconditionFailed)
    }

    @Test func `who is added and removed is told to all, once, with whose doing it was`() async throws {
        try await withServer { server in
            let alice = try await Person.registered("alice", at: server)
            let bob = try await Person.registered("bob", at: server)
            let carol = try await Person.registered("carol", at: server)
            let ops = try #require(RoomName("ops"))
            try await alice.client().createRoom(ops, access: .closed)
            #expect(try await told(alice).isEmpty)
            _ = try await alice.client().add([bob.name, carol.name], to: ops)
            try await reads(bob, ops)
            try await reads(carol, ops)
            _ = try await alice.client().remove([carol.name], from: ops)
            try await reads(bob, ops)
            try await reads(bob, ops)
            let removal = Told(.remove, alice, removed: [carol])
            // The Welcome tells whom it has brought, and each has an own path after it, which is nobody's coming.
            #expect(try await told(bob) == [Told(.add, alice, added: [bob]), removal])
            #expect(try await told(alice) == [Told(.add, alice, added: [bob, carol]), removal])
            try await bob.client().leaveRoom(ops)
            #expect(try await told(bob).last == Told(.leave, bob, removed: [bob]))
            try await reads(alice, ops, removing: true)
            #expect(try await told(alice).last == Told(.leave, bob, removed: [bob]))
            #expect(try await told(alice).count == 3)
        }
    }

    @Test func `nothing is left of a group that was left but that it was`() async throws {
        try await withServer { server in
            let alice = try await Person.registered("alice", at: server)
            let bob = try await Person.registered("bob", at: server)
            let dev = try #require(RoomName("dev"))
            try await alice.client().createRoom(dev, access: .open)
            let client = try bob.client()
            try await client.joinRoom(dev)
            let sent = await client.send([OutgoingMessage(conversation: .room(dev.spoken), body: "hi")])
            #expect(sent.map(\.status) == [.accepted])
            let room = try await client.withStore { try $0.pinnedRoom(dev) }
            let id = try #require(room)
            let name = GroupName(conversation: id, incarnation: 0)
            func rows() async throws -> Int {
                try await client.withStore { store in
                    try store.database.first(
                        """
                        SELECT (SELECT count(*) FROM outgoing WHERE conversation = ?1)
                            + (SELECT count(*) FROM group_trusts WHERE conversation = ?1)
                            + (SELECT count(*) FROM group_standings WHERE conversation = ?1)
                            + (SELECT count(*) FROM log_marks WHERE conversation = ?1)
                            + (SELECT count(*) FROM group_transcripts WHERE name = ?2)
                            + (SELECT count(*) FROM group_rows WHERE name = ?2)
                        """, id, name.groupId
                    ) { $0.int(0) } ?? -1
                }
            }
            #expect(try await rows() > 0)
            try await client.leaveRoom(dev)
            #expect(try await rows() == 0)
            #expect(try await client.withStore { try $0.tombstone(of: name) } != nil)
        }
    }

    @Test func `I1, I2: a room that everybody has left is made anew by who was its admin, as it was`() async throws {
        try await withServer { server in
            let alice = try await Person.registered("alice", at: server)
            let bob = try await Person.registered("bob", at: server)
            let ops = try #require(RoomName("ops"))
            let isNew = try await alice.client().createRoom(ops, access: .closed)
            #expect(!isNew)
            _ = try await alice.client().add([bob.name], to: ops)
            try await reads(bob, ops)
            try await alice.client().leaveRoom(ops)
            await expectRefusal(.refused, "name_taken") {
                _ = try await alice.client().createRoom(ops, access: .closed)
            }
            try await bob.client().leaveRoom(ops)
            await expectRefusal(.refused, "name_taken") { _ = try await bob.client().createRoom(ops, access: .closed) }
            let isAnew = try await alice.client().createRoom(ops, access: .open, adders: .members)
            #expect(isAnew)
            let view = try await alice.client().withStore { store -> (GroupPolicy, Int)? in
                guard let identity = try store.identity(), let key = try store.groupKey() else { return nil }
                let judge = GroupJudge(server: identity.server, groupKey: key)
                guard let room = try store.pinnedRoom(ops), let view = try store.roomView(of: room, judge: judge) else {
                    return nil
                }
                return (view.policy, view.leaves.count)
            }
            let (policy, leaves) = try #require(view)
            #expect(policy.group.incarnation == 1 && leaves == 1)
            #expect(policy.previous?.incarnation == 0)
            guard case .room(let room) = policy.kind else { throw TestFailure("no room") }
            #expect(room.access == .open && room.adders == .members)
            _ = try await alice.client().add([bob.name], to: ops)
            try await reads(bob, ops)
            #expect(try await told(bob).last == Told(.add, alice, added: [bob]))
        }
    }

    @Test func `who joins and comes back at once has come once`() async throws {
        try await withServer { server in
            let alice = try await Person.registered("alice", at: server)
            let bob = try await Person.registered("bob", at: server)
            let dev = try #require(RoomName("dev"))
            try await alice.client().createRoom(dev, access: .open)
            try await bob.client().joinRoom(dev)
            #expect(try await told(bob) == [Told(.join, bob, added: [bob])])
            try await reads(alice, dev)
            #expect(try await told(alice) == [Told(.join, bob, added: [bob])])
            // In an open room who has left is removed with others, after a while: until then it is the same member.
            try await bob.client().leaveRoom(dev)
            try await bob.client().joinRoom(dev)
            try await reads(alice, dev)
            #expect(try await told(alice) == [Told(.join, bob, added: [bob])])
        }
    }

    @Test func `a device that was let in later comes into the rooms of its account, and is told as that`() async throws
    {
        try await withServer { server in
            let alice = try await Person.registered("alice", at: server)
            let bob = try await Person.registered("bob", at: server)
            let ops = try #require(RoomName("ops"))
            try await alice.client().createRoom(ops, access: .closed)
            _ = try await alice.client().add([bob.name], to: ops)
            try await reads(bob, ops)
            let phone = try Person("bob", at: server.address)
            _ = try await phone.joins(bob)
            let client = try phone.client()
            let (link, welcome) = try await client.loggedInLink()
            await client.attendant.enterMissing(on: link, welcome)
            #expect(try await told(phone) == [Told(.join, bob, added: [bob])])
            try await reads(alice, ops)
            let notice = try await alice.client().withStore { store in
                let reader = try #require(try store.itemReader())
                return try store.memberChanges(after: 0, limit: 64, reader: reader).last?.notice
            }
            #expect(notice?.how == .join && notice?.added.map(\.hasOthers) == [true])
            // What it has is not entered again.
            await client.attendant.enterMissing(on: link, welcome)
            #expect(try await told(phone).count == 1)
        }
    }

    @Test func `a device that was let in later comes into all conversations of its account, newest first`() async throws
    {
        try await withServer { server in
            let alice = try await Person.registered("alice", at: server)
            let bob = try await Person.registered("bob", at: server)
            var written: [ConversationID] = []
            func notes(_ conversation: ConversationName, by person: Person, _ found: () async throws -> ConversationID?)
                async throws
            {
                let sent = try await person.client().send(
                    [OutgoingMessage(conversation: conversation, body: "hi")],
                    options: SendOptions(timeout: .patience))
                #expect(sent.allSatisfy { $0.problem == nil })
                written.append(try #require(try await found()))
            }
            for name in ["z", "a"].compactMap({ RoomName($0) }) {
                try await bob.client().createRoom(name, access: .closed)
            }
            for (room, other) in [("z", "carol"), ("a", "alice")] {
                let name = try #require(RoomName(room))
                try await notes(.room(name.spoken), by: bob) {
                    try await bob.client().withStore { try $0.pinnedRoom(name) }
                }
                let person = other == "alice" ? alice : try await Person.registered(other, at: server)
                try await person.client().leavesPackages()
                try await notes(.user(bob.name), by: person) {
                    try await person.client().withStore { try $0.conversation(with: bob.name) }
                }
            }
            let phone = try Person("bob", at: server.address)
            _ = try await phone.joins(bob)
            let told = HostileServer { [$0] }
            let client = try phone.client(line: { told.line($0) })
            let (link, welcome) = try await client.loggedInLink()
            await client.attendant.enterMissing(on: link, welcome)
            // The server lets a device come in once a second: it is told so, and says it again.
            var entered: [ConversationID] = []
            for commit in told.bodies(ChatProtocol.Commit.self) where entered.last != commit.conversation {
                entered.append(commit.conversation)
            }
            #expect(entered.filter(written.contains) == written.reversed())
        }
    }

    @Test func `what was written to last is entered first, and else in the order given`() {
        let groups = ([5, 0, 9, 5, 7] as [Timestamp]).enumerated().map { number, time in
            MissingGroup(lastTime: time, way: .direct(ConversationID(high: 0, low: UInt64(number))))
        }
        #expect(MissingGroup.newestFirst(groups) == [2, 4, 0, 3, 1].map { groups[$0] })
    }

    @Test func `a change waits until what stands before it in the log has its place`() async throws {
        try await withServer { server in
            let alice = try await Person.registered("alice", at: server)
            let bob = try await Person.registered("bob", at: server)
            let dev = try #require(RoomName("dev"))
            try await alice.client().createRoom(dev, access: .open)
            try await bob.client().joinRoom(dev)
            let room = try await alice.client().withStore { try $0.pinnedRoom(dev) }
            let conversation = try #require(room)
            try await reads(alice, dev)
            try await alice.client().withStore { store in
                try store.database.run(
                    """
                    INSERT INTO entries(conversation, seq, id, sender, device, time, sent, body, auto, shown, payload_kind)
                    SELECT number, 1, x'01', x'02', x'03', 5, 5, 'replayed', 0, 0, 1 FROM conversations WHERE id = ?
                    """, conversation)
            }
            #expect(try await told(alice).isEmpty)
            try await alice.client().withStore { store in
                try store.database.run("UPDATE entries SET position = 9 WHERE body = 'replayed'")
                let reader = try #require(try store.itemReader())
                #expect(try store.memberChanges(after: 0, limit: 9, reader: reader).map(\.behind) == [9])
            }
        }
    }
}
