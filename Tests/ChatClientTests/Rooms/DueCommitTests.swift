import CLISupport
import ChatProtocol
import GroupRules
import TestSupport
import Testing

@testable import ChatClient

/// What a command that does not stay commits for others.
@Suite(.endsWhatItStarts) struct DueCommitTests {
    /// - Parameter isOther: the server asks for it where nothing was written.
    @Test(arguments: [false, true])
    func `R1, E8: a command commits behind its message where the server asks it to, and nowhere else`(
        isOther: Bool
    ) async throws {
        try await withServer { server in
            let alice = try await Person.registered("alice", at: server)
            let bob = try await Person.registered("bob", at: server)
            let names = ["ops", "dev"].compactMap { RoomName($0) }
            for name in names {
                try await alice.client().createRoom(name, access: .open)
                try await bob.client().joinRoom(name)
            }
            let rooms = try await alice.client().withStore { store in try names.map { try store.pinnedRoom($0) } }
            let wanted = try #require(rooms[isOther ? 1 : 0])
            let lie = HostileServer { frame in
                guard frame.frameKind == .appended else { return [frame] }
                let position = ConversationPosition(generation: StoreGeneration(high: 8, low: 8), epoch: 1)
                return [CommitWanted(conversation: wanted, position: position).frame(), frame]
            }
            let client = try alice.client(line: { lie.line($0) })
            let message = OutgoingMessage(conversation: .room(names[0].spoken), body: "on")
            #expect(await client.send([message]).map(\.problem) == [nil])
            #expect(lie.bodies(ChatProtocol.Commit.self).isEmpty, "the message goes first")
            await client.settle()
            #expect(lie.bodies(ChatProtocol.Commit.self).map(\.conversation) == (isOther ? [] : [wanted]))
        }
    }
}
