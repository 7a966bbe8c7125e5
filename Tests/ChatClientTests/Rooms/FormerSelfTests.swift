import CLISupport
import ChatProtocol
import GroupRules
import TestSupport
import Testing

@testable import ChatClient

/// Who has begun the account anew, and comes to an open group in which its former devices are.
@Suite(.endsWhatItStarts) struct FormerSelfTests {
    private static func room(_ name: String) throws -> RoomName { try #require(RoomName(name)) }

    private func beginsAnew(_ person: Person, at server: TestServer) async throws -> Person {
        let fresh = try Person(person.name.text, at: server.address)
        _ = try await fresh.client().login(
            user: person.name, password: Person.password, deviceName: "new",
            wish: LoginWish(confirmReset: { _ in true }))
        return fresh
    }

    private func expectOpenedByOthers(_ room: RoomName, _ body: () async throws -> Void) async {
        do {
            try await body()
            Issue.record("it is in it")
        } catch {
            let problem = error as? Problem
            #expect(problem?.code == "forbidden", "\(error)")
            #expect(problem?.advice == .openRoomToFormer(room.text))
        }
    }

    /// Somebody else comes in and writes, and removes the former devices by that.
    private func isLetIn(_ fresh: Person, to room: RoomName, by other: Person) async throws -> Bool {
        try await other.client().joinRoom(room)
        return try await eventually {
            let client = try other.client()
            _ = await client.send([OutgoingMessage(conversation: .room(room.spoken), body: "here")])
            await client.settle()
            return (try? await fresh.client().joinRoom(room)) != nil
        }
    }

    @Test func `who has begun the account anew and was alone in an open room is told what opens it, and that does`()
        async throws
    {
        try await withServer({ $0.gathering = .milliseconds(20) }) { server in
            let alice = try await Person.registered("alice", at: server)
            let bob = try await Person.registered("bob", at: server)
            let (ops, dev) = (try Self.room("ops"), try Self.room("dev"))
            for room in [ops, dev] { try await bob.client().createRoom(room, access: .open) }
            let fresh = try await beginsAnew(bob, at: server)
            for room in [ops, dev] {
                await expectOpenedByOthers(room) { try await fresh.client().joinRoom(room) }
                await expectOpenedByOthers(room) { try await fresh.client().createRoom(room, access: .open) }
            }
            #expect(try await isLetIn(fresh, to: ops, by: alice))
            // The name is free.
            try await server.administer(.removeRoom(dev))
            try await fresh.client().createRoom(dev, access: .open)
            #expect(try await fresh.client().rooms(all: false).map(\.name) == [dev, ops])
        }
    }

    /// Why nobody of the others can remove anybody.
    enum Absence: CaseIterable { case isLoggedOut, isBegunAnew, isDisabled }

    @Test(arguments: Absence.allCases)
    func `who has begun the account anew is told what opens a room where others have no device left, and that does`(
        absence: Absence
    ) async throws {
        try await withServer({ $0.gathering = .milliseconds(20) }) { server in
            let alice = try await Person.registered("alice", at: server)
            let bob = try await Person.registered("bob", at: server)
            let ops = try Self.room("ops")
            try await alice.client().createRoom(ops, access: .open)
            try await bob.client().joinRoom(ops)
            let fresh = try await beginsAnew(bob, at: server)
            // She could let him in, where she comes by.
            await expectRefusal(.temporary, "removal_pending") { try await fresh.client().joinRoom(ops) }
            switch absence {
            case .isBegunAnew:
                let other = try await beginsAnew(alice, at: server)
                await expectOpenedByOthers(ops) { try await other.client().joinRoom(ops) }
            case .isLoggedOut: _ = try await alice.client().logout(forget: false, force: true)
            case .isDisabled: try await server.administer(.setFlag(alice.name, .disabled, isOn: true))
            }
            await expectOpenedByOthers(ops) { try await fresh.client().joinRoom(ops) }
            let carol = try await Person.registered("carol", at: server)
            #expect(try await isLetIn(fresh, to: ops, by: carol))
        }
    }

    @Test(arguments: [Absence.isLoggedOut, .isDisabled])
    func `who has begun the account anew goes on with everyone where others have no device left`(
        absence: Absence
    ) async throws {
        try await withServer({ $0.gathering = .milliseconds(20) }) { server in
            let alice = try await Person.registered("alice", at: server)
            let bob = try await Person.registered("bob", at: server)
            let toAll = OutgoingMessage(conversation: .everyone, body: "here")
            for person in [alice, bob] { #expect(try await person.client().send([toAll])[0].problem == nil) }
            if absence == .isDisabled {
                try await server.administer(.setFlag(alice.name, .disabled, isOn: true))
            } else {
                _ = try await alice.client().logout(forget: false, force: true)
            }
            let fresh = try await beginsAnew(bob, at: server)
            #expect(try await fresh.client().send([toAll])[0].problem == nil)
        }
    }
}
