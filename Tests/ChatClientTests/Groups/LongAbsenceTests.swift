import CLISupport
import ChatProtocol
import GroupRules
import Synchronization
import TestSupport
import Testing

@testable import ChatClient
@testable import ChatServer

/// Who was away for longer than the server keeps messages.
@Suite(.endsWhatItStarts) struct LongAbsenceTests {
    @Test func `whoever waits while a device catches up is told how much has come`() async throws {
        try await withServer { server in
            let alice = try await Person.registered("alice", at: server)
            let bob = try await Person.registered("bob", at: server)
            let writer = try alice.client()
            let sent = await writer.send(
                (0..<100).map { OutgoingMessage(conversation: .user(bob.name), body: "\($0)") })
            #expect(sent.compactMap(\.problem).isEmpty)
            let told = Mutex<[Int]>([])
            var interaction = Interaction(noteCatchUp: { entries in told.withLock { $0.append(entries) } })
            interaction.catchUpPatience = .zero
            try await bob.client(interaction: interaction).sync(patience: .patience)
            // What is read of a log in one small part is not what takes long.
            #expect((25...102).contains(told.withLock { $0.last } ?? 0))
            #expect(told.withLock { $0 == $0.sorted() })
            // What comes while it is there is nothing that was missed.
            let listening = try bob.client(interaction: interaction)
            let listener = try await listening.listen(ListenOptions())
            try await listener.untilLive()
            told.withLock { $0 = [] }
            _ = await writer.send([OutgoingMessage(conversation: .user(bob.name), body: "news")])
            #expect(try await eventually { try await listening.unread().first?.count == 101 })
            await listener.stop()
            #expect(told.withLock { $0 }.isEmpty)
        }
    }

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
            if listens { try await bob.client().sync(patience: .patience) }
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
