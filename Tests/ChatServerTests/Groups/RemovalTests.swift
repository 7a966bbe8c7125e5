import ChatProtocol
import GroupRules
import MLS
import NIOCore
import SQLite
import StoredValues
import Synchronization
import System
import TestSupport
import Testing

@testable import ChatServer

/// Who must go: what the server proposes, and what it refuses until somebody has committed it.
@Suite(.endsWhatItStarts) struct RemovalTests {
    /// A direct group of alice, bob, and bob's second device, whose connection is there.
    private func scene(_ server: TestServer) async throws -> (scene: GroupScene, second: GroupMember) {
        var scene = try await GroupScene(server)
        try await scene.found()
        var second = try await GroupMember(another: &scene.bob, on: server, seed: 7)
        try await second.join(scene.dm)
        try await scene.alice.catchUp(in: scene.dm)
        return (scene, second)
    }

    private func revoke(_ device: GroupMember, by other: GroupMember, on server: TestServer) async throws {
        try await server.store.revokeDevice(device.device, of: device.hello.account.id)
        let _: Done = try await other.client.reply(to: RevokeDevice(device: device.device))
    }

    private func refusal(_ body: () async throws -> Void) async throws -> ErrorCode? {
        try await failure(body)?.errorCode
    }

    @Test func `R1: messages to a direct group are refused until the removal is committed`() async throws {
        try await withServer { server in
            var (scene, second) = try await scene(server)
            try await scene.alice.client.subscribe()
            try await revoke(second, by: scene.bob, on: server)
            let held = try await refusal { _ = try await scene.alice.message("not yet") }
            #expect(held == .removalPending)
            let wanted: CommitWanted = try await scene.alice.client.next()
            #expect(wanted.conversation == scene.dm && wanted.position == scene.alice.position)
            try await scene.alice.catchUp(in: scene.dm)
            let done = try await scene.alice.send(try scene.alice.commit())
            #expect(done.position.epoch == 3)
            #expect(scene.alice.group?.memberCount == 2)
            let sent = try await scene.alice.message("now")
            #expect(sent.position.epoch == 3)
            let gone = try await server.store.standing(
                of: scene.dm, for: DeviceReader(account: second.hello.account.id, device: second.device))
            #expect(gone.leaf?.until == done.seq)
        }
    }

    @Test func `R2: a member's commit takes waiting removals along and behind an external one they are made anew`()
        async throws
    {
        try await withServer { server in
            var (scene, second) = try await scene(server)
            var third = try await GroupMember(another: &scene.bob, on: server, seed: 8)
            try await revoke(second, by: scene.bob, on: server)
            // Made by somebody who has not read the proposal.
            let without = try scene.alice.commit()
            let leftOut = try await refusal { try await scene.alice.send(without) }
            #expect(leftOut == .removalsLeftOut)
            try await third.join(scene.dm)
            let page: LogPage = try await third.client.reply(to: ReadLog(conversation: scene.dm, after: 0))
            let last = page.entries.suffix(2)
            #expect(last.map(\.payloadKind) == [3, 4] && last.last?.sender == .server)
            let held = try await refusal { _ = try await third.message("not yet") }
            #expect(held == .removalPending)
            try third.take(try #require(page.entries.last))
            let done = try await third.send(try third.commit())
            #expect(done.position.epoch == 4)
            _ = try await third.message("now")
        }
    }

    @Test func `E7: who was not seen for 400 days is removed before anybody writes`() async throws {
        try await withServer {
            $0.hub.firstRetention = .milliseconds(20)
            $0.hub.retentionInterval = .milliseconds(20)
        } _: { server in
            var (scene, second) = try await scene(server)
            try await scene.alice.client.subscribe()
            second.client.close()
            let (dm, device) = (scene.dm, second.device)
            let database = try Database(
                path: server.scratch.url.appendingPathComponent("server.db").path,
                options: DatabaseOptions(mode: .readWrite))
            let isLost = try await eventually {
                // That it was seen until a moment ago may be written behind this.
                try database.transaction {
                    try database.run(
                        "UPDATE devices SET last_seen = 1, created = 1, activated = 1 WHERE id = ?", device)
                }
                return try await !server.store.lostLeaves(of: dm).isEmpty
            }
            #expect(isLost)
            let wanted: CommitWanted = try await scene.alice.client.next()
            #expect(wanted.conversation == dm)
            let held = try await refusal { _ = try await scene.alice.message("not yet") }
            #expect(held == .removalPending)
            try await scene.alice.catchUp(in: dm)
            try await scene.alice.send(try scene.alice.commit())
            #expect(scene.alice.group?.memberCount == 2)
            _ = try await scene.alice.message("now")
        }
    }

    @Test func `R3: what was left out is found at the next start`() async throws {
        let scratch = try Scratch()
        let first = try await TestServer.start(scratch: scratch)
        let (scene, second) = try await scene(first)
        // The revocation is on disk, and the server ends before it has looked at groups.
        try await first.store.revokeDevice(second.device, of: second.hello.account.id)
        await first.stop()
        let again = try await TestServer.start(scratch: scratch)
        let client = try await again.logIn("alice", device: scene.alice.device, enters: false)
        var last: Entry?
        let found = await eventually {
            let page: LogPage? = try? await client.reply(to: ReadLog(conversation: scene.dm, after: 0))
            last = page?.entries.last
            return last?.payloadKind == PayloadKind.proposal.rawValue
        }
        #expect(found && last?.sender == .server)
    }

    @Test func `R3: a group refuses messages when it was looked at, however much waits for it`() async throws {
        try await withServer { server in
            let (scene, second) = try await scene(server)
            try await server.store.revokeDevice(second.device, of: second.hello.account.id)
            let reader = DeviceReader(account: scene.alice.hello.account.id, device: scene.alice.device)
            let (dm, isOver) = (scene.dm, Later<Int>())
            try await server.server.hub.value { hub in
                var refused = 0
                for _ in 0...HandshakeLine<Int>.most + 1 {
                    hub.desk.read(dm, for: reader, withTree: false) { if case .failure = $0 { refused += 1 } }
                }
                hub.removals.look(in: dm) { [refused] _ in isOver.set(refused) }
            }
            let refused = await isOver.value
            #expect(refused > 0, "the line was full")
            var alice = scene.alice
            let held = try await refusal { _ = try await alice.message("not yet") }
            #expect(held == .removalPending)
        }
    }

    @Test func `R3: whoever cuts somebody off hears that a group does not refuse messages yet`() async throws {
        let isFull = Mutex(true)
        let server = try await TestServer.start(
            trouble: .beforeProposals { () throws(StoreFailure) in
                if isFull.withLock({ $0 }) { throw StoreFailure(.full, "no room") }
            })
        var (scene, second) = try await scene(server)
        let account = scene.bob.hello.account.id
        let early = try await refusal { try await revoke(second, by: scene.bob, on: server) }
        let unwilling = try await failure { try await server.server.hub.closeConnections(account: account) }
        #expect(early == .busy && unwilling?.errorCode == .busy)
        _ = try await scene.alice.message("it goes on")
        isFull.withLock { $0 = false }
        try await server.server.hub.closeConnections(account: account)
        let held = try await refusal { _ = try await scene.alice.message("not yet") }
        #expect(held == .removalPending)
        try await scene.alice.catchUp(in: scene.dm)
        try await scene.alice.send(try scene.alice.commit())
        #expect(scene.alice.group?.memberCount == 2)
    }

    @Test func `R3: what could not be proposed is tried again without anybody's doing`() async throws {
        let isFull = Mutex(true)
        let server = try await TestServer.start(
            trouble: .beforeProposals { () throws(StoreFailure) in
                if isFull.withLock({ $0 }) { throw StoreFailure(.full, "no room") }
            }, change: { $0.hub.removalPause = .milliseconds(5) })
        var (scene, second) = try await scene(server)
        let early = try await refusal { try await revoke(second, by: scene.bob, on: server) }
        #expect(early == .busy)
        isFull.withLock { $0 = false }
        let isHeld = try await eventually {
            try await refusal { _ = try await scene.alice.message("not yet") } == .removalPending
        }
        #expect(isHeld)
    }

    @Test func `R3: a group that another server moves on meanwhile refuses messages all the same`() async throws {
        let move = Mutex<(@Sendable () async throws -> Void)?>(nil)
        let scratch = try Scratch()
        let server = try await TestServer.start(
            scratch: scratch,
            trouble: .beforeProposals { () throws(StoreFailure) in
                do { try await move.withLock { $0.take() }?() } catch { throw StoreFailure(.failed, "\(error)") }
            })
        var (scene, second) = try await scene(server)
        let other = try await TestServer.start(scratch: scratch)
        let line = try await other.logIn("alice", device: scene.alice.device, enters: false)
        let (prepared, position) = (try scene.alice.commit(), try #require(scene.alice.position))
        let asked = ChatProtocol.Commit(
            conversation: scene.dm, id: .unique, position: position, handshake: prepared.handshake,
            groupInfo: prepared.info, welcome: prepared.welcome)
        move.withLock { $0 = { let _: Appended = try await line.reply(to: asked) } }
        try await revoke(second, by: scene.bob, on: server)
        #expect(move.withLock { $0 == nil })
        scene.alice.group = prepared.next
        scene.alice.position?.epoch = position.epoch.advanced(by: 1)
        let held = try await refusal { _ = try await scene.alice.message("not yet") }
        #expect(held == .removalPending)
    }

    @Test func `messages to an open group go on while removals are gathered`() async throws {
        try await withServer { server in
            var carol = try await GroupMember("carol", on: server, seed: 3)
            let everyone = GroupPolicy(
                server: carol.hello.server, group: GroupName(conversation: carol.hello.everyone, incarnation: 0),
                kind: .everyone)
            try await carol.found(try carol.founding(everyone), everyone)
            var dan = try await GroupMember("dan", on: server, seed: 4)
            try await dan.join(carol.hello.everyone)
            try await carol.catchUp(in: carol.hello.everyone)
            try await server.store.revokeDevice(dan.device, of: dan.hello.account.id)
            try await server.server.hub.closeConnections(account: dan.hello.account.id)
            let sent = try await carol.message("on")
            #expect(sent.seq == 3)
        }
    }

    @Test func `who writes and does not stay is asked where nobody stays, also by a server that has begun anew`()
        async throws
    {
        let scratch = try Scratch()
        let first = try await TestServer.start(scratch: scratch)
        let (scene, second) = try await scene(first)
        try await revoke(second, by: scene.bob, on: first)
        await first.stop()
        let again = try await TestServer.start(scratch: scratch)
        let client = try await again.logIn("alice", device: scene.alice.device, enters: false)
        let isAsked = await eventually {
            let append = Append(conversation: scene.dm, id: .unique, payload: [1])
            let _: Appended? = try? await client.reply(to: append)
            return client.waiting.contains { $0.kind == CommitWanted.kind.rawValue }
        }
        #expect(isAsked)
        let wanted: CommitWanted = try await client.next()
        #expect(wanted.conversation == scene.dm && wanted.position.epoch == scene.alice.position?.epoch)
    }
}

@Suite struct RemovalBookTests {
    private let dm = ConversationID(high: 9, low: 1)
    private let readers = (1...3 as ClosedRange<UInt64>).map {
        DeviceReader(account: alice, device: DeviceID(high: 1, low: $0))
    }

    @Test func `one is asked and after some seconds the next`() {
        var book = RemovalBook()
        book.began(dm, candidates: readers)
        let asked = [0, 1_000, 5_000, 10_000, 15_000].map { book.next(dm, at: at($0)) { _ in true } }
        #expect(asked == [readers[0], nil, readers[1], readers[2], readers[0]])
        book.ended(dm)
        #expect(book.conversations.isEmpty)
    }

    @Test func `who is not there is not asked`() {
        var book = RemovalBook()
        book.began(dm, candidates: readers)
        let nobody = book.next(dm, at: at(0)) { _ in false }
        #expect(nobody == nil && !book.isAsking, "nothing is done until somebody comes")
        let strange = book.came(DeviceID(high: 9, low: 9))
        let late = book.next(dm, at: at(9_000)) { _ in true }
        #expect(!strange && late == nil)
        let came = book.came(readers[1].device)
        let second = book.next(dm, at: at(9_000)) { $0 == readers[1] }
        #expect(came && book.isAsking && second == readers[1])
        let again = book.came(readers[1].device)
        #expect(!again, "it was asked")
    }

    @Test func `where nobody stays who writes and goes is asked, and after some seconds the next`() {
        var book = RemovalBook()
        book.began(dm, candidates: readers)
        let early = book.passes(readers[0].device, in: dm, at: at(0))
        #expect(!early, "somebody who stays is looked for first")
        _ = book.next(dm, at: at(0)) { _ in false }
        let strange = book.passes(DeviceID(high: 9, low: 9), in: dm, at: at(0))
        let passing = [0, 1_000, 5_000].map { book.passes(readers[0].device, in: dm, at: at($0)) }
        #expect(!strange && passing == [true, false, true])
        book.ended(dm)
        let late = book.passes(readers[0].device, in: dm, at: at(99_000))
        #expect(!late)
    }

    @Test func `where nobody stays nobody is asked, nor where the group has ended`() {
        var book = RemovalBook()
        book.began(dm, candidates: readers)
        book.began(dm, candidates: [])
        #expect(book.conversations.isEmpty)
        book.began(dm, candidates: readers)
        let nobody = book.next(dm, at: at(0)) { _ in false }
        book.ended(dm)
        let came = book.came(readers[0].device)
        #expect(nobody == nil && !came && !book.isAsking)
    }
}
