import CLISupport
import ChatProtocol
import GroupRules
import TestSupport
import Testing

@testable import ChatClient

/// What people do with rooms, by way of a real server.
@Suite(.endsWhatItStarts) struct RoomLawTests {
    private static func ops() throws -> RoomName { try #require(RoomName("ops")) }

    @Test func `a room is made once, by an account that is then its admin and alone in it`() async throws {
        try await withServer { server in
            let alice = try await Person.registered("alice", at: server)
            let bob = try await Person.registered("bob", at: server)
            let ops = try Self.ops()
            try await alice.client().createRoom(ops, access: .closed)
            let rooms = try await alice.client().rooms(all: false)
            #expect(rooms.map(\.name) == [ops] && rooms.first?.access == .closed && rooms.first?.members == 1)
            #expect(rooms.first?.admins == [alice.name] && rooms.first?.isMember == true)
            let people = try await alice.client().members(of: ops)
            #expect(people.map(\.user) == [alice.name] && people.first?.isAdmin == true && people.first?.isOwn == true)
            #expect(people.first?.devices.map(\.isKnown) == [true])
            for person in [alice, bob] {
                await expectRefusal(.refused, "name_taken") {
                    try await person.client().createRoom(ops, access: .open)
                }
            }
            #expect(try await bob.client().rooms(all: true).isEmpty)
            #expect(try await alice.client().completionRooms() == [ops])
            #expect(try await bob.client().completionRooms().isEmpty)
        }
    }

    @Test func `who is not in a room is told whom to ask, and that there is none by its own code`() async throws {
        try await withServer { server in
            let alice = try await Person.registered("alice", at: server)
            let bob = try await Person.registered("bob", at: server)
            let (ops, none) = (try Self.ops(), try #require(RoomName("none")))
            try await alice.client().createRoom(ops, access: .closed)
            let client = try bob.client()
            for body in [
                client.joinRoom, { _ = try await client.members(of: $0) }, { _ = try await client.leaveRoom($0) },
            ] {
                await expectRefusal(.refused, "not_a_member") { try await body(ops) }
                await expectRefusal(.unknownName, "no_such_room") { try await body(none) }
            }
            do throws(Problem) { try await client.joinRoom(ops) } catch {
                #expect(error.advice == .askToBeAdded(room: "ops", admins: ["alice"]))
                #expect(error.conversation == "#ops" && error.sent == .no)
            }
            await expectRefusal(.unknownName, "no_such_room") { try await client.forgetRoom(ops) }
        }
    }

    @Test func `an open room is joined and left and joined again`() async throws {
        try await withServer { server in
            let alice = try await Person.registered("alice", at: server)
            let bob = try await Person.registered("bob", at: server)
            let ops = try Self.ops()
            try await alice.client().createRoom(ops, access: .open)
            let listed = try await bob.client().rooms(all: true)
            #expect(listed.map(\.isMember) == [false] && listed.first?.access == .open)
            try await bob.client().joinRoom(ops)
            // Twice is once.
            try await bob.client().joinRoom(ops)
            let people = try await bob.client().members(of: ops)
            #expect(people.map(\.user) == [alice.name, bob.name] && people.map(\.isAdmin) == [true, false])
            #expect(people.map(\.devices.count) == [1, 1])
            await expectRefusal(.refused, "forbidden") { try await bob.client().forgetRoom(ops) }
            try await bob.client().leaveRoom(ops)
            await expectRefusal(.refused, "not_a_member") { try await bob.client().leaveRoom(ops) }
            #expect(try await bob.client().rooms(all: false).isEmpty)
            #expect(try await alice.client().members(of: ops).count { $0.user == bob.name && $0.isOwn } == 0)
            try await bob.client().joinRoom(ops)
            #expect(try await bob.client().rooms(all: false).map(\.name) == [ops])
            #expect(try await bob.client().members(of: ops).map(\.devices.count) == [1, 1])
        }
    }

    @Test func `a room that was left may be forgotten, and its name used of another one`() async throws {
        try await withServer { server in
            let alice = try await Person.registered("alice", at: server)
            let ops = try Self.ops()
            let client = try alice.client()
            try await client.createRoom(ops, access: .open)
            let room = try await client.withStore { try $0.pinnedRoom(ops) }
            // As if the server had given the name to another room since.
            let other = ConversationID(high: 6, low: 6)
            try await client.withStore { store in
                try store.write {
                    _ = try store.forgetRoom(ops)
                    try store.useRoom(ops, other, now: 1)
                }
            }
            await expectRefusal(.untrusted, "room_changed") { try await client.joinRoom(ops) }
            await expectRefusal(.untrusted, "room_changed") { _ = try await client.members(of: ops) }
            #expect(try await client.rooms(all: false).map(\.isChanged) == [true])
            try await client.forgetRoom(ops)
            try await client.joinRoom(ops)
            #expect(try await client.withStore { try $0.pinnedRoom(ops) } == room)
        }
    }

    @Test func `who has begun the account anew is told whom to ask to be added to a closed room`() async throws {
        try await withServer { server in
            let alice = try await Person.registered("alice", at: server)
            let bob = try await Person.registered("bob", at: server)
            let ops = try Self.ops()
            try await alice.client().createRoom(ops, access: .closed)
            #expect(try await alice.client().add([bob.name], to: ops).map(\.problem) == [nil])
            let fresh = try Person("bob", at: server.address)
            _ = try await fresh.client().login(
                user: bob.name, password: Person.password, deviceName: "new",
                wish: LoginWish(confirmReset: { _ in true }))
            do {
                try await fresh.client().joinRoom(ops)
                Issue.record("it is in it")
            } catch let error as Problem {
                #expect(error.code == "not_a_member")
                #expect(error.advice == .askToBeAdded(room: "ops", admins: ["alice"]))
            }
        }
    }
}
