import CLISupport
import ChatProtocol
import GroupRules
import MLS
import SQLite
import TestSupport
import Testing

@testable import ChatClient

/// How keys stay fresh (E8), by way of a real server.
@Suite(.endsWhatItStarts) struct FreshKeysTests {
    private static let founded = GroupMark(epoch: 1)

    private func pair(_ server: TestServer) async throws -> (alice: Person, bob: Person) {
        let alice = try await Person.registered("alice", at: server)
        let bob = try await Person.registered("bob", at: server)
        #expect(try await Joining(alice, with: bob).enter() == Self.founded)
        #expect(try await Joining(bob, with: alice).enter() == Self.founded)
        return (alice, bob)
    }

    private func facts(_ joining: Joining) async throws -> CommitPlan.Facts {
        let conversation = joining.conversation
        let leaf = try await joining.client.withStore { try $0.ownLeaf(in: conversation, now: WallClock.now) }
        return try #require(leaf).facts
    }

    /// As if its leaf had these keys for eight days.
    private func age(_ joining: Joining) async throws {
        let conversation = joining.conversation
        try await joining.client.withStore { store in
            _ = try store.ownLeaf(in: conversation, now: WallClock.now)
            try store.database.run("UPDATE own_leaves SET since = since - ?", 8 * 86_400_000)
        }
    }

    @Test func `E8: who came by a Welcome has no path of its own, and whoever founded has`() async throws {
        try await withServer { server in
            let (alice, bob) = try await pair(server)
            #expect(try await !facts(Joining(alice, with: bob)).hasNoPath)
            let joined = try await Joining(bob, with: alice)
            #expect(try await facts(joined).hasNoPath)
            #expect(try await facts(joined).leaves == 2)
        }
    }

    @Test func `E8: a command gives its leaf keys behind its own message, and in no other conversation`() async throws {
        try await withServer { server in
            let (alice, bob) = try await pair(server)
            let other = try await Person.registered("carol", at: server)
            #expect(try await Joining(other, with: bob).enter() == Self.founded)
            #expect(try await Joining(bob, with: other).enter() == Self.founded)
            let sender = try bob.client()
            let sent = await sender.send([alice.to("hello")])
            #expect(sent.map(\.status) == [.accepted])
            let before = try await Joining(bob, with: alice)
            #expect(try await facts(before).hasNoPath)
            await sender.settle()
            #expect(try await !facts(before).hasNoPath)
            #expect(try await before.view().standing.seq == sent[0].seq?.next)
            #expect(try await facts(Joining(bob, with: other)).hasNoPath)
            // The next one has nothing left to do.
            let second = try bob.client()
            let again = await second.send([alice.to("again")])
            await second.settle()
            #expect(try await Joining(bob, with: alice).view().standing.seq == again[0].seq)
            let reader = try await Joining(alice, with: bob)
            _ = try await reader.enter(after: .preconditionFailed)
            #expect(try await reader.bodies() == ["hello", "again"])
        }
    }

    @Test func `E8: a leaf that is a week old is given other keys, by a command and by a lasting connection`()
        async throws
    {
        try await withServer { server in
            let (alice, bob) = try await pair(server)
            let joining = try await Joining(alice, with: bob)
            let first = try await joining.leafKey()
            try await age(joining)
            let command = try alice.client()
            _ = await command.send([bob.to("hello")])
            await command.settle()
            let second = try await joining.leafKey()
            #expect(first != second)
            try await age(joining)
            let client = try alice.client()
            await client.groupKeeper.spread { 0 }
            let listener = try await client.listen(ListenOptions())
            try await listener.untilLive()
            #expect(try await eventually { try await joining.leafKey() != second })
            let reader = try await Joining(bob, with: alice)
            _ = try await reader.enter(after: .preconditionFailed)
            #expect(try await reader.view().context == joining.view().context)
        }
    }

    @Test func `E8: behind a restore a lasting connection goes on with the keys of its leaves, also of who only reads`()
        async throws
    {
        try await withServer { server in
            let (alice, bob) = try await pair(server)
            let first = try await Joining(alice, with: bob).leafKey()
            try await age(Joining(alice, with: bob))
            try await server.isRestored {}
            let client = try alice.client()
            await client.groupKeeper.spread { 0 }
            let listener = try await client.listen(ListenOptions())
            try await listener.untilLive()
            let joining = try await Joining(alice, with: bob)
            #expect(try await eventually { try await joining.leafKey() != first })
        }
    }

    @Test
    func `M3: who comes in the middle of a log takes its hash from the server, and what others have seen confirms it`()
        async throws
    {
        try await withServer { server in
            let (alice, bob) = try await pair(server)
            let writer = try await Joining(alice, with: bob)
            try await writer.writes("before", 1)
            let phone = try Person("bob", at: server.address)
            _ = try await phone.joins(bob)
            let late = try await Joining(phone, with: alice)
            _ = try await late.enter()
            #expect(try await late.view().standing.hash == nil)
            _ = try await late.enter(after: .preconditionFailed)
            _ = try await writer.enter(after: .preconditionFailed)
            let (theirs, ours) = (try await writer.view().standing, try await late.view().standing)
            #expect(ours.hash != nil && ours.hash == theirs.hash && ours.seq == theirs.seq)
            try await writer.writes("behind", 2)
            try await writer.writes("it", 3)
            _ = try await late.enter(after: .preconditionFailed)
            #expect(try await late.bodies().suffix(2) == ["behind", "it"])
            #expect(try await late.client.historyChecks().map(\.status) == [.ok])
        }
    }

    @Test func `M3: a false claim of the server is found by what others have seen`() async throws {
        try await withServer { server in
            let (alice, bob) = try await pair(server)
            let writer = try await Joining(alice, with: bob)
            let phone = try Person("bob", at: server.address)
            _ = try await phone.joins(bob)
            let late = try await Joining(phone, with: alice) { ClaimingWire($0) }
            _ = try await late.enter()
            _ = try await late.enter(after: .preconditionFailed)
            _ = try await writer.enter(after: .preconditionFailed)
            try await writer.writes("true", 1)
            _ = try await late.enter(after: .preconditionFailed)
            #expect(try await late.bodies() == ["true"])
            let checks = try await late.client.historyChecks()
            #expect(checks.map(\.status) == [.failed] && checks[0].problem?.code == "history_forked")
        }
    }

    @Test func `E8: where the answer to such a commit is lost, the next process sends the same bytes`() async throws {
        try await withServer { server in
            let (alice, bob) = try await pair(server)
            let losing = try await Joining(bob, with: alice, losing: .commit)
            let key = try await losing.leafKey()
            await expectRefusal(.unreachable, "unreachable") { try await losing.commit(.path(after: key)) }
            let joining = try await Joining(bob, with: alice)
            #expect(try await facts(joining).isWaiting)
            let seq = try #require(try await joining.view().standing.seq.next)
            let command = try bob.client()
            #expect(await command.send([alice.to("hello")]).map(\.status) == [.accepted])
            await command.settle()
            let view = try await joining.view()
            #expect(!view.isWaiting && view.standing.seq == seq.next)
            #expect(try await !facts(joining).hasNoPath)
        }
    }
}

/// A wire on which the server claims another hash of the log than it has.
private final class ClaimingWire: GroupWire {
    private let base: any GroupWire

    init(_ base: any GroupWire) { self.base = base }

    func ask<Body: FrameBody, Reply: FrameBody>(_ body: Body) async throws(Problem) -> Reply {
        let reply: Reply = try await base.ask(body)
        guard var page = reply as? LogPage else { return reply }
        page.hash = [UInt8](repeating: 7, count: LogPage.hashBytes)
        return page as? Reply ?? reply
    }
}
