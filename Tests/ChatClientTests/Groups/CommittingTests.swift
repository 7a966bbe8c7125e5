import CLISupport
import ChatProtocol
import GroupRules
import MLS
import TestSupport
import Testing

@testable import ChatClient

/// How members go on by the log and commit, by way of a real server.
@Suite(.endsWhatItStarts) struct CommittingTests {
    /// Alice with two devices, and bob, all in one group.
    private struct Scene {
        let alice: Person
        let bob: Person
        let phone: Person
        let phoneDevice: DeviceID
        /// Where they all are.
        let mark: GroupMark
        /// Where they are after one more commit, and after two.
        var next: GroupMark { GroupMark(epoch: mark.epoch.advanced(by: 1)) }
        var second: GroupMark { GroupMark(epoch: mark.epoch.advanced(by: 2)) }

        init(_ server: TestServer) async throws {
            alice = try await Person.registered("alice", at: server)
            bob = try await Person.registered("bob", at: server)
            phone = try Person("alice", at: server.address)
            _ = try await phone.joins(alice)
            let waiting = try phone.client()
            try await waiting.leavesPackages()
            phoneDevice = try await waiting.identity().device
            #expect(try await Joining(alice, with: bob).enter() == GroupMark(epoch: 1))
            #expect(try await Joining(bob, with: alice).enter() == GroupMark(epoch: 1))
            // From outside, where it has published no package in time.
            mark = try await Joining(phone, with: bob).enter()
            _ = try await Joining(alice, with: bob).enter(after: .preconditionFailed)
            _ = try await Joining(bob, with: alice).enter(after: .preconditionFailed)
        }
    }

    private func path(of joining: Joining) async throws -> CommitWish { .path(after: try await joining.leafKey()) }

    @Test(arguments: [nil, FrameKind.commit])
    func `a commit is placed by its answer, also when that came twice, and others follow by the log`(
        lost: FrameKind?
    ) async throws {
        try await withServer { server in
            let scene = try await Scene(server)
            let first = try await Joining(scene.alice, with: scene.bob)
            let before = try await first.view()
            if let lost {
                let losing = try await Joining(scene.alice, with: scene.bob, losing: lost)
                let wish = try await path(of: losing)
                await expectRefusal(.unreachable, "unreachable") { try await losing.commit(wish) }
                #expect(try await first.view().isWaiting)
                // The next process sends the same bytes.
                #expect(try await first.enter() == scene.next)
            } else {
                #expect(try await first.commit(try await path(of: first)) == scene.next)
            }
            let after = try await first.view()
            #expect(after.standing.seq == before.standing.seq.next && !after.isWaiting)
            for (person, other) in [(scene.bob, scene.alice), (scene.phone, scene.bob)] {
                let late = try await Joining(person, with: other)
                #expect(try await late.enter() == scene.mark)
                #expect(try await late.enter(after: .preconditionFailed) == scene.next)
                let same = try await late.view()
                #expect(same.context == after.context && same.standing.seq == after.standing.seq)
            }
        }
    }

    @Test func `who commits behind the others reads what they did, and commits anew`() async throws {
        try await withServer { server in
            let scene = try await Scene(server)
            let (one, other) = (
                try await Joining(scene.alice, with: scene.bob), try await Joining(scene.bob, with: scene.alice)
            )
            let (mine, theirs) = (try await path(of: one), try await path(of: other))
            #expect(try await one.joiner.make(mine, one.conversation) == .made(.commit))
            #expect(try await other.joiner.make(theirs, other.conversation) == .made(.commit))
            #expect(try await one.commit(mine) == scene.next)
            #expect(try await other.commit(theirs) == scene.second)
            #expect(try await one.enter(after: .preconditionFailed) == scene.second)
            let (here, there) = (try await one.view(), try await other.view())
            #expect(here.context == there.context && here.standing == there.standing)
            #expect(!here.isWaiting && !there.isWaiting)
        }
    }

    @Test func `two processes of one profile make one commit of one wish`() async throws {
        try await withServer { server in
            let scene = try await Scene(server)
            let (one, other) = (
                try await Joining(scene.alice, with: scene.bob), try await Joining(scene.alice, with: scene.bob)
            )
            let wish = try await path(of: one)
            let before = try await one.view().standing
            async let first = one.commit(wish)
            async let second = other.commit(wish)
            #expect(try await [first, second] == [scene.next, scene.next])
            let view = try await one.view()
            #expect(view.standing.seq == before.seq.next && !view.isWaiting)
        }
    }

    @Test func `R1: who is revoked is removed before anything is written`() async throws {
        try await withServer { server in
            let scene = try await Scene(server)
            _ = try await scene.alice.client().revokeDevice(scene.phoneDevice.hex)
            let bob = try await Joining(scene.bob, with: scene.alice)
            #expect(try await bob.enter(after: .removalPending) == scene.next)
            let view = try await bob.view()
            #expect(view.devices.count == 2 && !view.devices.contains(scene.phoneDevice))
            let alice = try await Joining(scene.alice, with: scene.bob)
            #expect(try await alice.enter(after: .removalPending) == scene.next)
            #expect(try await alice.view().context == view.context)
        }
    }

    @Test func `J6: who holds a revocation removes its leaf, also where nobody has proposed it`() async throws {
        try await withServer { server in
            let scene = try await Scene(server)
            _ = try await scene.alice.client().revokeDevice(scene.phoneDevice.hex)
            let alice = try await Joining(scene.alice, with: scene.bob)
            // Her log is not read, so no proposal is known here; her own chain is.
            #expect(try await alice.commit(.nothing) == scene.next)
            let view = try await alice.view()
            #expect(view.devices.count == 2 && !view.devices.contains(scene.phoneDevice))
            let bob = try await Joining(scene.bob, with: scene.alice)
            #expect(try await bob.enter(after: .preconditionFailed) == scene.next)
            #expect(try await bob.view().context == view.context)
        }
    }

    @Test(arguments: [FrameKind.readLog, .commit])
    func `an answer that is lost on the way to a removal is asked for again`(kind: FrameKind) async throws {
        try await withServer { server in
            let scene = try await Scene(server)
            _ = try await scene.alice.client().revokeDevice(scene.phoneDevice.hex)
            let losing = try await Joining(scene.bob, with: scene.alice, losing: kind)
            _ = try? await losing.enter(after: .removalPending)
            let bob = try await Joining(scene.bob, with: scene.alice)
            #expect(try await bob.enter(after: .removalPending) == scene.next)
            let view = try await bob.view()
            #expect(view.devices.count == 2 && !view.isWaiting)
        }
    }

    @Test func `what others wrote is opened on the way to the head, and their names are asked for`() async throws {
        try await withServer { server in
            let scene = try await Scene(server)
            let alice = try await Joining(scene.alice, with: scene.bob)
            for number in 1...3 { try await alice.writes("text \(number)", UInt64(number)) }
            _ = try await alice.commit(try await path(of: alice))
            try await alice.writes("text 4", 4)
            let bob = try await Joining(scene.bob, with: scene.alice)
            try await bob.client.withStore { store in
                try store.write { try store.database.run("DELETE FROM accounts WHERE name = 'alice'") }
            }
            #expect(try await bob.enter(after: .preconditionFailed) == scene.next)
            let conversation = bob.conversation
            let known = try await bob.client.withStore { store in
                try store.database.first("SELECT count(*) FROM accounts WHERE name = 'alice'") { $0.int(0) }
            }
            #expect(known == 1)
            let bodies = try await bob.client.withStore { store in
                try store.database.all(
                    """
                    SELECT e.body FROM entries e JOIN conversations c ON c.number = e.conversation
                    WHERE c.id = ? AND e.position IS NOT NULL ORDER BY e.seq
                    """, conversation
                ) { $0.text(0) }
            }
            #expect(bodies == ["text 1", "text 2", "text 3", "text 4"])
            // As they are read.
            #expect(try await bob.view().standing == alice.view().standing)
        }
    }

    @Test func `what the rules forbid is not even made`() async throws {
        try await withServer { server in
            let scene = try await Scene(server)
            let alice = try await Joining(scene.alice, with: scene.bob)
            let device = scene.phoneDevice
            let forced = CommitWish { group, _ in
                let leaf = group.members.first { (try? DeviceCredential($0.leaf.credential).device) == device }
                return leaf.map { [.remove($0.index)] }
            }
            // J6: nobody has revoked it.
            await expectRefusal(.refused, "forbidden") { try await alice.commit(forced) }
            #expect(try await !alice.view().isWaiting)
        }
    }

    @Test func `G1: the gate has a later device's chain read, and who is revoked removed`() async throws {
        try await withServer { server in
            let scene = try await Scene(server)
            let bob = try await Joining(scene.bob, with: scene.alice)
            // He came by a Welcome, and has never looked.
            #expect(try await bob.passage() == .unsettled)
            try await bob.joiner.settle(bob.conversation)
            #expect(try await bob.passage() == .open)
            // A device of which bob knows nothing comes from outside.
            let tablet = try Person("alice", at: server.address)
            let device = try await tablet.joins(scene.alice).device
            #expect(try await Joining(tablet, with: scene.bob).enter() == scene.next)
            #expect(try await bob.enter(after: .preconditionFailed) == scene.next)
            #expect(try await bob.passage() == .unsettled)
            try await bob.joiner.settle(bob.conversation)
            #expect(try await bob.passage() == .open)
            _ = try await scene.alice.client().revokeDevice(device.hex)
            try await bob.joiner.settle(bob.conversation)
            #expect(try await bob.passage() == .commitFirst)
            #expect(try await bob.enter(after: .removalPending) == scene.second)
            #expect(try await bob.passage() == .open)
        }
    }

    @Test func `R1: whoever listens commits who must go, without writing anything`() async throws {
        try await withServer { server in
            let scene = try await Scene(server)
            let bob = try await Joining(scene.bob, with: scene.alice)
            let listening = try scene.bob.client()
            let listener = try await listening.listen(ListenOptions())
            try await listener.untilLive()
            _ = try await scene.alice.client().revokeDevice(scene.phoneDevice.hex)
            let device = scene.phoneDevice
            #expect(try await eventually { try await !bob.view().devices.contains(device) })
        }
    }
}
