import CLISupport
import ChatProtocol
import GroupRules
import MLS
import TestSupport
import Testing

@testable import ChatClient

/// What a server gains that lies about a conversation: what the user sees, what is encrypted to whom, and how it goes on.
@Suite(.endsWhatItStarts) struct HostileServerTests {
    /// Alice and bob have written to each other.
    private func pair(_ server: TestServer) async throws -> (alice: Person, bob: Person) {
        let alice = try await Person.registered("alice", at: server)
        let bob = try await Person.registered("bob", at: server)
        try await bob.client().leavesPackages()
        #expect(await write("one", from: alice, to: bob) == nil)
        #expect(await write("two", from: bob, to: alice) == nil)
        try await alice.client().sync()
        return (alice, bob)
    }

    /// - Returns: why it was not sent.
    private func write(
        _ body: String, from person: Person, to other: Person, through lie: HostileServer? = nil
    ) async -> Problem? {
        let client = try? person.client(line: { lie?.line($0) ?? $0 })
        let sent = await client?.send([other.to(body)], options: SendOptions(timeout: .seconds(10)))
        return sent?.first?.problem
    }

    /// Reads what is there, and what a person is shown of it then.
    private func read(_ person: Person, through lie: HostileServer? = nil) async throws -> [String] {
        let client = try person.client(line: { lie?.line($0) ?? $0 })
        do throws(Problem) { try await client.sync(timeout: .seconds(10)) } catch {
            #expect(
                error.exit == .protocolFault || error.code == LocalCode.nothingCame.rawValue,
                "\(error.code): \(error.text)")
        }
        await client.close()
        return try await person.client().withStore { store in
            _ = try store.settleReplay()
            let reader = try #require(try store.itemReader())
            return try store.items(after: 0, limit: 1000, reader: reader).map(StoreScene.word)
        }
    }

    @Test func `what the server delivers as plain text in a group is never shown`() async throws {
        try await withServer { server in
            let (alice, bob) = try await pair(server)
            #expect(await write("three", from: alice, to: bob) == nil)
            let lie = HostileServer.entries { entry in
                guard entry.payloadKind == PayloadKind.message.rawValue else { return [entry] }
                var forged = entry
                forged.payloadKind = 1
                forged.payload = Content(body: "forged", sent: entry.time).wireBytes
                return [forged]
            }
            let seen = try await read(bob, through: lie)
            #expect(seen.allSatisfy { ["one", "two"].contains($0) || $0.hasPrefix("gap") }, "\(seen)")
            #expect(await write("four", from: bob, to: alice) == nil)
            #expect(try await read(alice) == ["one", "two", "three", "four"])
        }
    }

    @Test func `a server that denies a group gets no plain text`() async throws {
        try await withServer { server in
            let (alice, bob) = try await pair(server)
            let lie = HostileServer { frame in
                if frame.frameKind == .appended {
                    return [Failure(.noGroup).frame(correlation: frame.correlation)]
                }
                guard frame.frameKind == .conversations, var found = try? frame.decode(Conversations.self) else {
                    return [frame]
                }
                for index in found.conversations.indices { found.conversations[index].epoch = .first }
                return [found.frame(correlation: frame.correlation)]
            }
            let problem = await write("for bob alone", from: alice, to: bob, through: lie)
            #expect(problem?.exit == .temporary && !lie.has("for bob alone"), "\(String(describing: problem))")
            #expect(lie.bodies(Append.self).allSatisfy { $0.payloadKind == PayloadKind.message.rawValue })
            #expect(await write("after", from: alice, to: bob) == nil)
            #expect(try await read(bob).last == "after")
        }
    }

    enum Meddling: String, CaseIterable, Sendable {
        case leavesOut, doubles, moves, renames, otherDevice

        func change(_ entry: Entry) -> [Entry] {
            guard entry.payloadKind == PayloadKind.message.rawValue, entry.seq == 4 else { return [entry] }
            var other = entry
            switch self {
            case .leavesOut: return []
            case .doubles: return [entry, entry]
            case .moves: other.conversation = ConversationID(high: 6, low: 6)
            case .renames: other.id = MessageID(high: 6, low: 6)
            case .otherDevice: other.device = DeviceID(high: 6, low: 6)
            }
            return [other]
        }
    }

    @Test(arguments: Meddling.allCases)
    func `of what the server meddles with nothing is shown as it is not, and nothing twice`(
        _ meddling: Meddling
    ) async throws {
        try await withServer { server in
            let (alice, bob) = try await pair(server)
            for body in ["three", "four", "five"] { #expect(await write(body, from: alice, to: bob) == nil) }
            let all = ["one", "two", "three", "four", "five"]
            let seen = try await read(bob, through: .entries { meddling.change($0) })
            let messages = seen.filter { !$0.hasPrefix("gap") }
            #expect(messages == all.filter(messages.contains), "\(seen)")
            // Over, as far as it goes on.
            let later = try await read(bob).filter { !$0.hasPrefix("gap") }
            #expect(later == all.filter(later.contains))
        }
    }

    @Test func `S3: a commit whose tag is changed for one member costs it what it cannot read, and nothing else`()
        async throws
    {
        try await withServer { server in
            let (alice, bob) = try await pair(server)
            let committing = try await Joining(alice, with: bob)
            _ = try await committing.enter(after: .preconditionFailed)
            _ = try await committing.commit(.path(after: try await committing.leafKey()))
            let seq = try await committing.view().standing.seq
            let lie = HostileServer.entries { entry in
                guard entry.seq == seq, let last = entry.payload.indices.last else { return [entry] }
                var changed = entry
                changed.payload[last] ^= 1
                return [changed]
            }
            #expect(try await read(bob, through: lie).contains { $0.hasPrefix("gap resync") })
            // He has come back over his own leaf.
            #expect(await write("three", from: bob, to: alice, through: lie) == nil)
            #expect(await write("four", from: bob, to: alice) == nil)
            #expect(try await read(alice) == ["one", "two", "three", "four"])
        }
    }

    @Test func `S4: a restore that never was is told, and nothing is lost or comes twice`() async throws {
        try await withServer { server in
            let (alice, bob) = try await pair(server)
            let lie = HostileServer { frame in
                guard frame.frameKind == .welcome, var welcome = try? frame.decode(Welcome.self) else { return [frame] }
                welcome.generation = StoreGeneration(high: 6, low: 6)
                return [welcome.frame(correlation: frame.correlation)]
            }
            _ = await write("three", from: bob, to: alice, through: lie)
            #expect(await write("four", from: bob, to: alice) == nil)
            let seen = try await read(alice)
            #expect(seen == ["one", "two", "three", "four"].filter(seen.contains) && seen.last == "four")
            #expect(try await read(bob).contains { $0.hasPrefix("gap restored") })
        }
    }
}
