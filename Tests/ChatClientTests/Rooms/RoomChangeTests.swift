import CLISupport
import ChatProtocol
import GroupRules
import MLS
import TestSupport
import Testing

@testable import ChatClient

/// Who is added to rooms, removed, and made admin, by way of a real server.
@Suite(.endsWhatItStarts) struct RoomChangeTests {
    private struct Scene {
        let server: TestServer
        let alice: Person
        let bob: Person
        let carol: Person
        let ops: RoomName

        init(_ server: TestServer, _ access: GroupPolicy.Access = .closed) async throws {
            self.server = server
            alice = try await Person.registered("alice", at: server)
            bob = try await Person.registered("bob", at: server)
            carol = try await Person.registered("carol", at: server)
            ops = try #require(RoomName("ops"))
            try await alice.client().createRoom(ops, access: access)
        }

        /// In what epoch somebody is there, after whatever there is was taken in.
        func enters(_ person: Person) async throws -> GroupMark {
            let client = try person.client()
            let link = try await client.loggedInLink().0
            let room = try await client.roomBook.open(ops, on: link)
            let joiner = try await client.joiner(on: link)
            _ = try await joiner.enter(room, as: .room(ops))
            return try await joiner.enter(room, as: .room(ops), after: .preconditionFailed)
        }

        func admins() async throws -> [UserName] {
            try await alice.client().rooms(all: false).first?.admins.sorted() ?? []
        }
    }

    private func codes(_ changes: [RoomChange]) -> [String?] { changes.map { $0.problem?.code } }

    @Test func `who is added enters by the Welcome, and sees the room from then on`() async throws {
        try await withServer { server in
            let scene = try await Scene(server)
            let changes = try await scene.alice.client().add([scene.bob.name, scene.carol.name], to: scene.ops)
            #expect(codes(changes) == [nil, nil] && changes.map(\.user) == [scene.bob.name, scene.carol.name])
            let mark = try await scene.enters(scene.alice)
            for person in [scene.bob, scene.carol] { #expect(try await scene.enters(person) == mark) }
            let people = try await scene.bob.client().members(of: scene.ops)
            #expect(people.map(\.user) == [scene.alice.name, scene.bob.name, scene.carol.name])
            #expect(people.map(\.devices.count) == [1, 1, 1])
            // Twice is once.
            #expect(codes(try await scene.alice.client().add([scene.bob.name], to: scene.ops)) == [nil])
            #expect(try await scene.enters(scene.alice) == mark)
        }
    }

    @Test func `a doctor knows how far rooms are, and which one this account is in no more`() async throws {
        try await withServer { server in
            let scene = try await Scene(server)
            #expect(codes(try await scene.alice.client().add([scene.bob.name], to: scene.ops)) == [nil])
            _ = try await scene.enters(scene.bob)
            let client = try scene.bob.client()
            let link = try await client.loggedInLink().0
            #expect(try await client.groupsCheck(on: link).status == .ok)
            #expect(codes(try await scene.alice.client().remove([scene.bob.name], from: scene.ops)) == [nil])
            let check = try await client.groupsCheck(on: link)
            #expect(check.status == .warning && check.text.contains("the server does not know 1"), "\(check.text)")
        }
    }

    enum Absence: CaseIterable, Sendable { case silent, withMessage, listening, leaving }

    @Test(arguments: Absence.allCases)
    func `who was removed and is added again reads what is written from then on, and is told that something was missed`(
        _ absence: Absence
    ) async throws {
        try await withServer { server in
            let scene = try await Scene(server)
            let (alice, bob) = (try scene.alice.client(), scene.bob)
            let room = ConversationName.room(scene.ops.spoken)
            let write = { (body: String) async in
                #expect(await alice.send([OutgoingMessage(conversation: room, body: body)]).map(\.problem) == [nil])
            }
            #expect(codes(try await alice.add([bob.name], to: scene.ops)) == [nil])
            await write("a")
            #expect(try await HostileScene.read(bob) == ["a"])
            if absence == .leaving {
                _ = try await bob.client().leaveRoom(scene.ops)
            } else {
                #expect(codes(try await alice.remove([bob.name], from: scene.ops)) == [nil])
            }
            if absence != .silent { await write("b") }
            if absence == .listening { #expect(try await HostileScene.read(bob) == ["a"]) }
            #expect(codes(try await alice.add([bob.name], to: scene.ops)) == [nil])
            await write("d")
            let seen = try await HostileScene.read(bob)
            #expect(HostileScene.messages(seen) == ["a", "d"], "\(seen)")
            #expect(seen.filter { $0.hasPrefix("gap") }.allSatisfy { $0.hasPrefix("gap before_join") }, "\(seen)")
            #expect(absence == .silent || seen.count == 3, "\(seen)")
            let sent = await (try bob.client()).send([OutgoingMessage(conversation: room, body: "e")])
            #expect(sent.map(\.problem) == [nil])
            await write("f")
            #expect(try await HostileScene.read(bob) == seen + ["e", "f"])
            #expect(HostileScene.messages(try await HostileScene.read(scene.alice)).suffix(3) == ["d", "e", "f"])
        }
    }

    @Test func `who was added, removed and added again before they came is told of nothing that was restored`()
        async throws
    {
        try await withServer { server in
            let scene = try await Scene(server)
            let alice = try scene.alice.client()
            #expect(codes(try await alice.add([scene.bob.name], to: scene.ops)) == [nil])
            #expect(codes(try await alice.remove([scene.bob.name], from: scene.ops)) == [nil])
            #expect(codes(try await alice.add([scene.bob.name], to: scene.ops)) == [nil])
            let message = OutgoingMessage(conversation: .room(scene.ops.spoken), body: "c")
            #expect(await alice.send([message]).map(\.problem) == [nil])
            let seen = try await HostileScene.read(scene.bob)
            #expect(HostileScene.messages(seen) == ["c"])
            #expect(seen.dropLast().allSatisfy { $0.hasPrefix("gap before_join") }, "\(seen)")
        }
    }

    @Test(arguments: [false, true])
    func `who was added, removed and added again while away enters by the last Welcome`(listens: Bool) async throws {
        try await withServer { server in
            let scene = try await Scene(server)
            let alice = try scene.alice.client()
            for round in 0..<3 {
                #expect(codes(try await alice.add([scene.bob.name], to: scene.ops)) == [nil])
                if round < 2 { _ = try await alice.remove([scene.bob.name], from: scene.ops) }
            }
            let message = OutgoingMessage(conversation: .room(scene.ops.spoken), body: "hello")
            #expect(await alice.send([message]).map(\.status) == [.accepted])
            let bob = try scene.bob.client()
            if listens {
                let listener = try await bob.listen(ListenOptions())
                #expect(try await listener.nextMessage()?.body == "hello")
            }
            let answer = OutgoingMessage(conversation: .room(scene.ops.spoken), body: "here")
            #expect(await bob.send([answer]).map(\.status) == [.accepted])
            let mark = try await scene.enters(scene.alice)
            #expect(try await scene.enters(scene.bob) == mark)
        }
    }

    @Test(arguments: [GroupPolicy.Access.closed, .open])
    func `who has just left is added again at once`(access: GroupPolicy.Access) async throws {
        try await withServer { server in
            let scene = try await Scene(server, access)
            let room = ConversationName.room(scene.ops.spoken)
            let alice = try scene.alice.client()
            for round in 0..<3 {
                #expect(codes(try await alice.add([scene.bob.name, scene.carol.name], to: scene.ops)) == [nil, nil])
                let message = OutgoingMessage(conversation: room, body: "\(round)")
                // Who writes now carries out what is due: nothing of it is about the new leaves.
                #expect(await alice.send([message]).map(\.status) == [.accepted])
                #expect(try await scene.bob.client().send([message]).map(\.status) == [.accepted])
                #expect(try await scene.bob.client().members(of: scene.ops).count == 3)
                try await scene.bob.client().leaveRoom(scene.ops)
                // Whom the server does not tell, and who is in the group still, has a name all the same.
                #expect(try await alice.members(of: scene.ops).allSatisfy { !$0.displayName.isEmpty })
            }
        }
    }

    @Test(arguments: [1, 20])
    func `who is removed and added again while away has all of what was written to them, and goes on`(
        times: Int
    ) async throws {
        try await withServer { server in
            let scene = try await Scene(server)
            let (alice, room) = (try scene.alice.client(), ConversationName.room(scene.ops.spoken))
            #expect(codes(try await alice.add([scene.bob.name], to: scene.ops)) == [nil])
            // He is in it, and goes.
            try await scene.bob.client().sync()
            for round in 0..<times {
                for body in ["for bob \(round)", "not for bob"] {
                    let message = OutgoingMessage(conversation: room, body: body)
                    #expect(await alice.send([message]).map(\.status) == [.accepted])
                    guard body != "not for bob" else { continue }
                    #expect(codes(try await alice.remove([scene.bob.name], from: scene.ops)) == [nil])
                }
                #expect(codes(try await alice.add([scene.bob.name], to: scene.ops)) == [nil])
            }
            let message = OutgoingMessage(conversation: room, body: "end")
            #expect(await alice.send([message]).map(\.status) == [.accepted])
            let bob = try scene.bob.client()
            try await bob.sync()
            let items = try await bob.history(HistoryQuery(conversation: room, limit: 100))
            let bodies = items.compactMap { if case .message(let message) = $0 { message.body } else { nil } }
            #expect(bodies == (0..<times).map { "for bob \($0)" } + ["end"])
            let gaps = items.compactMap { if case .gap(let gap) = $0 { gap.reason } else { nil } }
            #expect(gaps.allSatisfy { $0 == .beforeJoin })
            let answer = OutgoingMessage(conversation: room, body: "here")
            #expect(await bob.send([answer]).map(\.status) == [.accepted])
            #expect(try await scene.enters(scene.bob) == scene.enters(scene.alice))
        }
    }

    @Test func `who was added and removed while away, and is in it no more, reads what was written to them`()
        async throws
    {
        try await withServer { server in
            let scene = try await Scene(server)
            let (alice, room) = (try scene.alice.client(), ConversationName.room(scene.ops.spoken))
            for round in 0..<4 {
                #expect(codes(try await alice.add([scene.bob.name], to: scene.ops)) == [nil])
                for body in ["for bob \(round)", "not for bob"] {
                    let message = OutgoingMessage(conversation: room, body: body)
                    #expect(await alice.send([message]).map(\.status) == [.accepted])
                    guard body != "not for bob" else { continue }
                    #expect(codes(try await alice.remove([scene.bob.name], from: scene.ops)) == [nil])
                }
            }
            let bob = try scene.bob.client()
            try await bob.sync()
            let items = try await bob.history(HistoryQuery(conversation: room, limit: 100))
            let bodies = items.compactMap { if case .message(let message) = $0 { message.body } else { nil } }
            #expect(bodies == (0..<4).map { "for bob \($0)" })
            let gaps = items.compactMap { if case .gap(let gap) = $0 { gap.reason } else { nil } }
            #expect(gaps.allSatisfy { $0 == .beforeJoin })
        }
    }

    @Test func `S4: whom a restore brings back into a closed room nobody writes to before they are removed again`()
        async throws
    {
        try await withServer { server in
            let scene = try await Scene(server)
            let (bob, carol) = (scene.bob.name, scene.carol.name)
            #expect(codes(try await scene.alice.client().add([bob, carol], to: scene.ops)) == [nil, nil])
            for person in [scene.alice, scene.bob, scene.carol] { _ = try await scene.enters(person) }
            await server.stop()
            try server.copyStore()
            try await server.startAgain()
            #expect(codes(try await scene.alice.client().remove([carol], from: scene.ops)) == [nil])
            _ = try await scene.enters(scene.bob)
            await server.stop()
            try server.restoreStore()
            try await server.startAgain()
            let message = OutgoingMessage(conversation: .room(scene.ops.spoken), body: "not for carol")
            let refused = try await scene.alice.client().send([message])
            #expect(refused.map { $0.problem?.code } == ["restored_member"])
            #expect(codes(try await scene.alice.client().remove([carol], from: scene.ops)) == [nil])
            #expect(try await scene.alice.client().send([message]).map(\.status) == [.accepted])
            // Bob, who was further, comes back over his own leaf.
            let back = try await scene.enters(scene.bob)
            #expect(try await scene.enters(scene.alice) == back)
            #expect(try await scene.bob.client().send([message]).map(\.status) == [.accepted])
            // Whoever is wanted there is added again.
            #expect(codes(try await scene.alice.client().add([carol], to: scene.ops)) == [nil])
            #expect(try await scene.alice.client().send([message]).map(\.status) == [.accepted])
        }
    }

    @Test func `of several those are added who can be, and each other one has its reason`() async throws {
        try await withServer { server in
            let scene = try await Scene(server)
            let nobody = try #require(UserName("nobody"))
            // Bob's key is another one than somebody has compared.
            let other = try #require(AccountFingerprint("acct1:" + String(repeating: "a", count: 52)))
            #expect(try await scene.alice.client().verifyKeys([(user: scene.bob.name, fingerprint: other)]).isEmpty)
            let changes = try await scene.alice.client().add(
                [nobody, scene.bob.name, scene.carol.name], to: scene.ops)
            #expect(codes(changes) == ["no_such_user", "key_changed", nil])
            #expect(changes.compactMap { $0.problem?.exit } == [.unknownName, .untrusted])
            let people = try await scene.alice.client().members(of: scene.ops)
            #expect(people.map(\.user) == [scene.alice.name, scene.carol.name])
        }
    }

    @Test func `J5: members add where the policy lets them, and else are told whom to ask`() async throws {
        try await withServer { server in
            let scene = try await Scene(server)
            _ = try await scene.alice.client().add([scene.bob.name], to: scene.ops)
            await expectRefusal(.refused, "forbidden") {
                _ = try await scene.bob.client().add([scene.carol.name], to: scene.ops)
            }
            await expectRefusal(.refused, "forbidden") {
                try await scene.bob.client().setRoom(scene.ops, access: .open, adders: nil)
            }
            await expectRefusal(.refused, "not_a_member") {
                _ = try await scene.carol.client().add([scene.carol.name], to: scene.ops)
            }
            try await scene.alice.client().setRoom(scene.ops, access: nil, adders: .members)
            #expect(codes(try await scene.bob.client().add([scene.carol.name], to: scene.ops)) == [nil])
            #expect(try await scene.enters(scene.carol) == scene.enters(scene.alice))
        }
    }

    @Test func `who is removed is in it no more, and who is not there is not removed`() async throws {
        try await withServer { server in
            let scene = try await Scene(server)
            _ = try await scene.alice.client().add([scene.bob.name], to: scene.ops)
            _ = try await scene.enters(scene.bob)
            let changes = try await scene.alice.client().remove([scene.bob.name, scene.carol.name], from: scene.ops)
            #expect(codes(changes) == [nil, "not_a_member"])
            #expect(try await scene.alice.client().members(of: scene.ops).map(\.user) == [scene.alice.name])
            await expectRefusal(.refused, "not_a_member") { _ = try await scene.enters(scene.bob) }
            await expectRefusal(.refused, "forbidden") {
                let own = try await scene.alice.client().remove([scene.alice.name], from: scene.ops)
                if let problem = own.first?.problem { throw problem }
            }
        }
    }

    @Test func `J4: admins make others admins and take it back, and one remains`() async throws {
        try await withServer { server in
            let scene = try await Scene(server)
            let (alice, bob) = (scene.alice, scene.bob)
            _ = try await alice.client().add([bob.name], to: scene.ops)
            await expectRefusal(.refused, "forbidden") {
                _ = try await alice.client().setAdmins([alice.name], of: scene.ops, to: false)
            }
            let made = try await alice.client().setAdmins([bob.name, scene.carol.name], of: scene.ops, to: true)
            #expect(codes(made) == [nil, "not_a_member"])
            #expect(try await scene.admins() == [alice.name, bob.name])
            #expect(codes(try await bob.client().setAdmins([alice.name], of: scene.ops, to: false)) == [nil])
            #expect(try await scene.admins() == [bob.name])
            await expectRefusal(.refused, "forbidden") {
                _ = try await alice.client().remove([bob.name], from: scene.ops)
            }
        }
    }

    @Test func `a room is opened and closed, and who was in it stays`() async throws {
        try await withServer { server in
            let scene = try await Scene(server)
            await expectRefusal(.refused, "not_a_member") { try await scene.bob.client().joinRoom(scene.ops) }
            try await scene.alice.client().setRoom(scene.ops, access: .open, adders: nil)
            try await scene.bob.client().joinRoom(scene.ops)
            try await scene.alice.client().setRoom(scene.ops, access: .closed, adders: nil)
            await expectRefusal(.refused, "not_a_member") { try await scene.carol.client().joinRoom(scene.ops) }
            #expect(try await scene.enters(scene.bob) == scene.enters(scene.alice))
            #expect(try await scene.alice.client().members(of: scene.ops).count == 2)
        }
    }
}
