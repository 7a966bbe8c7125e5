import ChatProtocol
import GroupRules
import SQLite
import TestSupport
import Testing

@testable import ChatClient

/// A key package whose use the server has not noted: it ended between the commit that added the device and that note.
@Suite(.endsWhatItStarts) struct UsedPackageTests {
    private func package(_ server: TestServer) async throws -> [UInt8]? {
        try await server.writing { try $0.first("SELECT package FROM key_claims") { $0.bytes(0) } }
    }

    @Test func `K1: a package whose use is not noted is not given once more`() async throws {
        try await withServer { server in
            let alice = try await Person.registered("alice", at: server)
            let bob = try await Person.registered("bob", at: server)
            for person in [alice, bob] { try await person.client().leavesPackages() }
            let ops = try #require(RoomName("ops"))
            try await alice.client().createRoom(ops, access: .closed)
            let adds = { () async throws in
                let changes = try await alice.client().add([bob.name], to: ops)
                #expect(changes.map { $0.problem?.code } == [nil])
            }
            let talks = { (body: String, person: Person) async throws in
                let message = OutgoingMessage(conversation: .room(ops.spoken), body: body)
                #expect(try await person.client().send([message]).map(\.problem) == [nil])
            }
            try await adds()
            let isNoted = try await eventually {
                try await server.writing {
                    try $0.first("SELECT count(*) FROM key_claims WHERE expires = 0") { $0.int(0) }
                } == 1
            }
            #expect(isNoted)
            try await server.writing { try $0.run("UPDATE key_claims SET expires = time + 3600000") }
            let used = try await package(server)
            try await talks("one", alice)
            #expect(HostileScene.messages(try await HostileScene.read(bob)) == ["one"])
            let removals = try await alice.client().remove([bob.name], from: ops)
            #expect(removals.map { $0.problem?.code } == [nil])
            _ = try await HostileScene.read(bob)

            try await adds()
            #expect(try await package(server) != used, "its private half is gone")
            try await talks("two", alice)
            #expect(HostileScene.messages(try await HostileScene.read(bob)).last == "two")
            try await talks("three", bob)
            #expect(HostileScene.messages(try await HostileScene.read(alice)).last == "three")
        }
    }
}
