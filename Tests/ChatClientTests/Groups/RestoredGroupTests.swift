import CLISupport
import ChatProtocol
import GroupRules
import TestSupport
import Testing

@testable import ChatClient
@testable import ChatServer

/// Groups of which a restored server has an earlier state, or none.
@Suite(.endsWhatItStarts) struct RestoredGroupTests {
    private static func pair(_ server: TestServer) async throws -> (alice: Person, bob: Person) {
        let alice = try await Person.registered("alice", at: server)
        let bob = try await Person.registered("bob", at: server)
        for person in [alice, bob] { try await person.client().leavesPackages() }
        return (alice, bob)
    }

    private static func pairInGroup(_ server: TestServer) async throws -> (alice: Person, bob: Person) {
        let (alice, bob) = try await pair(server)
        #expect(try await Joining(alice, with: bob).enter() == GroupMark(epoch: 1))
        #expect(try await Joining(bob, with: alice).enter() == GroupMark(epoch: 1))
        return (alice, bob)
    }

    @Test func `S4: who has come in behind a restore is nobody whom it has brought back, and nobody is reported`()
        async throws
    {
        try await withServer { server in
            let (alice, bob) = try await Self.pairInGroup(server)
            let phone = try Person("bob", at: server.address)
            _ = try await phone.joins(bob)
            try await server.isRestored {
                let one = try await Joining(alice, with: bob)
                #expect(try await one.commit(.path(after: try await one.leafKey())) == GroupMark(epoch: 2))
            }
            let fresh = try await Joining(phone, with: alice)
            #expect(try await fresh.enter() == GroupMark(epoch: 2))
            let spy = SpyWire.Book()
            let back = try await Joining(alice, with: bob) { SpyWire($0, spy) }
            #expect(try await back.enter(after: .preconditionFailed) == GroupMark(epoch: 3))
            #expect(try await back.view().devices.count == 3)
            #expect(spy.reports.isEmpty)
            try await back.joiner.refresh(back.peer.account, bob.name)
            #expect(try await back.passage() == .open)
        }
    }

    @Test func `S4: a Welcome that a restore has brought back does not hide the one behind it`() async throws {
        try await withServer { server in
            let (alice, bob) = try await Self.pair(server)
            // A last resort opens a Welcome again.
            try await bob.client().withStore { store in
                try store.write { try store.database.run("UPDATE key_packages SET is_last_resort = 1") }
            }
            #expect(try await alice.client().send([bob.to("before")]).map(\.problem) == [nil])
            try await server.isRestored {
                // Entered and gone on with, of which the server knows nothing then.
                #expect(HostileScene.messages(try await HostileScene.read(bob)) == ["before"])
                let one = try await Joining(alice, with: bob)
                _ = try await one.commit(.path(after: try await one.leafKey()))
            }
            #expect(try await alice.client().send([bob.to("after")]).map(\.problem) == [nil])
            #expect(HostileScene.messages(try await HostileScene.read(bob)) == ["before", "after"])
        }
    }

    @Test func `S4: where a restore has lost an incarnation and others go on in the one before, one goes back to that`()
        async throws
    {
        try await withServer { server in
            let (alice, bob) = try await Self.pairInGroup(server)
            let phone = try Person("alice", at: server.address)
            _ = try await phone.joins(alice)
            try await server.isRestored {
                try await Self.beginAnew(alice, bob, server, "lost")
                let known = try await Joining(alice, with: bob).view()
                #expect(known.standing.group.incarnation == 1)
            }
            #expect(try await Joining(phone, with: bob).enter() == GroupMark(epoch: 2))
            let back = try await Joining(alice, with: bob)
            #expect(try await back.enter(after: .preconditionFailed) == GroupMark(epoch: 3))
            #expect(try await back.view().devices.count == 3)
            #expect(try await alice.client().send([bob.to("after")]).map(\.problem) == [nil])
            let other = try await Joining(bob, with: alice)
            #expect(try await other.enter(after: .preconditionFailed) == GroupMark(epoch: 4))
            #expect(try await bob.client().send([alice.to("back")]).map(\.problem) == [nil])
            #expect(HostileScene.messages(try await HostileScene.read(alice)).last == "back")
            // The next one is another than the one that was lost: whoever was in that is in it from its beginning, by a Welcome (K5).
            try await Self.beginAnew(alice, bob, server, "anew")
            #expect(try await bob.client().send([alice.to("and on")]).map(\.problem) == [nil])
            #expect(HostileScene.messages(try await HostileScene.read(alice)).last == "and on")
        }
    }

    @Test func `S4: whom a restore has brought back is let in to what is founded anew as anybody is`() async throws {
        try await withServer { server in
            let (alice, bob) = try await Self.pairInGroup(server)
            let phone = try Person("bob", at: server.address)
            _ = try await phone.joins(bob)
            try await phone.client().leavesPackages()
            let device = try await phone.client().whoAmI().device
            for (person, other) in [(alice, bob), (bob, alice)] {
                let conversation = try await Joining(person, with: other).conversation
                try await person.client().withStore { store in
                    try store.write { try store.noteRestored([device], in: conversation) }
                }
            }
            try await Self.beginAnew(alice, bob, server, "anew")
            #expect(try await Joining(alice, with: bob).view().devices.contains(device))
            #expect(try await bob.client().send([alice.to("back")]).map(\.problem) == [nil])
            #expect(HostileScene.messages(try await HostileScene.read(alice)).last == "back")
        }
    }

    /// Nobody of bob's is there for a while, and the next incarnation is founded.
    private static func beginAnew(_ alice: Person, _ bob: Person, _ server: TestServer, _ body: String) async throws {
        try await server.administer(.setFlag(bob.name, .disabled, isOn: true))
        let sent = try await alice.client().send([bob.to("nobody is there")])
        #expect(sent.map { $0.problem?.code } == ["no_device"])
        try await server.administer(.setFlag(bob.name, .disabled, isOn: false))
        try await bob.client().leavesPackages()
        #expect(try await alice.client().send([bob.to(body)]).map(\.problem) == [nil])
        #expect(HostileScene.messages(try await HostileScene.read(bob)).last == body)
    }

    @Test func `S3: a commit that waits in what a restore has lost keeps nobody from coming back`() async throws {
        try await withServer { server in
            let (alice, bob) = try await Self.pairInGroup(server)
            try await server.isRestored {
                let one = try await Joining(bob, with: alice)
                #expect(try await one.commit(.path(after: try await one.leafKey())) == GroupMark(epoch: 2))
                let other = try await Joining(bob, with: alice) { LosingWire($0, losing: .commit) }
                await #expect(throws: Problem.self) { try await other.commit(.path(after: try await other.leafKey())) }
            }
            let one = try await Joining(alice, with: bob)
            _ = try await one.enter(after: .preconditionFailed)
            #expect(try await one.commit(.path(after: try await one.leafKey())) == GroupMark(epoch: 2))
            let back = try await Joining(bob, with: alice)
            #expect(try await back.enter(after: .preconditionFailed) == GroupMark(epoch: 3))
        }
    }

    @Test func `S3: a return that a restore has lost is not the one of the hour`() async throws {
        try await withServer { server in
            let (alice, bob) = try await Self.pairInGroup(server)
            try await server.isRestored {
                let one = try await Joining(bob, with: alice)
                #expect(try await one.commit(.path(after: try await one.leafKey())) == GroupMark(epoch: 2))
                let conversation = one.conversation
                try await one.client.withStore { store in
                    try store.write { try store.noteResync(in: conversation, now: WallClock.now) }
                }
            }
            let one = try await Joining(alice, with: bob)
            _ = try await one.enter(after: .preconditionFailed)
            #expect(try await one.commit(.path(after: try await one.leafKey())) == GroupMark(epoch: 2))
            let back = try await Joining(bob, with: alice)
            #expect(try await back.enter(after: .preconditionFailed) == GroupMark(epoch: 3))
        }
    }

    @Test func `S4: a device that a restore has brought back stops nobody once it is suspended again`() async throws {
        try await withServer { server in
            let (alice, laptop) = try await Self.pair(server)
            let phone = try Person("bob", at: server.address)
            _ = try await phone.joins(laptop)
            try await phone.client().leavesPackages()
            #expect(await HostileScene.write("one", from: alice, to: laptop) == nil)
            for person in [laptop, phone] { _ = try await HostileScene.read(person) }
            let lost = try await laptop.client().whoAmI().device.hex
            let suspend = {
                _ = try await phone.client().revokeDevice(lost) { () throws(Problem) in Person.password }
            }
            try await server.isRestored {
                try await suspend()
                #expect(await HostileScene.write("two", from: phone, to: alice) == nil)
            }
            #expect(await HostileScene.write("three", from: alice, to: laptop) == nil)
            _ = try await HostileScene.read(phone)
            let told = await HostileScene.write("four", from: phone, to: alice)
            #expect(told?.code == "restored_member" && told?.advice == .seeDevices)
            #expect(told?.text.contains("bob has to revoke it once more") == true)
            try await suspend()
            #expect(await HostileScene.write("five", from: phone, to: alice) == nil)
            #expect(HostileScene.messages(try await HostileScene.read(alice)).last == "five")
        }
    }

    @Test func `S3: a coming back that never came to the server is gone on with by whoever reads`() async throws {
        try await withServer { server in
            let (alice, bob) = try await Self.pairInGroup(server)
            try await server.isRestored {
                let one = try await Joining(bob, with: alice)
                #expect(try await one.commit(.path(after: try await one.leafKey())) == GroupMark(epoch: 2))
            }
            let one = try await Joining(alice, with: bob)
            _ = try await one.enter(after: .preconditionFailed)
            #expect(try await one.commit(.path(after: try await one.leafKey())) == GroupMark(epoch: 2))
            let lost = try await Joining(bob, with: alice)
            let made = try await lost.joiner.join(lost.conversation, as: .direct(lost.peer), isReturning: true)
            #expect(made == .made(.externalJoin))
            #expect(try await alice.client().send([bob.to("too early")]).map(\.problem) == [nil])
            _ = try await HostileScene.read(bob)
            #expect(try await alice.client().send([bob.to("in time")]).map(\.problem) == [nil])
            #expect(HostileScene.messages(try await HostileScene.read(bob)) == ["in time"])
        }
    }

    /// - Parameter isLost: the server has no group of the two.
    @Test(arguments: [false, true])
    func `S4: to somebody who is disabled nothing is tried for ever behind a restore`(isLost: Bool) async throws {
        try await withServer { server in
            let (alice, bob) = try await Self.pair(server)
            if !isLost { #expect(try await Joining(alice, with: bob).enter() == GroupMark(epoch: 1)) }
            try await server.isRestored {
                let one = try await Joining(alice, with: bob)
                if isLost { #expect(try await one.enter() == GroupMark(epoch: 1)) }
                _ = try await one.commit(.path(after: try await one.leafKey()))
            }
            try await server.administer(.setFlag(bob.name, .disabled, isOn: true))
            let sent = try await alice.client().send([bob.to("hello")], options: SendOptions(timeout: .patience))
            #expect(sent.map { $0.problem?.code } == ["no_device"], "\(sent)")
            try await server.administer(.setFlag(bob.name, .disabled, isOn: false))
            try await bob.client().leavesPackages()
            #expect(try await alice.client().send([bob.to("here")]).map(\.problem) == [nil])
            #expect(HostileScene.messages(try await HostileScene.read(bob)).last == "here")
        }
    }
}
