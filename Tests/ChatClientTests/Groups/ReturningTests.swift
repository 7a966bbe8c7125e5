import CLISupport
import ChatProtocol
import Foundation
import GroupRules
import MLS
import SQLite
import Synchronization
import TestSupport
import Testing

@testable import ChatClient
@testable import ChatServer

/// How devices come back, and go on after somebody has begun anew, by way of a real server.
@Suite(.endsWhatItStarts) struct ReturningTests {
    private static let founded = GroupMark(epoch: 1)
    private static let anew = GroupMark(incarnation: 1, epoch: 1)

    private func pair(_ server: TestServer) async throws -> (alice: Person, bob: Person) {
        let alice = try await Person.registered("alice", at: server)
        let bob = try await Person.registered("bob", at: server)
        #expect(try await Joining(alice, with: bob).enter() == Self.founded)
        #expect(try await Joining(bob, with: alice).enter() == Self.founded)
        return (alice, bob)
    }

    /// Begins an account anew, on a machine of its own.
    private func reset(_ name: UserName, at server: TestServer) async throws -> Person {
        let person = try Person(name.text, at: server.address)
        let client = try person.client()
        _ = try await client.login(
            user: name, password: Person.password, deviceName: "new", wish: LoginWish(confirmReset: { _ in true }))
        _ = try await client.loggedInLink()
        await client.settle()
        return person
    }

    /// Reads somebody's chain, and takes the key that it has now.
    private func accept(_ name: UserName, _ joining: Joining) async throws {
        try await joining.joiner.refresh(joining.peer.account, name)
        let account = joining.peer.account
        let root = try await joining.client.withStore { try $0.chain(of: account)?.root }
        _ = try await joining.client.acceptKey(of: name, AccountFingerprint(try #require(root)))
    }

    /// Both are in one group, and read what the other writes.
    private func expectTalk(_ one: Joining, _ other: Joining, _ number: UInt64) async throws {
        try await one.writes("from one", number)
        _ = try await other.enter(after: .preconditionFailed)
        try await other.writes("from other", number + 1)
        _ = try await one.enter(after: .preconditionFailed)
        #expect(try await one.view().context == other.view().context)
        #expect(try await one.bodies().suffix(2) == ["from one", "from other"])
        #expect(try await other.bodies().suffix(2) == ["from one", "from other"])
    }

    @Test func `I2: who stays founds the next incarnation for a party that began anew`() async throws {
        try await withServer { server in
            let (alice, bob) = try await pair(server)
            let fresh = try await reset(bob.name, at: server)
            let staying = try await Joining(alice, with: bob)
            // Nothing is given to a key that nobody has accepted.
            try await staying.joiner.refresh(staying.peer.account, bob.name)
            #expect(try await staying.passage() != .open)
            await expectRefusal(.untrusted, "key_changed") { try await staying.enter(after: .removalPending) }
            try await accept(bob.name, staying)
            #expect(try await staying.passage() == .commitFirst)
            #expect(try await staying.enter(after: .removalPending) == Self.anew)
            #expect(try await staying.passage() == .open)
            let other = try await Joining(fresh, with: alice)
            #expect(try await other.enter() == Self.anew)
            try await expectTalk(staying, other, 1)
        }
    }

    @Test func `E3: a founding that waits while a party begins anew is made anew`() async throws {
        try await withServer { server in
            let alice = try await Person.registered("alice", at: server)
            let bob = try await Person.registered("bob", at: server)
            let lost = try await Joining(alice, with: bob) { LosingWire($0, losing: .foundGroup, isRequest: true) }
            await #expect(throws: Problem.self) { try await lost.enter() }
            let fresh = try await reset(bob.name, at: server)
            let one = try await Joining(alice, with: bob)
            try await accept(bob.name, one)
            #expect(try await one.enter() == Self.founded)
            let other = try await Joining(fresh, with: alice)
            #expect(try await other.enter() == Self.founded)
            try await expectTalk(one, other, 1)
        }
    }

    @Test func `I2: who began anew founds it, and whoever held the former one follows it from its founding`()
        async throws
    {
        try await withServer { server in
            let (alice, bob) = try await pair(server)
            let fresh = try await Joining(try await reset(bob.name, at: server), with: alice)
            #expect(try await fresh.enter() == Self.anew)
            try await fresh.writes("hello", 1)
            let staying = try await Joining(alice, with: bob)
            try await accept(bob.name, staying)
            #expect(try await staying.enter(after: .preconditionFailed) == Self.anew)
            // The Welcome leads to where it was written; what came behind it is read.
            #expect(try await staying.enter(after: .preconditionFailed) == Self.anew)
            #expect(try await staying.bodies() == ["hello"])
            try await expectTalk(staying, fresh, 2)
            #expect(
                try await staying.client.withStore { store in
                    let group = GroupName(conversation: staying.conversation, incarnation: 0)
                    return try store.tombstone(of: group) == 1
                        && store.groupRows.row(
                            RowKey(groupId: group.groupId, kind: .head)) == nil
                })
        }
    }

    @Test(arguments: [false, true])
    func `I2: who is enabled again is written to and writes, in the next incarnation`(
        writesFirst: Bool
    ) async throws {
        try await withServer { server in
            let (alice, bob) = try await pair(server)
            try await server.administer(.setFlag(bob.name, .disabled, isOn: true))
            let refused = try await alice.client().send([bob.to("while he is away")])
            #expect(refused.first?.problem?.code == "no_device")
            try await server.administer(.setFlag(bob.name, .disabled, isOn: false))
            let (one, other) = writesFirst ? (bob, alice) : (alice, bob)
            let sent = try await one.client().send([other.to("again")], options: SendOptions(timeout: .patience))
            #expect(sent.map(\.status) == [.accepted], "\(sent)")
            try await other.client().sync(patience: .patience)
            let answered = try await other.client().send([one.to("answer")])
            #expect(answered.map(\.status) == [.accepted], "\(answered)")
            let listener = try await one.client().listen(ListenOptions())
            #expect(try await listener.brings("answer"))
        }
    }

    @Test func `I2: a later incarnation that goes on from another history is not entered`() async throws {
        try await withServer { server in
            let (alice, bob) = try await pair(server)
            let staying = try await Joining(alice, with: bob)
            // As if she had been in a later epoch of the former one than it says.
            _ = try await staying.joiner.make(CommitWish { _, _ in [] }, staying.conversation)
            let judge = staying.joiner.place.judge
            let conversation = staying.conversation
            try await staying.joiner.store.withOpener { opener, store in
                try opener.change(conversation, in: store) { held in
                    let rows = store.groupRows
                    let standing = try #require(try store.groupStanding(of: conversation))
                    var group = try held.current(standing.group.groupId, in: rows, judge: judge)
                    try group.mergePending()
                    try held.save(group, to: rows)
                    try store.dropWaitingCommit(of: conversation)
                }
            }
            let fresh = try await Joining(try await reset(bob.name, at: server), with: alice)
            #expect(try await fresh.enter() == Self.anew)
            try await accept(bob.name, staying)
            await expectRefusal(.untrusted, "history_forked") { try await staying.enter(after: .preconditionFailed) }
        }
    }

    @Test(arguments: [nil, FrameKind.readGroup, .commit, .readLog])
    func `S3: who cannot process a commit comes back over its own leaf, having followed the log itself`(
        lost: FrameKind?
    ) async throws {
        try await withServer { server in
            let (alice, bob) = try await pair(server)
            let lame = try await Joining(alice, with: bob)
            let other = try await Joining(bob, with: alice)
            // Her private keys are gone.
            try await lame.client.losesPrivateKeys()
            _ = try await other.commit(.path(after: try await other.leafKey()))
            _ = try await other.commit(.path(after: try await other.leafKey()))
            if let lost {
                let losing = try await Joining(alice, with: bob, losing: lost)
                _ = try? await losing.enter(after: .preconditionFailed)
            }
            #expect(try await lame.enter(after: .preconditionFailed) == GroupMark(epoch: 4))
            #expect(try await lame.view().devices.count == 2)
            #expect(try await other.enter(after: .preconditionFailed) == GroupMark(epoch: 4))
            try await expectTalk(lame, other, 1)
            #expect(try await !lame.view().isWaiting)
        }
    }

    @Test func `S3: who would come back to what has ended takes the Welcome into what goes on from it`() async throws {
        try await withServer { server in
            let (alice, bob) = try await pair(server)
            let lame = try await Joining(alice, with: bob)
            let former = try await Joining(bob, with: alice)
            try await lame.client.losesPrivateKeys()
            _ = try await former.commit(.path(after: try await former.leafKey()))
            let fresh = try await Joining(try await reset(bob.name, at: server), with: alice)
            #expect(try await fresh.enter() == Self.anew)
            try await fresh.writes("hello", 1)
            try await accept(bob.name, lame)
            #expect(try await lame.enter(after: .preconditionFailed) == Self.anew)
            #expect(try await lame.enter(after: .preconditionFailed) == Self.anew)
            #expect(try await lame.bodies() == ["hello"])
            try await expectTalk(lame, fresh, 2)
        }
    }

    @Test func `S3: a commit that cannot be processed is reported, and coming back is told as a gap`() async throws {
        try await withServer { server in
            let (alice, bob) = try await pair(server)
            let other = try await Joining(bob, with: alice)
            let spy = SpyWire.Book()
            let lame = try await Joining(alice, with: bob) { SpyWire($0, spy) }
            try await lame.client.losesPrivateKeys()
            _ = try await other.commit(.path(after: try await other.leafKey()))
            let seq = try await other.view().standing.seq
            #expect(try await lame.enter(after: .preconditionFailed) == GroupMark(epoch: 3))
            #expect(spy.reports.map(\.seq) == [seq] && spy.reports.map(\.conversation) == [lame.conversation])
            let reasons = try await lame.client.withStore { store in
                try store.database.all("SELECT reason FROM gaps") { $0.text(0) }
            }
            #expect(reasons == ["resync"])
        }
    }

    @Test func `S3: a group that the log does not lead to is not entered`() async throws {
        try await withServer { server in
            let (alice, bob) = try await pair(server)
            let other = try await Joining(bob, with: alice)
            _ = try await other.commit(.path(after: try await other.leafKey()))
            let misled = try await Joining(alice, with: bob) { HidingWire($0) }
            try await misled.client.losesPrivateKeys()
            _ = try await other.commit(.path(after: try await other.leafKey()))
            await expectRefusal(.untrusted, "history_forked") {
                try await misled.joiner.join(misled.conversation, as: .direct(misled.peer), isReturning: true)
            }
        }
    }

    @Test func `who is told less than another process knows by now, or of more than it was given, does not come back`()
        async throws
    {
        try await withServer { server in
            let (alice, bob) = try await pair(server)
            let other = try await Joining(bob, with: alice)
            let second = try await Joining(alice, with: bob)
            // While she reads, another process of hers commits, and the server says where it stood before.
            let late = try await Joining(alice, with: bob) { base in
                MeanwhileWire(base, isBefore: false) {
                    _ = try? await second.commit(.path(after: try await second.leafKey()))
                }
            }
            #expect(try await late.enter(after: .preconditionFailed) == GroupMark(epoch: 2))
            // Bob commits between the page and the word of where the conversation stands.
            let quick = try await Joining(alice, with: bob) { base in
                MeanwhileWire(base, isBefore: true) {
                    _ = try? await other.enter(after: .preconditionFailed)
                    _ = try? await other.commit(.path(after: try await other.leafKey()))
                }
            }
            #expect(try await quick.enter(after: .preconditionFailed) == GroupMark(epoch: 3))
            #expect(try await quick.client.withStore { try $0.resynced(in: quick.conversation) } == nil)
        }
    }

    // MARK: S4

    @Test func `S4: after a restore members commit in the new generation before anything is written`() async throws {
        try await withServer { server in
            let (alice, bob) = try await pair(server)
            await server.stop()
            try server.copyStore()
            try server.restoreStore()
            try await server.startAgain()
            let one = try await Joining(alice, with: bob)
            #expect(try await one.enter(after: .preconditionFailed) == Self.founded)
            await expectRefusal(.temporary, "removal_pending") { try await one.writes("early", 9) }
            #expect(try await one.enter(after: .removalPending) == GroupMark(epoch: 2))
            let other = try await Joining(bob, with: alice)
            #expect(try await other.enter(after: .preconditionFailed) == GroupMark(epoch: 2))
            try await expectTalk(one, other, 1)
        }
    }

    /// Bob and alice are two epochs further than the server, which is restored.
    private func further(_ server: TestServer, _ alice: Person, _ bob: Person) async throws {
        await server.stop()
        try server.copyStore()
        try await server.startAgain()
        let one = try await Joining(alice, with: bob)
        _ = try await one.commit(.path(after: try await one.leafKey()))
        _ = try await one.commit(.path(after: try await one.leafKey()))
        let other = try await Joining(bob, with: alice)
        #expect(try await other.enter(after: .preconditionFailed) == GroupMark(epoch: 3))
        await server.stop()
        try server.restoreStore()
        try await server.startAgain()
    }

    @Test(arguments: [nil, FrameKind.readLog, .readGroup, .takeKeyPackages, .foundGroup, .readWelcome])
    func `S4: who was further founds the next incarnation, and the others read what is written there`(
        lost: FrameKind?
    ) async throws {
        try await withServer { server in
            let (alice, bob) = try await pair(server)
            try await further(server, alice, bob)
            if let lost {
                for (person, other) in [(alice, bob), (bob, alice)] {
                    let losing = try await Joining(person, with: other, losing: lost)
                    _ = try? await losing.enter(after: .preconditionFailed)
                }
            }
            let back = try await Joining(alice, with: bob)
            #expect(try await back.enter(after: .preconditionFailed) == Self.anew)
            // Before he has come.
            try await back.writes("hello", 7)
            let late = try await Joining(bob, with: alice)
            #expect(try await late.enter(after: .preconditionFailed) == Self.anew)
            #expect(try await late.enter(after: .preconditionFailed) == Self.anew)
            #expect(try await late.bodies() == ["hello"])
            try await expectTalk(back, late, 1)
            #expect(try await !back.view().isWaiting)
        }
    }

    @Test func `S4: of two who found it at once one is late, and nothing is lost to it`() async throws {
        try await withServer { server in
            let (alice, bob) = try await pair(server)
            try await further(server, alice, bob)
            let (one, other) = (try await Joining(alice, with: bob), try await Joining(bob, with: alice))
            async let first = one.enter(after: .preconditionFailed)
            async let second = other.enter(after: .preconditionFailed)
            #expect(try await [first, second] == [Self.anew, Self.anew])
            try await expectTalk(one, other, 1)
        }
    }

    /// - Parameter isTaken: the founding was, before the backup; else it is sent again behind the restore.
    @Test(arguments: [true, false])
    func `M3: who enters behind a restore has the log that its founder has`(isTaken: Bool) async throws {
        try await withServer { server in
            let alice = try await Person.registered("alice", at: server)
            let bob = try await Person.registered("bob", at: server)
            let one = try await Joining(alice, with: bob)
            if isTaken {
                _ = try await one.enter()
                try await one.writes("before", 9)
            }
            await server.stop()
            try server.copyStore()
            if !isTaken {
                try await server.startAgain()
                let losing = try await Joining(alice, with: bob, losing: .foundGroup)
                await expectRefusal(.unreachable, "unreachable") { try await losing.enter() }
                await server.stop()
            }
            try server.restoreStore()
            try await server.startAgain()
            let back = try await Joining(alice, with: bob)
            _ = try await back.enter(after: .removalPending)
            _ = try await back.enter(after: .preconditionFailed)
            let other = try await Joining(bob, with: alice)
            _ = try await other.enter()
            _ = try await other.enter(after: .preconditionFailed)
            try await expectTalk(back, other, 1)
            try await expectTalk(other, back, 3)
            for joining in [back, other] {
                #expect(try await joining.client.withStore { try $0.historyEvidence() }.isEmpty)
            }
        }
    }

    /// Two whose group the server, restored, knows nothing of.
    private func withLostGroup(_ server: TestServer) async throws -> (alice: Person, bob: Person) {
        let alice = try await Person.registered("alice", at: server)
        let bob = try await Person.registered("bob", at: server)
        try await loseGroup(of: alice, bob, server)
        return (alice, bob)
    }

    /// Both enter a group, of which the server, restored, knows nothing then.
    private func loseGroup(of alice: Person, _ bob: Person, _ server: TestServer) async throws {
        _ = try await Joining(alice, with: bob)
        await server.stop()
        try server.copyStore()
        try await server.startAgain()
        #expect(try await Joining(alice, with: bob).enter() == Self.founded)
        #expect(try await Joining(bob, with: alice).enter() == Self.founded)
        await server.stop()
        try server.restoreStore()
        try await server.startAgain()
    }

    @Test func `S4: a group that a restore has lost goes on from what its members have`() async throws {
        try await withServer { server in
            let (alice, bob) = try await withLostGroup(server)
            let other = try await Joining(bob, with: alice)
            #expect(try await other.enter(after: .preconditionFailed) == Self.anew)
            let one = try await Joining(alice, with: bob)
            #expect(try await one.enter(after: .preconditionFailed) == Self.anew)
            try await expectTalk(one, other, 1)
        }
    }

    /// The server is restored to where both founded; meanwhile bob was two epochs further, and alice was not.
    private func behind(_ server: TestServer, _ alice: Person, _ bob: Person) async throws -> Joining {
        await server.stop()
        try server.copyStore()
        try await server.startAgain()
        let ahead = try await Joining(bob, with: alice)
        _ = try await ahead.commit(.path(after: try await ahead.leafKey()))
        _ = try await ahead.commit(.path(after: try await ahead.leafKey()))
        await server.stop()
        try server.restoreStore()
        try await server.startAgain()
        let one = try await Joining(alice, with: bob)
        #expect(try await one.enter(after: .preconditionFailed) == Self.founded)
        #expect(try await one.enter(after: .removalPending) == GroupMark(epoch: 2))
        return one
    }

    /// Who founded the group needs its own commit to follow it from the founding.
    @Test(arguments: [false, true], [false, true])
    func `S4: a lost epoch is not taken for the one that has its number now`(
        hasFounded: Bool, isDelivered: Bool
    ) async throws {
        try await withServer { server in
            let (alice, bob) = try await pair(server)
            let (further, staying) = hasFounded ? (alice, bob) : (bob, alice)
            await server.stop()
            try server.copyStore()
            try await server.startAgain()
            let ahead = try await Joining(further, with: staying)
            #expect(try await ahead.commit(.path(after: try await ahead.leafKey())) == GroupMark(epoch: 2))
            await server.stop()
            try server.restoreStore()
            try await server.startAgain()
            let one = try await Joining(staying, with: further)
            #expect(try await one.enter(after: .preconditionFailed) == Self.founded)
            #expect(try await one.enter(after: .removalPending) == GroupMark(epoch: 2))
            try await one.writes("while they are away", 9)
            if isDelivered { try await further.client().sync(patience: .patience) }
            let late = try await Joining(further, with: staying)
            _ = try await late.enter(after: .preconditionFailed)
            _ = try await one.enter(after: .preconditionFailed)
            try await expectTalk(late, one, 1)
        }
    }

    @Test func `S4: who was further comes back to what others have made of an epoch in which they were`() async throws {
        try await withServer { server in
            let (alice, bob) = try await pair(server)
            let one = try await behind(server, alice, bob)
            let late = try await Joining(bob, with: alice)
            #expect(try await late.enter(after: .preconditionFailed) == GroupMark(epoch: 3))
            #expect(try await one.enter(after: .preconditionFailed) == GroupMark(epoch: 3))
            try await expectTalk(late, one, 1)
        }
    }

    @Test func `S4: nobody comes back to what no epoch leads to in which they were, until they go on in spite of it`()
        async throws
    {
        try await withServer { server in
            let (alice, bob) = try await pair(server)
            let one = try await behind(server, alice, bob)
            let late = try await Joining(bob, with: alice)
            try await late.client.withStore { store in
                try store.write { try store.database.run("UPDATE group_transcripts SET hash = zeroblob(32)") }
            }
            await expectRefusal(.untrusted, "history_forked") { try await late.enter(after: .preconditionFailed) }
            let checks = try await late.client.historyChecks()
            #expect(checks.map(\.status) == [.failed] && checks[0].problem?.code == "history_forked")
            _ = try await late.client.acceptFork(in: .user(alice.name))
            #expect(try await late.client.historyChecks().map(\.status) == [.ok])
            let anew = try await Joining(bob, with: alice)
            #expect(try await anew.enter() == GroupMark(epoch: 3))
            #expect(try await one.enter(after: .preconditionFailed) == GroupMark(epoch: 3))
            try await expectTalk(anew, one, 1)
        }
    }

    @Test func `S4: a conversation that a restore has lost goes on, and what is written there first is read`()
        async throws
    {
        try await withServer { server in
            let alice = try await Person.registered("alice", at: server)
            let bob = try await Person.registered("bob", at: server)
            for person in [alice, bob] { try await person.client().leavesPackages() }
            await server.stop()
            try server.copyStore()
            try await server.startAgain()
            #expect(try await alice.client().send([bob.to("lost")]).map(\.status) == [.accepted])
            let first = try await bob.client().listen(ListenOptions())
            #expect(try await first.nextMessage()?.body == "lost")
            #expect(try await bob.client().send([alice.to("too")]).map(\.status) == [.accepted])
            await server.stop()
            try server.restoreStore()
            try await server.startAgain()
            let sender = try alice.client()
            let sent = await sender.send([bob.to("again")])
            #expect(sent.map(\.status) == [.accepted], "\(sent)")
            await sender.settle()
            #expect(try await first.nextMessage()?.body == "again")
            #expect(try await bob.client().send([alice.to("answer")]).map(\.status) == [.accepted])
            let other = try await alice.client().listen(ListenOptions())
            #expect(try await other.brings("answer"))
        }
    }

    @Test func `S4: who holds nothing any more of a group that is lost founds the next one, as who holds it does`()
        async throws
    {
        try await withServer { server in
            let (alice, bob) = try await withLostGroup(server)
            let one = try await Joining(alice, with: bob)
            let conversation = one.conversation
            try await one.client.withStore { store in
                try store.write {
                    let group = try #require(try store.groupStanding(of: conversation)).group
                    try store.dropGroup(group.groupId)
                    try store.database.run("DELETE FROM group_standings WHERE conversation = ?", conversation)
                }
            }
            #expect(try await one.enter() == Self.anew)
            let other = try await Joining(bob, with: alice)
            #expect(try await other.enter(after: .preconditionFailed) == Self.anew)
            try await expectTalk(one, other, 1)
        }
    }

    @Test func `S4: whom a device that knows nothing has overtaken goes on only in spite of it`() async throws {
        try await withServer { server in
            let alice = try await Person.registered("alice", at: server)
            let bob = try await Person.registered("bob", at: server)
            let phone = try Person("alice", at: server.address)
            _ = try await phone.joins(alice)
            try await phone.client().leavesPackages()
            try await loseGroup(of: alice, bob, server)
            // Neither it nor the server can know that there was one.
            let fresh = try await Joining(phone, with: bob)
            #expect(try await fresh.enter() == Self.founded)
            let staying = try await Joining(bob, with: alice)
            await expectRefusal(.untrusted, "history_forked") { try await staying.enter(after: .preconditionFailed) }
            _ = try await staying.client.acceptFork(in: .user(alice.name))
            let anew = try await Joining(bob, with: alice)
            _ = try await anew.enter()
            _ = try await fresh.enter(after: .preconditionFailed)
            try await expectTalk(anew, fresh, 1)
        }
    }

    @Test func `S4: a device that came from outside is in what goes on from before it came`() async throws {
        try await withServer { server in
            let (alice, bob) = try await pair(server)
            let phone = try Person("bob", at: server.address)
            _ = try await phone.joins(bob)
            try await phone.client().leavesPackages()
            await server.stop()
            try server.copyStore()
            try await server.startAgain()
            #expect(try await Joining(phone, with: alice).enter() == GroupMark(epoch: 2))
            let one = try await Joining(alice, with: bob)
            #expect(try await one.enter(after: .preconditionFailed) == GroupMark(epoch: 2))
            await server.stop()
            try server.restoreStore()
            try await server.startAgain()
            let back = try await Joining(alice, with: bob)
            #expect(try await back.enter(after: .preconditionFailed) == Self.anew)
            let late = try await Joining(phone, with: alice)
            #expect(try await late.enter(after: .preconditionFailed) == Self.anew)
            try await expectTalk(back, late, 1)
        }
    }

    /// - Parameter comesFirst: who was never in the group from which the lost one went on.
    @Test(arguments: [false, true])
    func `S4: who was only in a lost incarnation goes on from where that had begun`(comesFirst: Bool) async throws {
        try await withServer { server in
            let (alice, bob) = try await pair(server)
            let fresh = try await reset(bob.name, at: server)
            await server.stop()
            try server.copyStore()
            try await server.startAgain()
            let staying = try await Joining(alice, with: bob)
            try await accept(bob.name, staying)
            #expect(try await staying.enter(after: .removalPending) == Self.anew)
            #expect(try await Joining(fresh, with: alice).enter() == Self.anew)
            await server.stop()
            try server.restoreStore()
            try await server.startAgain()
            let (one, other) = (try await Joining(alice, with: bob), try await Joining(fresh, with: alice))
            for joining in comesFirst ? [other, one] : [one, other] {
                _ = try await joining.enter(after: .preconditionFailed)
            }
            _ = try await one.enter(after: .preconditionFailed)
            try await expectTalk(one, other, 1)
        }
    }

    @Test func `S4: nobody goes on from an epoch in which they never were`() async throws {
        try await withServer { server in
            let (alice, bob) = try await pair(server)
            try await further(server, alice, bob)
            let late = try await Joining(bob, with: alice)
            // As if he had been in another epoch than the one that the server is in now.
            try await late.client.withStore { store in
                try store.write {
                    try store.database.run("UPDATE group_transcripts SET hash = zeroblob(32) WHERE epoch = 1")
                }
            }
            let back = try await Joining(alice, with: bob)
            #expect(try await back.enter(after: .preconditionFailed) == Self.anew)
            await expectRefusal(.untrusted, "history_forked") { try await late.enter(after: .preconditionFailed) }
            #expect(try await late.view().standing.group.incarnation == 0)
        }
    }
}

/// A wire on which it is written down what is reported.
final class SpyWire: GroupWire {
    final class Book: Sendable {
        private let kept = Mutex<[ReportCommit]>([])
        var reports: [ReportCommit] { kept.withLock { $0 } }
        func add(_ report: ReportCommit) { kept.withLock { $0.append(report) } }
    }

    private let base: any GroupWire
    private let book: Book

    init(_ base: any GroupWire, _ book: Book) {
        self.base = base
        self.book = book
    }

    func ask<Body: FrameBody, Reply: FrameBody>(_ body: Body) async throws(Problem) -> Reply {
        if let report = body as? ReportCommit { book.add(report) }
        return try await base.ask(body)
    }
}

/// A wire on which the server leaves commits out of the log.
private final class HidingWire: GroupWire {
    private let base: any GroupWire

    init(_ base: any GroupWire) { self.base = base }

    func ask<Body: FrameBody, Reply: FrameBody>(_ body: Body) async throws(Problem) -> Reply {
        let reply: Reply = try await base.ask(body)
        guard var page = reply as? LogPage else { return reply }
        page.entries.removeAll { $0.payloadKind == PayloadKind.commit.rawValue && $0.seq == 2 }
        return page as? Reply ?? reply
    }
}

/// A wire on which something happens while the first page of a log is under way.
private final class MeanwhileWire: GroupWire {
    private let base: any GroupWire
    /// The page is of before it, and where the conversation stands of behind it; else both are of before it.
    private let isBefore: Bool
    private let meanwhile: @Sendable () async throws -> Void
    private let hasHappened = Mutex(false)

    init(_ base: any GroupWire, isBefore: Bool, _ meanwhile: @escaping @Sendable () async throws -> Void) {
        self.base = base
        self.isBefore = isBefore
        self.meanwhile = meanwhile
    }

    func ask<Body: FrameBody, Reply: FrameBody>(_ body: Body) async throws(Problem) -> Reply {
        let reply: Reply = try await base.ask(body)
        let isFirst = hasHappened.withLock { hasHappened in
            defer { hasHappened = hasHappened || Body.kind == .readLog }
            return Body.kind == .readLog && !hasHappened
        }
        guard isFirst, var page = reply as? LogPage else { return reply }
        try? await meanwhile()
        if isBefore {
            let behind: Reply = try await base.ask(body)
            if let behind = behind as? LogPage { page.standing = behind.standing }
        }
        return page as? Reply ?? reply
    }
}
