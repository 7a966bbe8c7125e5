import CLISupport
import ChatProtocol
import GroupRules
import MLS
import TestSupport
import Testing

@testable import ChatClient

/// What a server gains that lies about a conversation: what the user sees, what is encrypted to whom, and how it goes on.
@Suite(.endsWhatItStarts) struct HostileServerTests {
    @Test func `what the server delivers as plain text in a group is never shown`() async throws {
        try await withServer { server in
            let (alice, bob) = try await HostileScene.pair(server)
            #expect(await HostileScene.write("three", from: alice, to: bob) == nil)
            let lie = HostileServer.entries { entry in
                guard entry.payloadKind == PayloadKind.message.rawValue else { return [entry] }
                var forged = entry
                forged.payloadKind = 1
                forged.payload = Content(body: "forged", sent: entry.time).wireBytes
                return [forged]
            }
            let seen = try await HostileScene.read(bob, through: lie)
            #expect(seen.allSatisfy { ["one", "two"].contains($0) || $0.hasPrefix("gap") }, "\(seen)")
            #expect(await HostileScene.write("four", from: bob, to: alice) == nil)
            #expect(try await HostileScene.read(alice) == ["one", "two", "three", "four"])
        }
    }

    @Test func `a server that denies a group gets no plain text`() async throws {
        try await withServer { server in
            let (alice, bob) = try await HostileScene.pair(server)
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
            let problem = await HostileScene.writeInVain("for bob alone", from: alice, to: bob, through: lie)
            #expect(problem?.exit == .temporary && !lie.has("for bob alone"), "\(String(describing: problem))")
            #expect(lie.bodies(Append.self).allSatisfy { $0.payloadKind == PayloadKind.message.rawValue })
            #expect(await HostileScene.write("after", from: alice, to: bob) == nil)
            #expect(try await HostileScene.read(bob).last == "after")
        }
    }

    @Test func `S3: a commit whose tag is changed for one member costs it what it cannot read, and nothing else`()
        async throws
    {
        try await withServer { server in
            let (alice, bob) = try await HostileScene.pair(server)
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
            #expect(try await HostileScene.read(bob, through: lie).contains { $0.hasPrefix("gap resync") })
            // He has come back over his own leaf.
            #expect(await HostileScene.write("three", from: bob, to: alice, through: lie) == nil)
            #expect(await HostileScene.write("four", from: bob, to: alice) == nil)
            #expect(try await HostileScene.read(alice) == ["one", "two", "three", "four"])
        }
    }

    @Test func `S4: a restore that never was is told, and nothing is lost or comes twice`() async throws {
        try await withServer { server in
            let (alice, bob) = try await HostileScene.pair(server)
            let lie = HostileServer { frame in
                guard frame.frameKind == .welcome, var welcome = try? frame.decode(Welcome.self) else { return [frame] }
                welcome.generation = StoreGeneration(high: 6, low: 6)
                return [welcome.frame(correlation: frame.correlation)]
            }
            _ = await HostileScene.write("three", from: bob, to: alice, through: lie)
            #expect(await HostileScene.write("four", from: bob, to: alice) == nil)
            let seen = try await HostileScene.read(alice)
            #expect(seen == ["one", "two", "three", "four"].filter(seen.contains) && seen.last == "four")
            #expect(try await HostileScene.read(bob).contains { $0.hasPrefix("gap restored") })
        }
    }
}
