import CLISupport
import ChatProtocol
import GroupRules
import TestSupport
import Testing

@testable import ChatClient

/// Alice makes the room, and carol is in it; then the server is restored.
struct RestoredRoomScene {
    let server: TestServer
    let alice: Person
    let carol: Person
    let ops: RoomName

    init(_ server: TestServer) async throws {
        self.server = server
        alice = try await Person.registered("alice", at: server)
        carol = try await Person.registered("carol", at: server)
        for person in [alice, carol] { try await person.client().leavesPackages() }
        ops = try #require(RoomName("ops"))
    }

    func restored(after change: () async throws -> Void) async throws {
        try await server.isRestored(after: change)
    }

    /// The room is there, both are in it, and have written.
    func talks(access: GroupPolicy.Access) async throws {
        try await alice.client().createRoom(ops, access: access)
        if access == .closed { try await adds() } else { try await carol.client().joinRoom(ops) }
        try await expectTalk()
    }

    func adds() async throws {
        let changes = try await alice.client().add([carol.name], to: ops)
        #expect(changes.map { $0.problem?.code } == [nil])
    }

    /// Many epochs later.
    func ages() async throws {
        for adders in [GroupPolicy.Adders.members, .admins, .members, .admins] {
            try await alice.client().setRoom(ops, access: nil, adders: adders)
        }
        _ = try await HostileScene.read(carol)
    }

    func write(_ body: String, from person: Person) async throws -> String? {
        try await refusal(of: body, from: person)?.code
    }

    func refusal(of body: String, from person: Person) async throws -> Problem? {
        let message = OutgoingMessage(conversation: .room(ops.spoken), body: body)
        return try await person.client().send([message]).first?.problem
    }

    func expectTalk() async throws {
        for (one, other) in [(alice, carol), (carol, alice)] {
            let body = "from \(one.name)"
            #expect(try await write(body, from: one) == nil)
            #expect(HostileScene.messages(try await HostileScene.read(other)).last == body)
        }
    }
}
