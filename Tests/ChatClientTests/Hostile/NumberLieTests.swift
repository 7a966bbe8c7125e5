import CLISupport
import ChatProtocol
import TestSupport
import Testing

@testable import ChatClient

/// A server that tells numbers of a log that are far beyond its end: a device that believed them for ever would be deaf to what comes.
@Suite(.endsWhatItStarts) struct NumberLieTests {
    private static let far = SequenceNumber(1 << 34)

    @Test func `a gap that never was is told, and what was said to be missing is read when the server has it`()
        async throws
    {
        try await withServer { server in
            let (alice, bob) = try await HostileScene.pair(server)
            #expect(try await HostileScene.read(bob) == ["one", "two"])
            let end = try await HostileScene.place(of: bob, with: alice.name)
            for body in ["three", "four"] { #expect(await HostileScene.write(body, from: alice, to: bob) == nil) }
            let lie = HostileServer(ignoring: .acknowledge) { frame in
                guard frame.frameKind == .entry, let entry = try? frame.decode(Entry.self), entry.seq > end,
                    let first = end.next
                else { return [frame] }
                guard entry.seq == first else { return [] }
                let gap = Gap(conversation: entry.conversation, reason: .retention, first: first, last: Self.far)
                return [gap.frame()]
            }
            let seen = try await HostileScene.read(bob, through: lie)
            #expect(seen == ["one", "two", "gap retention ?"])
            #expect(try await HostileScene.place(of: bob, with: alice.name) == Self.far)
            #expect(try await HostileScene.read(bob) == seen + ["three", "four"])
            // And he is where the others are.
            #expect(await HostileScene.write("five", from: bob, to: alice) == nil)
            #expect(await HostileScene.write("six", from: alice, to: bob) == nil)
            #expect(try await HostileScene.read(bob) == seen + ["three", "four", "five", "six"])
            #expect(try await HostileScene.read(alice) == ["one", "two", "three", "four", "five", "six"])
        }
    }

    @Test func `a Welcome from far beyond the log's end costs what cannot be read, and it goes on`() async throws {
        try await withServer { server in
            let alice = try await Person.registered("alice", at: server)
            let bob = try await Person.registered("bob", at: server)
            try await bob.client().leavesPackages()
            #expect(await HostileScene.write("one", from: alice, to: bob) == nil)
            let lie = HostileServer.frames(WelcomePart.self, ignoring: .acknowledge) {
                if !$0.welcome.isEmpty { $0.seq = Self.far }
            }
            _ = try await HostileScene.sync(bob, through: lie)
            #expect(await HostileScene.write("two", from: alice, to: bob) == nil)
            _ = try await HostileScene.read(bob)
            #expect(await HostileScene.write("three", from: alice, to: bob) == nil)
            #expect(try await HostileScene.read(bob).last == "three")
            #expect(await HostileScene.write("four", from: bob, to: alice) == nil)
            #expect(try await HostileScene.read(alice) == ["one", "two", "three", "four"])
        }
    }

    @Test func `M3: a founding that was taken far beyond the log's end is told, and costs nothing for ever`()
        async throws
    {
        try await withServer { server in
            let alice = try await Person.registered("alice", at: server)
            let bob = try await Person.registered("bob", at: server)
            try await bob.client().leavesPackages()
            let lie = HostileServer.frames(Appended.self, ignoring: .acknowledge) { $0.seq = Self.far }
            _ = await HostileScene.write("one", from: alice, to: bob, through: lie)
            #expect(await HostileScene.write("two", from: bob, to: alice) == nil)
            _ = try await HostileScene.read(alice)
            // M3: what alice said that she had read is nothing that bob could have.
            #expect(
                await HostileScene.write("three", from: bob, to: alice)?.code == LocalCode.historyForked.rawValue)
            _ = try await bob.client().acceptFork(in: .user(alice.name))
            #expect(await HostileScene.write("three", from: bob, to: alice) == nil)
            #expect(try await HostileScene.read(alice).last == "three")
            #expect(await HostileScene.write("four", from: alice, to: bob) == nil)
            #expect(try await HostileScene.read(bob).last == "four")
        }
    }
}
