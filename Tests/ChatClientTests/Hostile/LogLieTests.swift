import CLISupport
import ChatProtocol
import MLS
import Synchronization
import TestSupport
import Testing

@testable import ChatClient

/// A server that lies about the log of a conversation.
@Suite(.endsWhatItStarts) struct LogLieTests {
    enum Meddling: String, CaseIterable, Sendable {
        case leavesOut, doubles, moves, reorders, renames, otherDevice

        func change(_ entry: Entry, of body: SequenceNumber) -> [Entry] {
            guard entry.payloadKind == PayloadKind.message.rawValue, entry.seq == body else { return [entry] }
            var other = entry
            switch self {
            case .leavesOut: return []
            case .doubles: return [entry, entry]
            case .moves: other.conversation = ConversationID(high: 6, low: 6)
            // In place of the one behind it.
            case .reorders: other.seq = entry.seq.next ?? entry.seq
            case .renames: other.id = MessageID(high: 6, low: 6)
            case .otherDevice: other.device = DeviceID(high: 6, low: 6)
            }
            return [other]
        }

        /// What an honest server can give again was never taken for something else.
        var isLost: Bool { self == .renames || self == .otherDevice }
    }

    private static let all = ["one", "two", "three", "four", "five"]

    /// Of "one" to "five" the server meddles with "three" as bob reads it.
    private func meddle(
        _ server: TestServer, _ change: @escaping @Sendable (Entry, SequenceNumber) -> [Entry]
    ) async throws -> (alice: Person, bob: Person, lie: HostileServer) {
        let (alice, bob) = try await HostileScene.pair(server)
        #expect(try await HostileScene.read(bob) == ["one", "two"])
        let before = try await HostileScene.place(of: alice, with: bob.name)
        for body in Self.all.dropFirst(2) { #expect(await HostileScene.write(body, from: alice, to: bob) == nil) }
        let three = try #require(before.next)
        return (alice, bob, .entries { change($0, three) })
    }

    @Test(arguments: Meddling.allCases)
    func `of what the server meddles with nothing is shown as it is not, nothing twice, and all that it gives later`(
        _ meddling: Meddling
    ) async throws {
        try await withServer { server in
            let (_, bob, lie) = try await meddle(server) { meddling.change($0, of: $1) }
            let seen = HostileScene.messages(try await HostileScene.read(bob, through: lie))
            #expect(seen == Self.all.filter(seen.contains))
            let later = try await HostileScene.read(bob)
            #expect(HostileScene.messages(later) == Self.all.filter { !meddling.isLost || $0 != "three" })
            #expect(!meddling.isLost || later.contains { $0.hasPrefix("gap mismatch") })
        }
    }

    @Test func `an entry that is left out is a fault that is told, and what comes behind it waits`() async throws {
        try await withServer { server in
            let (alice, bob, lie) = try await meddle(server) { $0.seq == $1 ? [] : [$0] }
            for _ in 0..<2 {
                let problem = try await HostileScene.sync(bob, through: lie)
                #expect(
                    problem?.exit == .protocolFault && problem?.conversation == "@alice",
                    "\(String(describing: problem))")
                #expect(try await HostileScene.shown(to: bob) == ["one", "two"])
            }
            let refused = await HostileScene.write("no", from: bob, to: alice, through: lie)
            #expect(refused == nil || refused?.exit == .protocolFault)
            #expect(try await HostileScene.sync(bob) == nil)
            #expect(HostileScene.messages(try await HostileScene.shown(to: bob)).prefix(5) == Self.all[...])
        }
    }

    @Test func `whoever listens goes on with the server as soon as it gives what it left out`() async throws {
        try await withServer { server in
            let isHonest = Switch()
            let (alice, bob, lie) = try await meddle(server) { entry, three in
                entry.seq == three && !isHonest.isOn ? [] : [entry]
            }
            let client = try bob.client(line: { lie.line($0) })
            let listener = try await client.listen(ListenOptions(start: .new))
            try await listener.untilLive()
            isHonest.turnOn()
            #expect(await HostileScene.write("six", from: alice, to: bob) == nil)
            #expect(try await listener.nextBodies(4) == ["three", "four", "five", "six"])
        }
    }

    @Test func `M3: messages in another order are seen by the next one that says what was read, and nothing is sent`()
        async throws
    {
        try await withServer { server in
            let kept = Mutex<Entry?>(nil)
            let (alice, bob, lie) = try await meddle(server) { entry, three in
                guard entry.payloadKind == PayloadKind.message.rawValue, entry.seq == three || entry.seq == three.next
                else { return [entry] }
                guard entry.seq != three else {
                    kept.withLock { $0 = entry }
                    return []
                }
                guard var other = kept.withLock({ $0 }) else { return [entry] }
                var first = entry
                swap(&first.seq, &other.seq)
                return [first, other]
            }
            #expect(try await HostileScene.read(bob, through: lie) == ["one", "two", "four", "three", "five"])
            let refused = await HostileScene.write("no", from: bob, to: alice)
            #expect(refused?.code == LocalCode.historyForked.rawValue && refused?.exit == .untrusted)
            _ = try await bob.client().acceptFork(in: .user(alice.name))
            #expect(await HostileScene.write("six", from: bob, to: alice) == nil)
            #expect(try await HostileScene.read(alice).last == "six")
        }
    }

    @Test func `a tail that is kept back is not seen, and read as soon as it is given`() async throws {
        try await withServer { server in
            let (alice, bob, _) = try await meddle(server) { entry, _ in [entry] }
            let end = try await HostileScene.place(of: bob, with: alice.name)
            let lie = HostileServer { frame in
                if let entry = try? frame.decode(Entry.self), frame.frameKind == .entry {
                    return entry.seq > end ? [] : [frame]
                }
                guard frame.frameKind == .logPage, var page = try? frame.decode(LogPage.self) else { return [frame] }
                page.entries.removeAll { $0.seq > end }
                page.standing.head = end
                page.through = end
                return [page.frame(correlation: frame.correlation)]
            }
            #expect(try await HostileScene.sync(bob, through: lie) == nil)
            #expect(try await HostileScene.shown(to: bob) == ["one", "two"])
            #expect(try await HostileScene.read(bob) == Self.all)
        }
    }

    @Test func `a text that is kept back behind its hash is told, and what follows it is read`() async throws {
        try await withServer { server in
            let (alice, bob, _) = try await meddle(server) { entry, _ in [entry] }
            let three = try #require(try await HostileScene.place(of: bob, with: alice.name).next)
            let lie = HostileServer { frame in
                // It delivers nothing before the last, so that the log is read.
                if let entry = try? frame.decode(Entry.self), frame.frameKind == .entry {
                    return entry.seq == three || entry.seq == three.next ? [] : [frame]
                }
                guard frame.frameKind == .logPage, var page = try? frame.decode(LogPage.self),
                    let index = page.entries.firstIndex(where: { $0.seq == three })
                else { return [frame] }
                page.entries[index].payload = Primitives.sha256(page.entries[index].payload)
                page.hashed.append(three)
                return [page.frame(correlation: frame.correlation)]
            }
            #expect(
                try await HostileScene.read(bob, through: lie) == [
                    "one", "two", "gap undecryptable 1", "four", "five",
                ])
        }
    }

    @Test func `a log that never ends is a fault of the server's`() async throws {
        try await withServer { server in
            let (alice, bob, _) = try await meddle(server) { entry, _ in [entry] }
            let end = try await HostileScene.place(of: bob, with: alice.name)
            let lie = HostileServer { frame in
                if let entry = try? frame.decode(Entry.self), frame.frameKind == .entry {
                    return entry.seq == end.next ? [] : [frame]
                }
                guard frame.frameKind == .logPage, var page = try? frame.decode(LogPage.self) else { return [frame] }
                page.entries = []
                page.through = page.through.next ?? page.through
                page.standing.head = .largest
                return [page.frame(correlation: frame.correlation)]
            }
            #expect(try await HostileScene.sync(bob, through: lie)?.exit == .protocolFault)
            #expect(lie.bodies(ReadLog.self).count < 10)
            #expect(try await HostileScene.read(bob) == Self.all)
        }
    }
}
