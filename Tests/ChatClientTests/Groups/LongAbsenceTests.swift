import CLISupport
import ChatProtocol
import GroupRules
import TestSupport
import Testing

@testable import ChatClient
@testable import ChatServer

/// Who was away for longer than the server keeps messages.
@Suite(.endsWhatItStarts) struct LongAbsenceTests {
    @Test(arguments: [false, true])
    func `E7: a gap that spans commits hides none of them`(listens: Bool) async throws {
        try await withServer { server in
            let alice = try await Person.registered("alice", at: server)
            let bob = try await Person.registered("bob", at: server)
            #expect(try await Joining(alice, with: bob).enter() == GroupMark(epoch: 1))
            #expect(try await Joining(bob, with: alice).enter() == GroupMark(epoch: 1))
            let writer = try await Joining(alice, with: bob)
            for number in 1...3 as ClosedRange<UInt64> {
                try await writer.writes("old", number)
                _ = try await writer.commit(.path(after: try await writer.leafKey()))
            }
            try await writer.writes("old", 4)
            try await server.writing { database in
                try database.execute(text: "DELETE FROM entries WHERE kind NOT IN (3, 4)")
                try database.execute(text: "UPDATE conversations SET message_first = head + 1")
            }
            // What it has in memory it delivers.
            await server.stop()
            try await server.startAgain()
            let (one, late) = (try await Joining(alice, with: bob), try await Joining(bob, with: alice))
            if listens { try await bob.client().sync(timeout: .patience) }
            #expect(try await late.enter(after: .preconditionFailed) == GroupMark(epoch: 4))
            let conversation = late.conversation
            #expect(try await late.client.withStore { try $0.resynced(in: conversation) } == nil)
            #expect(try await late.view().context == one.view().context)
            try await one.writes("new", 5)
            _ = try await late.enter(after: .preconditionFailed)
            #expect(try await late.bodies() == ["new"])
            let gaps = try await late.client.withStore { store in
                try store.database.all(
                    """
                    SELECT g.reason, g.missed FROM gaps g JOIN conversations c ON c.number = g.conversation WHERE c.id = ?
                    """, conversation
                ) { (reason: $0.text(0), missed: $0.int(1)) }
            }
            #expect(gaps.allSatisfy { $0.reason == "retention" } && gaps.map(\.missed).reduce(0, +) == 4, "\(gaps)")
        }
    }
}
