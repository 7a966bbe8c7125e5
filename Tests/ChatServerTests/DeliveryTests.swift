import ChatProtocol
import TestSupport
import Testing

@testable import ChatServer

@Suite(.endsWhatItStarts) struct DeliveryTests {
    @Test func `login subscription and append share one flight`() async throws {
        try await withServer { server in
            let bob = try await server.logIn("bob")
            try await bob.subscribe()
            let known = try await server.logIn("alice")
            let alice = try await server.connect()
            let hello = ClientHello(nonce: [UInt8](repeating: 1, count: 32), software: "test")
            let login = LoginByPassword(
                name: try #require(UserName("alice")), password: [1], existing: try known.device,
                device: DeviceDescription(name: "d"))
            let payload = [UInt8](repeating: 0x61, count: 60_000)
            let append = try bob.message(payload, to: try bob.everyone)
            alice.send(
                bytes: hello.frame().wireBytes + login.frame(correlation: 1).wireBytes
                    + Subscribe().frame(correlation: 2).wireBytes + append.frame(correlation: 3).wireBytes)
            let _: Welcome = try await alice.next(correlation: 1)
            let _: Done = try await alice.next(correlation: 2)
            let ack: Appended = try await alice.next(correlation: 3)
            #expect(ack.seq == 1)
            #expect(try await bob.entries(1).first?.payload == payload)
        }
    }

    @Test func `who does not acknowledge gets a window and no more`() async throws {
        try await withServer { server in
            let (alice, bob) = (try await server.logIn("alice"), try await server.logIn("bob"))
            try await bob.subscribe()
            let everyone = try alice.everyone
            for index in 1...400 { _ = try await alice.append("\(index)", to: everyone) }
            let first = try await bob.entries(Limits.unacknowledgedEntries, acknowledging: false)
            let _: Pong = try await bob.reply(to: Ping())
            #expect(!bob.waiting.contains { $0.frameKind == .entry })
            bob.acknowledge(try #require(first.last))
            let rest = try await bob.entries(400 - first.count)
            #expect((first + rest).map(\.text) == (1...400).map(String.init))
            _ = try await alice.append("live", to: everyone)
            #expect(try await bob.entries(1).first?.text == "live")
        }
    }

    @Test func `nothing is lost doubled or disordered while others come and go`() async throws {
        try await withServer { server in
            let names = ["alice", "bob", "carol"]
            let senders = try await names.asyncMap { try await server.logIn($0) }
            let everyone = try senders[0].everyone
            let listener = try await server.logIn("listener")
            let device = try listener.device
            listener.close()
            let messages = 300
            try await withThrowingTaskGroup(of: Void.self) { group in
                for (name, sender) in zip(names, senders) {
                    group.addTask {
                        for index in 1...messages { _ = try await sender.append("\(name) \(index)", to: everyone) }
                    }
                }
                group.addTask {
                    var seen: [SequenceNumber: String] = [:]
                    while seen.count < messages * names.count {
                        let client = try await server.logIn("listener", device: device)
                        client.send(Subscribe())
                        // What was acknowledged late may come again; nothing may be missing.
                        var last: SequenceNumber?
                        for entry in try await client.entries(min(150, messages * names.count - seen.count)) {
                            #expect(last.map { entry.seq == $0.next } ?? (entry.seq.value <= seen.count + 1))
                            #expect(seen[entry.seq].map { $0 == entry.text } ?? true)
                            seen[entry.seq] = entry.text
                            last = entry.seq
                        }
                        client.close()
                    }
                    for name in names {
                        let own = seen.sorted { $0.key < $1.key }.map(\.value).filter { $0.hasPrefix(name) }
                        #expect(own == (1...messages).map { "\(name) \($0)" })
                    }
                }
                try await group.waitForAll()
            }
        }
    }

    @Test func `a device is told once where it begins`() async throws {
        try await withServer { server in
            let alice = try await server.logIn("alice")
            _ = try await alice.append("before", to: try alice.everyone)
            let bob = try await server.logIn("bob")
            try await bob.subscribe()
            let gap: Gap = try await bob.next()
            #expect(gap == Gap(conversation: try bob.everyone, reason: .beforeJoin, first: 1, last: 1))
            bob.close()
            let again = try await server.logIn("bob", device: try bob.device)
            try await again.subscribe()
            _ = try await alice.append("after", to: try alice.everyone)
            #expect(try await again.entries(1).first?.text == "after")
            #expect(!again.waiting.contains { $0.frameKind == .gap })
        }
    }

    @Test func `a gap may be acknowledged like entries also where nothing follows it`() async throws {
        try await withServer { server in
            let alice = try await server.logIn("alice")
            _ = try await alice.append("before", to: try alice.everyone)
            let bob = try await server.logIn("bob")
            try await bob.subscribe()
            let gap: Gap = try await bob.next()
            bob.send(
                Acknowledge(items: [.init(conversation: gap.conversation, seq: gap.last, disposition: .skipped)]))
            // The connection stands, and gets what follows.
            _ = try await alice.append("after", to: try alice.everyone)
            #expect(try await bob.entries(1).first?.text == "after")
        }
    }

    @Test func `the same id again is acknowledged again and delivered once`() async throws {
        try await withServer { server in
            let (alice, bob) = (try await server.logIn("alice"), try await server.logIn("bob"))
            try await bob.subscribe()
            let id = MessageID.unique
            let first = try await alice.append("x", to: try alice.everyone, id: id)
            let second = try await alice.append("x", to: try alice.everyone, id: id)
            #expect(second.duplicate && second.seq == first.seq && second.digest == first.digest)
            _ = try await alice.append("y", to: try alice.everyone)
            #expect(try await bob.entries(2).map(\.text) == ["x", "y"])
        }
    }

    @Test func `the same id again is acknowledged whatever speaks against it now`() async throws {
        try await withServer {
            $0.hub.limits.accountStore = 1_500
            $0.hub.limits.everyoneInterval = .seconds(3_600)
        } _: { server in
            let alice = try await server.logIn("alice")
            _ = try await server.logIn("bob")
            let (everyone, dm) = (try alice.everyone, try await alice.open(with: "bob"))
            let (one, two) = (MessageID.unique, MessageID.unique)
            let large = String(repeating: "x", count: 600)
            func isRefused(_ code: ErrorCode, _ text: String, to conversation: ConversationID) async {
                await #expect {
                    try await alice.append(text, to: conversation)
                } throws: { ($0 as? Failure)?.errorCode == code }
            }

            #expect(try await !alice.append(large, to: dm, id: one).duplicate)
            await isRefused(.storeFull, large, to: dm)
            #expect(try await alice.append(large, to: dm, id: one).duplicate)
            #expect(try await !alice.append("hi", to: everyone, id: two).duplicate)
            await isRefused(.rateLimited, "more", to: everyone)
            #expect(try await alice.append("hi", to: everyone, id: two).duplicate)
            try await server.server.hub.value { hub in
                var settings = hub.context.settings
                settings.broadcastByAdminsOnly = true
                hub.apply(settings)
            }
            await isRefused(.forbidden, "more", to: everyone)
            #expect(try await alice.append("hi", to: everyone, id: two).duplicate)
            try await server.server.hub.value { hub in
                var settings = hub.context.settings
                settings.limits.maxStore = 1
                hub.apply(settings)
            }
            await isRefused(.storeFull, "x", to: dm)
            #expect(try await alice.append("hi", to: everyone, id: two).duplicate)
        }
    }

    @Test func `what is sent again does not keep from the next to everyone`() async throws {
        let clock = MovableClock()
        try await withServer {
            $0.now = { clock.now }
            $0.hub.limits.everyoneInterval = .seconds(20)
        } _: { server in
            let alice = try await server.logIn("alice")
            let id = MessageID.unique
            _ = try await alice.append("hi", to: try alice.everyone, id: id)
            clock.move(on: .seconds(25))
            #expect(try await alice.append("hi", to: try alice.everyone, id: id).duplicate)
            #expect(try await alice.append("more", to: try alice.everyone).seq == 2)
        }
    }

    @Test func `what has ended is delivered to nobody though it was sent a moment ago`() async throws {
        try await withServer {
            $0.hub.limits.retention = .milliseconds(1)
            $0.hub.firstRetention = .milliseconds(20)
            $0.hub.retentionInterval = .milliseconds(20)
        } _: { server in
            let (alice, bob) = (try await server.logIn("alice"), try await server.logIn("bob"))
            _ = try await alice.append("old", to: try alice.everyone)
            let store = server.store
            #expect(
                await eventually {
                    (try? await store.read { try $0.pragma("SELECT count(*) FROM entries") }) == 0
                })
            // The hub hears of it a moment after the store.
            let hub = server.server.hub
            #expect(await eventually { (try? await hub.value { $0.deliverer.recentBytes }) == 0 })
            try await bob.subscribe()
            let gap: Gap = try await bob.next()
            #expect(gap.reason == .retention && gap.first == 1 && gap.last == 1)
            #expect(!bob.waiting.contains { $0.kind == Entry.kind.rawValue })
        }
    }

    @Test func `a connection that never reads costs a bounded amount and harms nobody`() async throws {
        try await withServer { server in
            let (alice, bob, deaf) =
                (try await server.logIn("alice"), try await server.logIn("bob"), try await server.logIn("deaf"))
            for client in [bob, deaf] { try await client.subscribe() }
            try await deaf.stopReading()
            let payload = String(repeating: "x", count: 50_000)
            let everyone = try alice.everyone
            for _ in 0..<100 { alice.send(try alice.message(Array(payload.utf8), to: everyone)) }
            #expect(try await bob.entries(100).map(\.seq) == Array(1...100))
            let pending = try await server.server.hub.value { hub in
                hub.connections.sessions.values.map(\.link.pendingBytes).max() ?? 0
            }
            #expect(pending <= Limits.unacknowledgedBytes + 100_000)
            try await deaf.resumeReading()
            #expect(try await deaf.entries(100).map(\.seq) == Array(1...100))
        }
    }

    @Test func `what nobody knows the end of is committed again and delivered once`() async throws {
        let server = try await TestServer.start(trouble: .unknownEnds)
        let (alice, bob) = (try await server.logIn("alice"), try await server.logIn("bob"))
        try await bob.subscribe()
        let dm = try await alice.open(with: "bob")
        for number in 1...3 {
            // The store has it by then, and says so; whoever sent it is told of the first time.
            #expect(try await alice.append("\(number)", to: dm).seq == SequenceNumber(UInt64(number)))
        }
        #expect(try await bob.entries(3).map(\.text) == ["1", "2", "3"])
        _ = try await alice.append("4", to: dm)
        #expect(try await bob.entries(1).map(\.seq) == [4])
        await server.stop()
    }

    @Test func `appends to several lanes are acknowledged in their order also where some are deferred`() async throws {
        let server = try await TestServer.start(trouble: .deferrals)
        let (alice, bob) = (try await server.logIn("alice"), try await server.logIn("bob"))
        try await bob.subscribe()
        var conversations = [try alice.everyone]
        for name in ["bob", "alice"] { conversations.append(try await alice.open(with: name)) }
        for name in ["carol", "dave", "erin"] {
            _ = try await server.logIn(name)
            conversations.append(try await alice.open(with: name))
        }
        let sent = try (0..<60).map { number in
            try alice.message(Array("\(number)".utf8), to: conversations[number % conversations.count])
        }
        for append in sent { alice.send(append) }
        var told: [MessageID] = []
        for _ in sent { told.append(try await alice.next(Appended.self).id) }
        #expect(told == sent.map(\.id))
        // Within a conversation they are stored in that order, too.
        let got = try await bob.entries(20)
        for conversation in conversations.prefix(2) {
            let numbers = got.filter { $0.conversation == conversation }.compactMap { Int($0.text) }
            #expect(numbers == numbers.sorted() && numbers.count == 10)
        }
        await server.stop()
    }

    @Test func `a store that fails refuses and the server goes on`() async throws {
        try await withServer { server in
            let alice = try await server.logIn("alice")
            try await alice.subscribe()
            try await server.store.write { try $0.execute("PRAGMA query_only=1") }
            await #expect(throws: Failure(.storeFailed)) { try await alice.append("lost", to: try alice.everyone) }
            try await server.store.write { try $0.execute("PRAGMA query_only=0") }
            #expect(try await alice.append("kept", to: try alice.everyone).seq == 1)
            #expect(try await alice.entries(1).first?.text == "kept")
        }
    }

    @Test func `a drain answers what was taken and tells everybody`() async throws {
        let server = try await TestServer.start()
        let (alice, bob) = (try await server.logIn("alice"), try await server.logIn("bob"))
        try await bob.subscribe()
        let everyone = try alice.everyone
        let correlation = alice.send(try alice.message(to: everyone))
        let _: Appended = try await alice.next(correlation: correlation)
        await server.stop()
        for client in [alice, bob] { #expect(try await client.closed() == Failure(.shuttingDown)) }
        // Everything is in the file.
        let again = try await TestServer.start(scratch: server.scratch)
        let device = try bob.device
        let late = try await again.logIn("bob", device: device)
        late.send(Subscribe())
        #expect(try await late.entries(1).first?.seq == 1)
        await again.stop()
    }
}

extension Sequence {
    func asyncMap<Value>(_ body: (Element) async throws -> Value) async rethrows -> [Value] {
        var values: [Value] = []
        for element in self { values.append(try await body(element)) }
        return values
    }
}
