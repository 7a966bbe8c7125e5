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
            let alice = try await Person.registered("alice", at: server)
            let bob = try await Person.registered("bob", at: server)
            let ops = try #require(RoomName("ops"))
            let client = try alice.client()
            try await client.createRoom(ops, access: .closed)
            var written: [String] = []
            for number in 1...6 {
                #expect(try await client.add([bob.name], to: ops).map(\.problem) == [nil])
                try await bob.client().joinRoom(ops)
                let message = OutgoingMessage(conversation: .room(ops.spoken), body: "\(number)")
                #expect(await client.send([message]).map(\.problem) == [nil])
                written.append(message.body)
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
            let alice = try await Person.registered("alice", at: server)
            let bob = try await Person.registered("bob", at: server)
            let ops = try #require(RoomName("ops"))
            let client = try alice.client()
            try await client.createRoom(ops, access: .closed)
            #expect(try await client.add([bob.name], to: ops).map(\.problem) == [nil])
            try await bob.client().joinRoom(ops)
            #expect(try await client.remove([bob.name], from: ops).map(\.problem) == [nil])
            _ = try await HostileScene.read(bob)
            #expect(try await client.add([bob.name], to: ops).map(\.problem) == [nil])
            let message = OutgoingMessage(conversation: .room(ops.spoken), body: "between")
            #expect(await client.send([message]).map(\.problem) == [nil])
            try await leave(ops, bob)
            #expect(HostileScene.messages(try await HostileScene.read(bob)) == ["between"])
        }
    }

    private func leave(_ room: RoomName, _ person: Person, on wire: ProcessWire? = nil) async throws(Problem) {
        let client: Client
        do { client = try person.client { connection in wire.map { $0.line(connection) } ?? connection } } catch {
            throw Problem(.internalFault, "no client: \(error)")
        }
        try await client.leaveRoom(room)
    }
}
