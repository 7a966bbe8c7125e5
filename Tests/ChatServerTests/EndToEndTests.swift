import ChatProtocol
import TestSupport
import Testing

@testable import ChatServer

@Suite(.endsWhatItStarts) struct EndToEndTests {
    @Test func `a message to everyone reaches everybody and the sender too`() async throws {
        try await withServer { server in
            let alice = try await server.logIn("alice")
            let bob = try await server.logIn("bob")
            try await alice.subscribe()
            try await bob.subscribe()
            let ack = try await alice.append("hello", to: try alice.everyone)
            for client in [alice, bob] {
                let entry: Entry = try await client.next()
                #expect(entry.text == "hello" && entry.seq == ack.seq && entry.time == ack.time)
                #expect(try entry.sender == alice.account && entry.device == alice.device)
            }
        }
    }

    @Test func `a direct message reaches both and nobody else`() async throws {
        try await withServer { server in
            let (alice, bob, carol) =
                (try await server.logIn("alice"), try await server.logIn("bob"), try await server.logIn("carol"))
            for client in [alice, bob, carol] { try await client.subscribe() }
            let conversation = try await alice.open(with: "bob")
            #expect(try await bob.open(with: "alice") == conversation)
            _ = try await alice.append("psst", to: conversation)
            #expect(try await bob.entries(1).first?.text == "psst")
            #expect(try await alice.entries(1).first?.text == "psst")
            await #expect(throws: Failure(.notAMember)) { try await carol.append("me too", to: conversation) }
            #expect(!carol.waiting.contains { $0.frameKind == .entry })
        }
    }

    @Test func `what was missed comes before live`() async throws {
        try await withServer { server in
            let alice = try await server.logIn("alice")
            let bob = try await server.logIn("bob")
            let conversation = try await alice.open(with: "bob")
            for index in 1...600 { _ = try await alice.append("\(index)", to: conversation) }
            let correlation = bob.send(Subscribe())
            let _: Done = try await bob.next(correlation: correlation)
            let entries = try await bob.entries(600)
            #expect(entries.map(\.text) == (1...600).map(String.init))
            let _: Live = try await bob.next()
        }
    }
}
