import CLISupport
import ChatProtocol
import GroupRules
import TestSupport
import Testing

@testable import ChatClient

/// What is left of a room to who leaves it.
@Suite(.endsWhatItStarts) struct LeavingTests {
    @Test(arguments: [false, true])
    func `who leaves has what was written before, whatever is lost on the way`(
        isAnswer: Bool
    ) async throws {
        try await withServer { server in
            let (alice, bob, ops) = try await Self.scene(server)
            let client = try alice.client()
            try await client.createRoom(ops, access: .closed)
            var written: [String] = []
            for number in 1...6 {
                #expect(try await client.add([bob.name], to: ops).map(\.problem) == [nil])
                try await bob.client().joinRoom(ops)
                try await write("\(number)", ops, by: client)
                written.append("\(number)")
                let wire = ProcessWire(
                    losing: isAnswer ? .answer(number) : .request(number), isHolding: false, life: ServerLife())
                do throws(Problem) { try await leave(ops, bob, on: wire) } catch {
                    #expect(error.exit == .unreachable, "\(number): \(error.text)")
                    // It has left where only the answer was lost.
                    do throws(Problem) { try await leave(ops, bob) } catch { #expect(error.code == "not_a_member") }
                }
                let seen = HostileScene.messages(try await HostileScene.read(bob))
                #expect(seen == written, "\(number)")
                #expect(try await bob.client().rooms(all: false).isEmpty)
            }
        }
    }

    @Test func `who is added again, and leaves before it has come in, has what was written between`() async throws {
        try await withServer { server in
            let (alice, bob, ops) = try await Self.scene(server)
            let client = try alice.client()
            try await comesIn(bob, alice, ops, access: .closed)
            #expect(try await client.remove([bob.name], from: ops).map(\.problem) == [nil])
            _ = try await HostileScene.read(bob)
            #expect(try await client.add([bob.name], to: ops).map(\.problem) == [nil])
            try await write("between", ops, by: client)
            try await leave(ops, bob)
            #expect(HostileScene.messages(try await HostileScene.read(bob)) == ["between"])
        }
    }

    @Test(arguments: [false, true])
    func `who was removed, and asks to come in again, has what was written before`(isOpen: Bool) async throws {
        try await withServer { server in
            let (alice, bob, ops) = try await Self.scene(server)
            try await addedAndRemoved(bob, alice, ops, access: isOpen ? .open : .closed)
            do { try await bob.client().joinRoom(ops) } catch let error as Problem {
                #expect(error.code == "not_a_member" && !isOpen, "\(error.code): \(error.text)")
            }
            #expect(HostileScene.messages(try await HostileScene.read(bob)) == ["first", "second"])
        }
    }

    @Test func `who was removed, and forgets the room, has what was written before`() async throws {
        try await withServer { server in
            let (alice, bob, ops) = try await Self.scene(server)
            try await addedAndRemoved(bob, alice, ops, access: .closed)
            try await bob.client().forgetRoom(ops)
            #expect(HostileScene.messages(try await HostileScene.read(bob)) == ["first", "second"])
        }
    }

    @Test func `who makes a room under the name of one that has ended has what was written there`() async throws {
        try await withServer { server in
            let (alice, bob, ops) = try await Self.scene(server)
            try await addedAndRemoved(bob, alice, ops, access: .closed)
            try await server.administer(.removeRoom(ops))
            try await bob.client().createRoom(ops, access: .closed)
            #expect(HostileScene.messages(try await HostileScene.read(bob)) == ["first", "second"])
        }
    }

    @Test func `who has left, and is added and removed again, has what was written between`() async throws {
        try await withServer { server in
            let (alice, bob, ops) = try await Self.scene(server)
            let client = try alice.client()
            try await comesIn(bob, alice, ops, access: .closed)
            try await leave(ops, bob)
            #expect(try await client.add([bob.name], to: ops).map(\.problem) == [nil])
            try await write("between", ops, by: client)
            #expect(try await client.remove([bob.name], from: ops).map(\.problem) == [nil])
            #expect(HostileScene.messages(try await HostileScene.read(bob)) == ["between"])
        }
    }

    @Test(arguments: [GroupPolicy.Access.open, .closed])
    func `who was removed is given the log up to there, and nothing of how it goes on`(
        access: GroupPolicy.Access
    ) async throws {
        try await withServer { server in
            let (alice, bob, ops) = try await Self.scene(server)
            let client = try alice.client()
            try await comesIn(bob, alice, ops, access: access)
            try await write("first", ops, by: client)
            #expect(try await client.remove([bob.name], from: ops).map(\.problem) == [nil])
            let reader = try bob.client()
            let link = try await reader.loggedInLink().0
            let room = try #require(try await reader.roomBook.record(ops, on: link)).conversation
            let end = try await link.readLog(of: room, after: 0)
            try await write("second", ops, by: client)
            for after in [SequenceNumber.beforeFirst, end.through, try #require(end.through.next)] {
                let page = try await link.readLog(of: room, after: after)
                #expect(page.standing.position.mark == .none && page.hash.isEmpty)
                #expect(page.entries.allSatisfy { $0.seq <= end.through })
                #expect(page.gaps.allSatisfy { $0.last <= end.through })
                #expect(page.standing.head <= max(after, end.through))
            }
            #expect(HostileScene.messages(try await HostileScene.read(bob)) == ["first"])
        }
    }

    @Test func `who leaves and comes in again by one device has the other come back, missing nothing`() async throws {
        try await withServer { server in
            let (alice, bob, ops) = try await Self.scene(server)
            let phone = try Person("alice", at: server.address)
            _ = try await phone.joins(alice)
            try await phone.client().leavesPackages()
            try await comesIn(bob, alice, ops, access: .closed)
            try await write("first", ops, by: try bob.client())
            try await leave(ops, alice)
            try await alice.client().joinRoom(ops)
            // Its leaf is to be removed, since its account had left.
            try await write("second", ops, by: try phone.client())
            #expect(HostileScene.messages(try await HostileScene.read(phone)) == ["first", "second"])
            let told = try await phone.client().withStore { store in
                try store.database.all("SELECT reason FROM gaps") { $0.text(0) }
            }
            #expect(told == ["resync"])
        }
    }

    private static func scene(_ server: TestServer) async throws -> (alice: Person, bob: Person, ops: RoomName) {
        let alice = try await Person.registered("alice", at: server)
        let bob = try await Person.registered("bob", at: server)
        return (alice, bob, try #require(RoomName("ops")))
    }

    /// Into a room that the admin makes.
    private func comesIn(
        _ person: Person, _ admin: Person, _ room: RoomName, access: GroupPolicy.Access
    ) async throws {
        let client = try admin.client()
        try await client.createRoom(room, access: access)
        #expect(try await client.add([person.name], to: room).map(\.problem) == [nil])
        try await person.client().joinRoom(room)
    }

    /// Twice, with a message each time; only the first time the device comes by in between.
    private func addedAndRemoved(
        _ person: Person, _ admin: Person, _ room: RoomName, access: GroupPolicy.Access
    ) async throws {
        let client = try admin.client()
        try await client.createRoom(room, access: access)
        for (number, message) in ["first", "second"].enumerated() {
            #expect(try await client.add([person.name], to: room).map(\.problem) == [nil])
            if number == 0 { try await person.client().joinRoom(room) }
            try await write(message, room, by: client)
            #expect(try await client.remove([person.name], from: room).map(\.problem) == [nil])
        }
    }

    private func write(_ body: String, _ room: RoomName, by client: Client) async throws {
        let message = OutgoingMessage(conversation: .room(room.spoken), body: body)
        #expect(await client.send([message]).map(\.problem) == [nil])
    }

    private func leave(_ room: RoomName, _ person: Person, on wire: ProcessWire? = nil) async throws(Problem) {
        let client: Client
        do { client = try person.client { connection in wire.map { $0.line(connection) } ?? connection } } catch {
            throw Problem(.internalFault, "no client: \(error)")
        }
        try await client.leaveRoom(room)
    }
}
