import ChatProtocol
import SQLite
import TestSupport
import Testing
import Transport

@testable import ChatServer

/// What a peer that does not read can make the server keep in memory.
@Suite(.endsWhatItStarts) struct ReplyMemoryTests {
    @Test func `a peer that does not read gets no more replies made than fit its connection`() async throws {
        try await withServer { server in
            try await server.makeAccounts(256)
            let mallory = try await server.logIn("mallory")
            let alice = try await server.logIn("alice")
            try await mallory.stopReading()
            for _ in 0..<1_000 { mallory.send(ListAccounts()) }
            try await server.waitUntilFull(1)
            #expect(try await server.pendingBytes <= 1 << 20)
            let _: AccountPage = try await alice.reply(to: ListAccounts())
            // Who reads again misses none of them.
            try await mallory.resumeReading()
            #expect(await eventually { mallory.waiting.count { $0.frameKind == .accountPage } == 1_000 })
            #expect(try await server.pendingBytes == 0)
            let held = try await server.server.hub.value { hub in hub.connections.accounts.values.map(\.heldBytes) }
            #expect(held.allSatisfy { $0 == 0 })
        }
    }

    @Test func `many connections of one account hold no more than its share together`() async throws {
        try await withServer { server in
            try await server.makeAccounts(256)
            let first = try await server.logIn("mallory")
            var crowd = [first]
            for _ in 0..<29 { crowd.append(try await server.logIn("mallory", device: try first.device)) }
            for client in crowd {
                try await client.stopReading()
                for _ in 0..<300 { client.send(ListAccounts()) }
            }
            try await server.waitUntilQuiet()
            #expect(try await server.pendingBytes <= 10 << 20)
            let alice = try await server.logIn("alice")
            let _: AccountPage = try await alice.reply(to: ListAccounts())
            for client in crowd { try await client.resumeReading() }
            #expect(
                await eventually {
                    crowd.allSatisfy { client in client.waiting.count { $0.frameKind == .accountPage } == 300 }
                })
        }
    }

    /// A request of a kind that nobody knows, as large as a frame may be: it is refused once it has come whole.
    private static let large = RawFrame(
        kind: 250, correlation: 7, body: [UInt8](repeating: 1, count: Limits.frame - RawFrame.headBytes)
    ).wireBytes

    @Test func `half frames of one account take no more than its share, and all of them come in the end`()
        async throws
    {
        try await withServer { server in
            let first = try await server.logIn("mallory")
            var crowd = [first]
            for _ in 0..<39 { crowd.append(try await server.logIn("mallory", device: try first.device)) }
            let alice = try await server.logIn("alice")
            let (everybody, count) = (crowd, crowd.count)
            for client in crowd { client.send(bytes: Array(Self.large.dropLast(1))) }
            #expect(
                try await eventually {
                    try await server.server.hub.value { hub in
                        let sessions = hub.connections.sessions.values
                        return sessions.count { $0.link.announcedBytes > 0 } == count
                            && sessions.contains { $0.pauses.contains(.frame) }
                    }
                })
            for _ in 0..<20 { let _: AccountPage = try await alice.reply(to: ListAccounts()) }
            let held = try await server.server.hub.value { hub in
                hub.connections.sessions.values.reduce(0) { $0 + (($1.link as? FrameConnection)?.halfReadBytes ?? 0) }
            }
            // Those that wait have got what came with one look at their sockets.
            #expect(held <= (8 << 20) + count * (512 << 10))
            for client in crowd { client.send(bytes: Array(Self.large.suffix(1))) }
            #expect(
                await eventually {
                    everybody.allSatisfy { $0.waiting.contains { $0.frameKind == .failure } }
                })
            // Whoever goes away gives its place free.
            for client in crowd { client.send(bytes: Array(Self.large.dropLast(1))) }
            for client in crowd.dropLast() { client.close() }
            let last = everybody[39]
            last.send(bytes: Array(Self.large.suffix(1)))
            #expect(
                await eventually {
                    last.waiting.count { $0.frameKind == .failure } == 2
                })
        }
    }

    @Test func `one half frame always goes on, and the others in their turn`() {
        var frames = HalfReadFrames<Int>(bound: 100)
        #expect(frames.hold(150, for: 1) == .goesOn)
        #expect(frames.hold(10, for: 2) == .waits && frames.hold(20, for: 3) == .waits)
        #expect(frames.next() == nil)
        #expect(frames.hold(150, for: 1) == .goesOn && frames.hold(0, for: 1) == .goesOn)
        #expect(frames.next() == 2 && frames.next() == 3 && frames.next() == nil)
        // A larger one follows in the same look.
        #expect(frames.hold(60, for: 2) == .goesOn && frames.hold(50, for: 3) == .waits)
        // Nobody overtakes.
        #expect(frames.hold(1, for: 4) == .waits)
        frames.remove(3)
        #expect(frames.next() == 4)
        frames.remove(2)
        frames.remove(4)
        #expect(frames.comingBytes == 0 && frames.next() == nil)
        #expect(frames.hold(0, for: 5) == .goesOn && frames.comingBytes == 0)
    }

    @Test func `room is there again from half of the bound on`() {
        var memory = ReplyMemory(bound: 100)
        #expect(memory.hold(99) == .nothing)
        #expect(memory.hold(1) == .becameFull)
        #expect(memory.hold(20) == .nothing)
        #expect(memory.release(60) == .nothing && memory.isFull)
        #expect(memory.release(10) == .hasRoomAgain && !memory.isFull)
        #expect(memory.release(1_000) == .nothing && memory.bytes == 0)
    }
}

extension TestServer {
    /// Accounts with names of the largest size, so that a page of them is large.
    fileprivate func makeAccounts(_ count: Int) async throws {
        let accounts = try (0..<count).map { number in
            StoredAccount(
                record: AccountRecord(
                    id: AccountID(high: 77, low: UInt64(number)), name: try #require(UserName("zz\(number)")),
                    displayName: String(repeating: "x", count: Limits.displayName)),
                passwordHash: "", created: 0)
        }
        _ = try await store.importAccounts(accounts, isDryRun: false)
        try await store.finishFollowUps()
    }

    fileprivate var pendingBytes: Int {
        get async throws {
            try await server.hub.value { $0.connections.sessions.values.reduce(0) { $0 + $1.link.pendingBytes } }
        }
    }

    /// So many peers take nothing, and nothing is made for them any more.
    fileprivate func waitUntilFull(_ count: Int) async throws {
        let isFull = try await eventually {
            try await server.hub.value { hub in
                let sessions = Array(hub.connections.sessions.values)
                return sessions.count { $0.link.pendingBytes > 0 } == count
                    && sessions.allSatisfy { $0.requestsInFlight == 0 }
            }
        }
        #expect(isFull)
    }

    /// Nobody's request is worked on, and somebody's replies wait.
    fileprivate func waitUntilQuiet() async throws {
        let isQuiet = try await eventually {
            try await server.hub.value { hub in
                let sessions = Array(hub.connections.sessions.values)
                return sessions.contains { $0.link.pendingBytes > 0 }
                    && sessions.allSatisfy { $0.requestsInFlight == 0 }
            }
        }
        #expect(isQuiet)
    }
}
